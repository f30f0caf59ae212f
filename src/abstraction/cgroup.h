/* SPDX-License-Identifier: GPL-2.0 */
/* Control groups, of version 2. */
#ifndef RVDIRECT_CGROUP_H
#define RVDIRECT_CGROUP_H

struct cgroup;

/*
 * Finds the cgroup of that path, which begins at the root that the current task
 * sees, and holds it. Returns NULL if there is none, or the kernel has no cgroups.
 * May sleep.
 */
struct cgroup *rvdirect_get_cgroup(const char *path);

/* Lets go of it. */
void rvdirect_put_cgroup(struct cgroup *cgroup);

#endif /* RVDIRECT_CGROUP_H */
