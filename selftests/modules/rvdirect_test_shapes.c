// SPDX-License-Identifier: GPL-2.0
/*
 * Functions of every shape: they differ in how they are called, and how they
 * end. In /sys/kernel/debug/rvdirect_shapes/:
 *
 *	shapes		read: a line for each function that call_shapes calls,
 *			with its name and its calls in each round
 *	call_shapes	write N: N rounds; EIO if a call had a wrong result
 *	sleep		write N: calls rvdirect_shape_sleep(N), which sleeps;
 *			EIO if it had a wrong result. read: how many sleep now
 *	wake		write anything: wakes all that sleep
 *	exit		write N: N kernel threads, one after the other, call
 *			rvdirect_shape_exit(), which never returns
 *	stack		read: the stack as rvdirect_shape_stack_inner() sees it,
 *			a line for each function, the innermost first
 */
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/completion.h>
#include <linux/debugfs.h>
#include <linux/hash.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/sched/task.h>
#include <linux/seq_file.h>
#include <linux/sprintf.h>
#include <linux/stacktrace.h>
#include <linux/stdarg.h>
#include <linux/string.h>
#include <linux/wait.h>

/* The number of random words in a round: as many as the largest shape takes. */
#define WORDS	50

/*
 * How many calls of the recursive shape are on the stack at once. Few enough
 * that none is missed: a caller that waits for the return takes 192 bytes of
 * stack for each call, and as much again as its caller, and never uses the
 * second half of the stack.
 */
#define DEPTH	12

/*
 * The targets are static, so the compiler knows all of their callers. With
 * "__used", it must expect others: it keeps to the calling convention, and
 * removes no arguments.
 *
 * Without "__used", clang calls them by fastcc, which passes arguments in more
 * registers than a0-a7. Clang 22 goes on with t3-t6; other versions use t2
 * before them. Clang does so for a static function that has a fixed number of
 * arguments and whose address is not taken. The words are random, so that clang
 * cannot compute anything from them.
 *
 * A kernel that GCC built saves a0-a7 for ftrace, but not the registers that
 * fastcc adds. Functions that are called by fastcc cannot be traced there, so a
 * module that clang builds for it must have none.
 */
#ifdef CONFIG_CC_IS_GCC
#define __maybe_fastcc	__used
#else
#define __maybe_fastcc
#endif

struct pair {
	unsigned long word[2];
};

struct quad {
	unsigned long word[4];
};

/* A hash that depends on the value and the position of each word. */
static unsigned long mix(const unsigned long *words, unsigned int count)
{
	unsigned long sum = 0;

	for (unsigned int i = 0; i < count; i++)
		sum = rol64((sum ^ words[i]) * GOLDEN_RATIO_64, 23);
	return sum;
}

static noinline __used unsigned long rvdirect_shape_args2(unsigned long a, unsigned long b)
{
	const unsigned long words[] = { a, b };

	barrier();
	return mix(words, ARRAY_SIZE(words));
}

static bool args2_works(const unsigned long *w)
{
	return rvdirect_shape_args2(w[0], w[1]) == mix(w, 2);
}

/* Arguments in all argument registers. */
static noinline __used unsigned long
rvdirect_shape_args8(unsigned long a, unsigned long b, unsigned long c, unsigned long d,
		     unsigned long e, unsigned long f, unsigned long g, unsigned long h)
{
	const unsigned long words[] = { a, b, c, d, e, f, g, h };

	barrier();
	return mix(words, ARRAY_SIZE(words));
}

static bool args8_works(const unsigned long *w)
{
	return rvdirect_shape_args8(w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]) == mix(w, 8);
}

/* Arguments in eight registers and on the stack, here and in the next one. */
static noinline __used unsigned long
rvdirect_shape_args12(unsigned long a, unsigned long b, unsigned long c, unsigned long d,
		      unsigned long e, unsigned long f, unsigned long g, unsigned long h,
		      unsigned long i, unsigned long j, unsigned long k, unsigned long l)
{
	const unsigned long words[] = { a, b, c, d, e, f, g, h, i, j, k, l };

	barrier();
	return mix(words, ARRAY_SIZE(words));
}

static bool args12_works(const unsigned long *w)
{
	return rvdirect_shape_args12(w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7],
				     w[8], w[9], w[10], w[11]) == mix(w, 12);
}

