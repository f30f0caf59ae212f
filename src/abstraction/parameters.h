/* SPDX-License-Identifier: GPL-2.0 */
/* The module's parameters. */
#ifndef RVDIRECT_PARAMETERS_H
#define RVDIRECT_PARAMETERS_H

#include <linux/types.h>

bool rvdirect_allow_override(void);
unsigned int rvdirect_max_functions(void);

/* The string stays as long as the module does. */
const char *rvdirect_attach(void);

#endif /* RVDIRECT_PARAMETERS_H */
