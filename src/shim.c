// SPDX-License-Identifier: GPL-2.0
/*
 * What only C can say: inline functions, and the owner of a debugfs file.
 */
#include <linux/dcache.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched/clock.h>

#include "shim.h"

MODULE_VERSION("0.1.0");

void rvdirect_synchronize_trampolines(void)
{
	/* As ftrace_shutdown() does: idle tasks are seen by "rude" alone. */
	synchronize_rcu_tasks_rude();
	synchronize_rcu_tasks();
}

bool rvdirect_within_module(unsigned long addr, const struct module *mod)
{
	return within_module(addr, mod);
}

u64 rvdirect_log_clock(void)
{
	return local_clock();
}

/*
 * kernel::debugfs leaves file_operations.owner empty. debugfs_remove() keeps
 * the callbacks of an open file from running, but closing the file still reads
 * its file_operations, which lie in the module: with an empty owner, rmmod
 * while somebody has a file open ends in a page fault when it is closed.
 *
 * So the inode gets a copy of debugfs's proxy operations that names the owner:
 * the VFS takes a reference on the module for as long as the file is open, and
 * a new opening fails once the module is going.
 */
static const struct file_operations *debugfs_proxy __ro_after_init;
static struct file_operations owned_proxy __ro_after_init;

static int owned_proxy_open(struct inode *inode, struct file *file)
{
	int err;

	/* debugfs insists on its own operations while it opens a file. */
	file->f_op = debugfs_proxy;
	err = debugfs_proxy->open(inode, file);
	/* The reference that the VFS took, and will put, is on these. */
	file->f_op = &owned_proxy;
	return err;
}

static int hold_module(struct dentry *dentry)
{
	struct inode *inode = d_inode(dentry);

	if (!debugfs_proxy) {
		debugfs_proxy = inode->i_fop;
		owned_proxy = *debugfs_proxy;
		owned_proxy.owner = THIS_MODULE;
		owned_proxy.open = owned_proxy_open;
	}
	if (WARN_ON(inode->i_fop != debugfs_proxy))
		return -EINVAL;
	inode->i_fop = &owned_proxy;
	/*
	 * One reference is debugfs's, one the caller's. One more may be of a
	 * file that was opened before, without an owner: stay for ever.
	 */
	if (d_count(dentry) > 2)
		__module_get(THIS_MODULE);
	return 0;
}

int rvdirect_debugfs_hold_module(const char *dir, const char *file)
{
	struct dentry *parent, *dentry;
	int err = -ENOENT;

	parent = debugfs_lookup(dir, NULL);
	if (!parent)
		return err;
	dentry = debugfs_lookup(file, parent);
	if (dentry)
		err = hold_module(dentry);
	dput(dentry);
	dput(parent);
	return err;
}
