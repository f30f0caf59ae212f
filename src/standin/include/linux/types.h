/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's header, as far as the headers that C and Rust share need it. */
#ifndef RVDIRECT_STANDIN_TYPES_H
#define RVDIRECT_STANDIN_TYPES_H

#define bool	_Bool

typedef unsigned char u8;
typedef unsigned short u16;
typedef int s32;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef unsigned long size_t;
typedef long ssize_t;

#endif /* RVDIRECT_STANDIN_TYPES_H */
