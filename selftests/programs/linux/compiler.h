/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel's headers for user space want from it before installation. */
#define __user
#define __force
#define __attribute_const__