static noinline __used unsigned long
rvdirect_shape_args24(unsigned long a, unsigned long b, unsigned long c, unsigned long d,
		      unsigned long e, unsigned long f, unsigned long g, unsigned long h,
		      unsigned long i, unsigned long j, unsigned long k, unsigned long l,
		      unsigned long m, unsigned long n, unsigned long o, unsigned long p,
		      unsigned long q, unsigned long r, unsigned long s, unsigned long t,
		      unsigned long u, unsigned long v, unsigned long w, unsigned long x)
{
	const unsigned long words[] = {
		a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x
	};

	barrier();
	return mix(words, ARRAY_SIZE(words));
}

static bool args24_works(const unsigned long *w)
{
	return rvdirect_shape_args24(w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7],
				     w[8], w[9], w[10], w[11], w[12], w[13], w[14], w[15],
				     w[16], w[17], w[18], w[19], w[20], w[21], w[22],
				     w[23]) == mix(w, 24);
}

/* As many arguments as any function of the kernel has. */
static noinline __used unsigned long
rvdirect_shape_args50(unsigned long a0, unsigned long a1, unsigned long a2, unsigned long a3,
		      unsigned long a4, unsigned long a5, unsigned long a6, unsigned long a7,
		      unsigned long a8, unsigned long a9, unsigned long a10, unsigned long a11,
		      unsigned long a12, unsigned long a13, unsigned long a14, unsigned long a15,
		      unsigned long a16, unsigned long a17, unsigned long a18, unsigned long a19,
		      unsigned long a20, unsigned long a21, unsigned long a22, unsigned long a23,
		      unsigned long a24, unsigned long a25, unsigned long a26, unsigned long a27,
		      unsigned long a28, unsigned long a29, unsigned long a30, unsigned long a31,
		      unsigned long a32, unsigned long a33, unsigned long a34, unsigned long a35,
		      unsigned long a36, unsigned long a37, unsigned long a38, unsigned long a39,
		      unsigned long a40, unsigned long a41, unsigned long a42, unsigned long a43,
		      unsigned long a44, unsigned long a45, unsigned long a46, unsigned long a47,
		      unsigned long a48, unsigned long a49)
{
	const unsigned long words[] = {
		a0, a1, a2, a3, a4, a5, a6, a7, a8, a9,
		a10, a11, a12, a13, a14, a15, a16, a17, a18, a19,
		a20, a21, a22, a23, a24, a25, a26, a27, a28, a29,
		a30, a31, a32, a33, a34, a35, a36, a37, a38, a39,
		a40, a41, a42, a43, a44, a45, a46, a47, a48, a49
	};

	barrier();
	return mix(words, ARRAY_SIZE(words));
}

static bool args50_works(const unsigned long *w)
{
	return rvdirect_shape_args50(w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7],
				     w[8], w[9], w[10], w[11], w[12], w[13], w[14], w[15],
				     w[16], w[17], w[18], w[19], w[20], w[21], w[22], w[23],
				     w[24], w[25], w[26], w[27], w[28], w[29], w[30], w[31],
				     w[32], w[33], w[34], w[35], w[36], w[37], w[38], w[39],
				     w[40], w[41], w[42], w[43], w[44], w[45], w[46], w[47],
				     w[48], w[49]) == mix(w, 50);
}

/*
 * Changes its stack arguments in place. They are in the caller's frame, but
 * belong to the callee.
 */
static noinline __used unsigned long
rvdirect_shape_writes_stack(unsigned long a, unsigned long b, unsigned long c, unsigned long d,
			    unsigned long e, unsigned long f, unsigned long g, unsigned long h,
			    unsigned long i, unsigned long j, unsigned long k, unsigned long l)
{
	WRITE_ONCE(i, READ_ONCE(i) + a);
	WRITE_ONCE(j, READ_ONCE(j) + b);
	WRITE_ONCE(k, READ_ONCE(k) + c);
	WRITE_ONCE(l, READ_ONCE(l) + d);
	barrier();

	const unsigned long words[] = { a, b, c, d, e, f, g, h, i, j, k, l };

	return mix(words, ARRAY_SIZE(words));
}

static bool writes_stack_works(const unsigned long *w)
{
	unsigned long words[12];

	memcpy(words, w, sizeof(words));
	for (unsigned int i = 0; i < 4; i++)
		words[8 + i] += words[i];
	return rvdirect_shape_writes_stack(w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7],
					   w[8], w[9], w[10], w[11]) == mix(words, 12);
}

