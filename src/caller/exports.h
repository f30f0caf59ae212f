/* SPDX-License-Identifier: GPL-2.0 */
/* What src/caller/exports.c calls in Rust. */
#ifndef RVDIRECT_EXPORTS_H
#define RVDIRECT_EXPORTS_H

#include "../rvdirect.h"

int rvdirect_add_caller(const struct rvdirect_caller *caller, struct module *owner);

#endif /* RVDIRECT_EXPORTS_H */
