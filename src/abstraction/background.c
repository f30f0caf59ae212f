// SPDX-License-Identifier: GPL-2.0
/*
 * Background work, in a kernel thread of its own. Workqueues have more workers
 * than work: one that waits for its turn in a function that drains would keep it
 * draining.
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include "background.h"

struct rvdirect_background {
	struct kthread_worker *worker;
	struct kthread_delayed_work work;
	long (*run)(const void *context, u64 *progress);
	const void *context;
	/* What the last @run has come to, and who waits for more. */
	u64 progress;
	wait_queue_head_t waiters;
};

static void run(struct kthread_work *work)
{
	struct rvdirect_background *background =
		container_of(work, struct rvdirect_background, work.work);
	u64 progress = background->progress;
	long again = background->run(background->context, &progress);

	WRITE_ONCE(background->progress, progress);
	wake_up_all(&background->waiters);
	/* Does nothing if somebody has queued the work meanwhile. */
	if (again >= 0)
		kthread_queue_delayed_work(background->worker, &background->work,
					   msecs_to_jiffies(again));
}

struct rvdirect_background *rvdirect_background_new(const char *name,
						    long (*function)(const void *context,
								     u64 *progress),
						    const void *context)
{
	struct rvdirect_background *background = kzalloc(sizeof(*background), GFP_KERNEL);

	if (!background)
		return ERR_PTR(-ENOMEM);
	/* On the hart that booted: see trampoline/in_flight.c. */
	background->worker = kthread_create_worker_on_cpu(0, 0, name);
	if (IS_ERR(background->worker)) {
		void *error = background->worker;

		kfree(background);
		return error;
	}
	kthread_init_delayed_work(&background->work, run);
	init_waitqueue_head(&background->waiters);
	background->run = function;
	background->context = context;
	wake_up_process(background->worker->task);
	return background;
}

void rvdirect_background_queue(struct rvdirect_background *background, unsigned int delay)
{
	kthread_mod_delayed_work(background->worker, &background->work, msecs_to_jiffies(delay));
}

static bool has_come_to(struct rvdirect_background *background, u64 progress)
{
	return READ_ONCE(background->progress) >= progress;
}

void rvdirect_background_wait(struct rvdirect_background *background, u64 progress)
{
	wait_event(background->waiters, has_come_to(background, progress));
}

void rvdirect_background_wait_killable(struct rvdirect_background *background, u64 progress)
{
	/* Who is killed does not care how far it came. */
	(void)wait_event_killable(background->waiters,
				  has_come_to(background, progress));
}

void rvdirect_background_end(struct rvdirect_background *background)
{
	kthread_cancel_delayed_work_sync(&background->work);
	kthread_destroy_worker(background->worker);
	kfree(background);
}