/* A struct in two registers, as an argument and as the result. */
static noinline __used struct pair rvdirect_shape_pair(struct pair pair, unsigned long c)
{
	const unsigned long words[] = { pair.word[0], pair.word[1], c };

	barrier();
	return (struct pair) { { mix(words, 3), mix(words, 2) } };
}

static bool pair_works(const unsigned long *w)
{
	struct pair pair = rvdirect_shape_pair((struct pair) { { w[0], w[1] } }, w[2]);

	return pair.word[0] == mix(w, 3) && pair.word[1] == mix(w, 2);
}

/* A struct of two words: one in the last register, the other on the stack. */
static noinline __used unsigned long
rvdirect_shape_split_pair(unsigned long a, unsigned long b, unsigned long c, unsigned long d,
			  unsigned long e, unsigned long f, unsigned long g, struct pair pair)
{
	const unsigned long words[] = { a, b, c, d, e, f, g, pair.word[0], pair.word[1] };

	barrier();
	return mix(words, ARRAY_SIZE(words));
}

static bool split_pair_works(const unsigned long *w)
{
	return rvdirect_shape_split_pair(w[0], w[1], w[2], w[3], w[4], w[5], w[6],
					 (struct pair) { { w[7], w[8] } }) == mix(w, 9);
}

/* A struct by reference to the caller's copy, which the callee may change. */
static noinline __used unsigned long rvdirect_shape_quad(struct quad quad, unsigned long e)
{
	unsigned long words[] = {
		quad.word[0], quad.word[1], quad.word[2], quad.word[3], e
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(quad.word); i++)
		WRITE_ONCE(quad.word[i], 0);
	barrier();
	return mix(words, ARRAY_SIZE(words));
}

static bool quad_works(const unsigned long *w)
{
	struct quad quad = { { w[0], w[1], w[2], w[3] } };

	return rvdirect_shape_quad(quad, w[4]) == mix(w, 5) &&
	       mix(quad.word, ARRAY_SIZE(quad.word)) == mix(w, 4);
}

/* The result is in the caller's memory, at a hidden first argument. */
static noinline __used struct quad
rvdirect_shape_returns_quad(unsigned long a, unsigned long b, unsigned long c, unsigned long d,
			    unsigned long e, unsigned long f, unsigned long g, unsigned long h)
{
	const unsigned long words[] = { a, b, c, d, e, f, g, h };

	barrier();
	return (struct quad) { { mix(words, 8), mix(words, 7), mix(words, 6), mix(words, 5) } };
}

static bool returns_quad_works(const unsigned long *w)
{
	struct quad quad = rvdirect_shape_returns_quad(w[0], w[1], w[2], w[3],
						       w[4], w[5], w[6], w[7]);

	return quad.word[0] == mix(w, 8) && quad.word[1] == mix(w, 7) &&
	       quad.word[2] == mix(w, 6) && quad.word[3] == mix(w, 5);
}

static noinline __used __printf(3, 4) int
rvdirect_shape_variadic(char *text, size_t size, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(text, size, format, args);
	va_end(args);
	return length;
}

static const char variadic_format[] =
	"%lx,%lx,%lx,%lx,%lx,%lx,%lx,%lx,%lx,%lx,%lx,%lx,%lx,%lx,%lx,%lx,%lx,%lx,%lx,%lx,";

static bool variadic_works(const unsigned long *w)
{
	char text[20 * sizeof("ffffffffffffffff,")];
	char expected[sizeof(text)];
	int length = 0;

	for (unsigned int i = 0; i < 20; i++)
		length += scnprintf(expected + length, sizeof(expected) - length, "%lx,", w[i]);
	return rvdirect_shape_variadic(text, sizeof(text), variadic_format,
				       w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8], w[9],
				       w[10], w[11], w[12], w[13], w[14], w[15], w[16], w[17],
				       w[18], w[19]) == length && !strcmp(text, expected);
}

/* Arguments in all registers that fastcc uses, and on the stack. */
static noinline __maybe_fastcc unsigned long
rvdirect_shape_fast(unsigned long a, unsigned long b, unsigned long c, unsigned long d,
		    unsigned long e, unsigned long f, unsigned long g, unsigned long h,
		    unsigned long i, unsigned long j, unsigned long k, unsigned long l,
		    unsigned long m, unsigned long n, unsigned long o, unsigned long p)
{
	const unsigned long words[] = { a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p };

	barrier();
	return mix(words, ARRAY_SIZE(words));
}

