// SPDX-License-Identifier: GPL-2.0
/* What the stand-in for the kernel's crate needs of the kernel. */
#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/cpumask.h>
#include <linux/lockdep_types.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include "shim.h"

static_assert(sizeof(struct mutex) <= RVDIRECT_MUTEX_SIZE);
static_assert(sizeof(struct lock_class_key) <= RVDIRECT_KEY_SIZE);

void *rvdirect_reallocate(void *old, size_t size)
{
	return kvrealloc(old, size, GFP_KERNEL);
}

void rvdirect_free(void *memory)
{
	kvfree(memory);
}

void rvdirect_mutex_init(void *mutex, const char *name, void *key)
{
	__mutex_init((struct mutex *)mutex, name, (struct lock_class_key *)key);
}

void rvdirect_mutex_lock(void *mutex)
{
	mutex_lock(mutex);
}

void rvdirect_mutex_unlock(void *mutex)
{
	mutex_unlock(mutex);
}

unsigned int rvdirect_harts(void)
{
	return nr_cpu_ids;
}

void rvdirect_print(char level, const char *text, size_t length)
{
	_printk("%c%c%.*s", KERN_SOH_ASCII, level, (int)length, text);
}

void rvdirect_warn(void)
{
	WARN_ON(true);
}

void rvdirect_bug(void)
{
	BUG();
}
