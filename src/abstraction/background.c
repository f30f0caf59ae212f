// SPDX-License-Identifier: GPL-2.0
/* Background work: a work item that may queue itself again. */
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "background.h"

struct rvdirect_background {
	struct delayed_work work;
	long (*run)(const void *context);
	const void *context;
};

static void run(struct work_struct *work)
{
	struct rvdirect_background *background =
		container_of(to_delayed_work(work), struct rvdirect_background, work);
	long again = background->run(background->context);

	/* Does nothing if somebody has queued the work meanwhile. */
	if (again >= 0)
		queue_delayed_work(system_long_wq, &background->work, msecs_to_jiffies(again));
}

struct rvdirect_background *rvdirect_background_new(long (*function)(const void *context),
						    const void *context)
{
	struct rvdirect_background *background = kzalloc(sizeof(*background), GFP_KERNEL);

	if (!background)
		return NULL;
	INIT_DELAYED_WORK(&background->work, run);
	background->run = function;
	background->context = context;
	return background;
}

void rvdirect_background_queue(struct rvdirect_background *background, unsigned int delay)
{
	/* On the queue for long work, as @run may wait for grace periods. */
	mod_delayed_work(system_long_wq, &background->work, msecs_to_jiffies(delay));
}

void rvdirect_background_end(struct rvdirect_background *background)
{
	cancel_delayed_work_sync(&background->work);
	kfree(background);
}
