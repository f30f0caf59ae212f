/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's header, as far as src/rvdirect.h needs it in user space. */
#define NULL			((void *)0)
#define offsetof		__builtin_offsetof
#define sizeof_field(t, field)	sizeof(((t *)NULL)->field)
