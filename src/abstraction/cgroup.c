// SPDX-License-Identifier: GPL-2.0
/* Control groups, of version 2. */
#include <linux/cgroup.h>
#include <linux/err.h>

#include "cgroup.h"

#ifdef CONFIG_CGROUPS

struct cgroup *rvdirect_get_cgroup(const char *path)
{
	struct cgroup *cgroup = cgroup_get_from_path(path);

	return IS_ERR(cgroup) ? NULL : cgroup;
}

void rvdirect_put_cgroup(struct cgroup *cgroup)
{
	cgroup_put(cgroup);
}

#else

struct cgroup *rvdirect_get_cgroup(const char *path)
{
	return NULL;
}

void rvdirect_put_cgroup(struct cgroup *cgroup)
{
}

#endif
