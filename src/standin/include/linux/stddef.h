/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's header: src/rvdirect.h only needs it for its macros. */