static bool fast_works(const unsigned long *w)
{
	return rvdirect_shape_fast(w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8], w[9],
				   w[10], w[11], w[12], w[13], w[14], w[15]) == mix(w, 16);
}

static noinline __maybe_fastcc struct pair
rvdirect_shape_fast_pair(unsigned long a, unsigned long b, unsigned long c, unsigned long d,
			 unsigned long e, unsigned long f, unsigned long g, unsigned long h,
			 unsigned long i, unsigned long j, unsigned long k, unsigned long l,
			 unsigned long m)
{
	const unsigned long words[] = { a, b, c, d, e, f, g, h, i, j, k, l, m };

	barrier();
	return (struct pair) { { mix(words, 13), mix(words, 12) } };
}

static bool fast_pair_works(const unsigned long *w)
{
	struct pair pair = rvdirect_shape_fast_pair(w[0], w[1], w[2], w[3], w[4], w[5], w[6],
						    w[7], w[8], w[9], w[10], w[11], w[12]);

	return pair.word[0] == mix(w, 13) && pair.word[1] == mix(w, 12);
}

/* The address of the result comes first, in a0. */
static noinline __maybe_fastcc struct quad
rvdirect_shape_fast_quad(unsigned long a, unsigned long b, unsigned long c, unsigned long d,
			 unsigned long e, unsigned long f, unsigned long g, unsigned long h,
			 unsigned long i, unsigned long j, unsigned long k, unsigned long l)
{
	const unsigned long words[] = { a, b, c, d, e, f, g, h, i, j, k, l };

	barrier();
	return (struct quad) { { mix(words, 12), mix(words, 11), mix(words, 10), mix(words, 9) } };
}

static bool fast_quad_works(const unsigned long *w)
{
	struct quad quad = rvdirect_shape_fast_quad(w[0], w[1], w[2], w[3], w[4], w[5], w[6],
						    w[7], w[8], w[9], w[10], w[11]);

	return quad.word[0] == mix(w, 12) && quad.word[1] == mix(w, 11) &&
	       quad.word[2] == mix(w, 10) && quad.word[3] == mix(w, 9);
}

/* Returns the result of a recursive call, if that within it returns @below. */
static unsigned long level(const unsigned long *w, unsigned long depth, unsigned long below)
{
	const unsigned long words[] = { w[depth % WORDS], depth, below };

	return mix(words, ARRAY_SIZE(words));
}

static noinline __used unsigned long
rvdirect_shape_recursive(const unsigned long *w, unsigned long depth)
{
	unsigned long below = 0;

	barrier();
	if (depth > 1)
		below = rvdirect_shape_recursive(w, depth - 1);
	barrier();
	return level(w, depth, below);
}

static bool recursive_works(const unsigned long *w)
{
	unsigned long expected = 0;

	for (unsigned long depth = 1; depth <= DEPTH; depth++)
		expected = level(w, depth, expected);
	return rvdirect_shape_recursive(w, DEPTH) == expected;
}

#define SHAPE(name, calls)	{ "rvdirect_shape_" #name, name ## _works, calls }

static const struct {
	const char *name;
	/* Calls the function, with words from the array. */
	bool (*works)(const unsigned long *words);
	/* How many calls of the function that makes. */
	unsigned int calls;
} shapes[] = {
	SHAPE(args2, 1),
	SHAPE(args8, 1),
	SHAPE(args12, 1),
	SHAPE(args24, 1),
	SHAPE(args50, 1),
	SHAPE(writes_stack, 1),
	SHAPE(pair, 1),
	SHAPE(split_pair, 1),
	SHAPE(quad, 1),
	SHAPE(returns_quad, 1),
	SHAPE(variadic, 1),
	SHAPE(fast, 1),
	SHAPE(fast_pair, 1),
	SHAPE(fast_quad, 1),
	SHAPE(recursive, DEPTH),
};

static int shapes_show(struct seq_file *file, void *unused)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(shapes); i++)
		seq_printf(file, "%s %u\n", shapes[i].name, shapes[i].calls);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(shapes);

