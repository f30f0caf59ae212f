/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's header, as far as src/rvdirect.h needs it in user space. */
typedef unsigned long u64;
