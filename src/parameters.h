/* SPDX-License-Identifier: GPL-2.0 */
/* The module's parameters, as they were when it was loaded. */
#ifndef RVDIRECT_PARAMETERS_H
#define RVDIRECT_PARAMETERS_H

#include <linux/types.h>

bool rvdirect_allow_override(void);

#endif /* RVDIRECT_PARAMETERS_H */
