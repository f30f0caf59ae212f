/* SPDX-License-Identifier: GPL-2.0 */
/* As Kbuild makes it from offsets.c. The harness makes its own task_struct. */
#define TASK_COMM		5000
#define TASK_IDS		1408
#define TASK_CGROUPS		6000
#define CSS_SET_CGROUP		16
#define CGROUP_PARENT		40
#define TASK_TRACE_RECURSION	2264
#define TRACE_RECURSION_TASK	8
#define SOFTIRQ_SHIFT		8
