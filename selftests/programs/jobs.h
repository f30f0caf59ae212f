/* SPDX-License-Identifier: GPL-2.0 */
/* The maps that jobs.bpf.c uses and peers.c makes. */
#ifndef JOBS_H
#define JOBS_H

#include <linux/bpf.h>

/* A 64-bit constant of this and a map's number stands for the map. */
#define JOBS_MAP	0x7065657200000000ULL

enum {
	JOBS_HITS,
	JOBS_HISTOGRAM,
	JOBS_STARTS,
	JOBS_EVENTS,
	JOBS_MAPS
};

#endif /* JOBS_H */