static int call_shapes(void *unused, u64 rounds)
{
	unsigned long words[WORDS];

	while (rounds--) {
		get_random_bytes(words, sizeof(words));
		for (unsigned int i = 0; i < ARRAY_SIZE(shapes); i++) {
			if (!shapes[i].works(words)) {
				pr_err("%s: wrong result\n", shapes[i].name);
				return -EIO;
			}
		}
	}
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(call_shapes_fops, NULL, call_shapes, "%llu\n");

static DECLARE_WAIT_QUEUE_HEAD(sleepers);
static atomic_t sleeping = ATOMIC_INIT(0);
static atomic_t wakes = ATOMIC_INIT(0);

static noinline __used u64 rvdirect_shape_sleep(u64 n)
{
	int before = atomic_read(&wakes);

	/* A task that is counted as asleep is woken by the next wake. */
	atomic_inc(&sleeping);
	/* A signal ends the wait as well, so an aborted test does not stay. */
	wait_event_interruptible(sleepers, atomic_read(&wakes) != before);
	atomic_dec(&sleeping);
	return 2 * n;
}

static int sleeping_get(void *unused, u64 *count)
{
	*count = atomic_read(&sleeping);
	return 0;
}

static int sleep_set(void *unused, u64 n)
{
	if (rvdirect_shape_sleep(n) != 2 * n) {
		pr_err("rvdirect_shape_sleep: wrong result\n");
		return -EIO;
	}
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(sleep_fops, sleeping_get, sleep_set, "%llu\n");

static int wake_set(void *unused, u64 value)
{
	atomic_inc(&wakes);
	wake_up_all(&sleepers);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(wake_fops, NULL, wake_set, "%llu\n");

static noinline __used void __noreturn rvdirect_shape_exit(void)
{
	kthread_exit(0);
}

static int thread_that_exits(void *started)
{
	complete(started);
	rvdirect_shape_exit();
}

static int exit_set(void *unused, u64 threads)
{
	while (threads--) {
		DECLARE_COMPLETION_ONSTACK(started);
		struct task_struct *task;

		task = kthread_create(thread_that_exits, &started, "rvdirect_exit");
		if (IS_ERR(task))
			return PTR_ERR(task);
		/* The thread may exit before it is waited for below. */
		get_task_struct(task);
		wake_up_process(task);
		/* A thread that is stopped before it has started never runs. */
		wait_for_completion(&started);
		kthread_stop_put(task);
	}
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(exit_fops, NULL, exit_set, "%llu\n");

/*
 * The barrier() behind each call keeps it from being a tail call, which would
 * leave no frame on the stack.
 */
static noinline __used unsigned int
rvdirect_shape_stack_inner(unsigned long *entries, unsigned int size)
{
	unsigned int count = stack_trace_save(entries, size, 0);

	barrier();
	return count;
}

static noinline __used unsigned int
rvdirect_shape_stack(unsigned long *entries, unsigned int size)
{
	unsigned int count = rvdirect_shape_stack_inner(entries, size);

	barrier();
	return count;
}

static noinline __used unsigned int
rvdirect_shape_stack_caller(unsigned long *entries, unsigned int size)
{
	unsigned int count = rvdirect_shape_stack(entries, size);

	barrier();
	return count;
}

static int stack_show(struct seq_file *file, void *unused)
{
	unsigned long entries[64];
	unsigned int count = rvdirect_shape_stack_caller(entries, ARRAY_SIZE(entries));

	for (unsigned int i = 0; i < count; i++)
		seq_printf(file, "%ps\n", (void *)entries[i]);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stack);

static struct dentry *dir;

static int __init rvdirect_test_shapes_init(void)
{
	dir = debugfs_create_dir("rvdirect_shapes", NULL);
	debugfs_create_file("shapes", 0400, dir, NULL, &shapes_fops);
	debugfs_create_file_unsafe("call_shapes", 0200, dir, NULL, &call_shapes_fops);
	debugfs_create_file_unsafe("sleep", 0600, dir, NULL, &sleep_fops);
	debugfs_create_file_unsafe("wake", 0200, dir, NULL, &wake_fops);
	debugfs_create_file_unsafe("exit", 0200, dir, NULL, &exit_fops);
	debugfs_create_file("stack", 0400, dir, NULL, &stack_fops);
	return 0;
}
module_init(rvdirect_test_shapes_init);

/* No file is open, and no task sleeps: both would hold the module. */
static void __exit rvdirect_test_shapes_exit(void)
{
	debugfs_remove(dir);
}
module_exit(rvdirect_test_shapes_exit);

MODULE_DESCRIPTION("Functions of every shape, for rvdirect's selftests");
MODULE_LICENSE("GPL");
