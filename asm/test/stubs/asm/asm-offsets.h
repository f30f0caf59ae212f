/* SPDX-License-Identifier: GPL-2.0 */
/* Any offset will do: the harness makes its own task_struct. */
#define TASK_TI_CPU	32
