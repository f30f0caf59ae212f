/* SPDX-License-Identifier: GPL-2.0 */
/* Any offsets will do: the harness makes its own task_struct. */
#define TASK_TI_PREEMPT_COUNT	8
#define TASK_TI_CPU		32
