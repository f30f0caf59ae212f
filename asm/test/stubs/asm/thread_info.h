/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's header, as far as asm/trampoline.S needs it in user space. */
#define THREAD_SHIFT	14
