/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Direct callers from other modules: a module includes this to bring its own.
 * src/rvdirect_caller.rs is the same in Rust.
 *
 * Once a caller is registered, attach and modify can name it. While a target is
 * attached to it, or still drains, its module cannot be unloaded.
 */
#ifndef RVDIRECT_H
#define RVDIRECT_H

#include <linux/stddef.h>
#include <linux/types.h>

struct module;

/* Private: where rvdirect_data() looks. */
#define RVDIRECT_SLOT_DATA	(-48)

/* How many argument words are in registers; the others are on the stack. */
#define RVDIRECT_REGISTER_ARGS	8

/**
 * struct rvdirect_call - a call of a target, as the handlers of a caller see it
 * @args: the arguments a0-a7; the entry handler may change them for the target
 * @ret: what the target returned in a0 and a1, for the exit handler only. The
 *	caller of the target gets what the exit handler writes here
 * @cookie: a value that the entry handler passes to the exit handler; 0 if it
 *	sets none
 * @ticks: for the exit handler: how long the target ran, in ticks of the timer
 *	(riscv_timebase ticks are a second)
 *
 * It lives on the stack for as long as the call lasts. The private fields are
 * part of the stack frames that asm/trampoline.S draws.
 */
struct rvdirect_call {
	unsigned long args[RVDIRECT_REGISTER_ARGS];
	unsigned long ret[2];
	unsigned long cookie;
	/* private: */
	unsigned long temps[5];
	void (*exit)(struct rvdirect_call *call);
	unsigned long copied;
	/* public: */
	unsigned long ticks;
	/* private: */
	void *rows;
	unsigned long fp;
	unsigned long resume;
	unsigned long caller_fp;
	unsigned long caller;
};

/**
 * struct rvdirect_caller - a direct caller
 * @name: the word by which commands name it: up to 31 letters, digits, "_" and "-"
 * @description: what it does, in a few words, for the file "callers"
 * @entry: called when a target is entered, or NULL
 * @exit: called when a target has returned, or NULL
 * @data: what rvdirect_data() returns to both handlers
 * @trampoline: instead of handlers: the address of assembly code that call sites
 *	jump to, under the register contract in asm/trampoline.S. It must not
 *	sleep, nor let the target return to it. Its calls are not counted
 *
 * Handlers run in any context, including interrupts and idle tasks, and on all
 * harts at once, but only where RCU is watching: elsewhere a call counts as
 * missed. They must not sleep, nor take a lock that an interrupted task
 * may hold. Preemption is as it was in the caller of the target, so a handler
 * may move from hart to hart. When a handler calls an attached function, no
 * handler runs for that call, and it counts as missed. Handlers are best marked
 * notrace.
 */
struct rvdirect_caller {
	const char *name;
	const char *description;
	void (*entry)(struct rvdirect_call *call);
	void (*exit)(struct rvdirect_call *call);
	void *data;
	const void *trampoline;
};

/* Returns the address of the target. */
static inline unsigned long rvdirect_target(const struct rvdirect_call *call)
{
	/* The call site is the target's first two instructions. */
	return call->resume - 8;
}

/* Returns the address in the target's caller that the target returns to. */
static inline unsigned long rvdirect_target_caller(const struct rvdirect_call *call)
{
	return call->caller;
}

/*
 * For the entry handler: argument word @n, from 0, whether it is in a register
 * or on the stack.
 */
static inline unsigned long *rvdirect_arg(struct rvdirect_call *call, unsigned int n)
{
	if (n < RVDIRECT_REGISTER_ARGS)
		return &call->args[n];
	return (unsigned long *)(call + 1) + n - RVDIRECT_REGISTER_ARGS;
}

/* For both handlers: the @data that the caller was registered with. */
static inline void *rvdirect_data(const struct rvdirect_call *call)
{
	return *(void **)(call->rows + RVDIRECT_SLOT_DATA);
}

/*
 * A hash of the layout of both structures. By it, a module that was built
 * against another rvdirect is refused.
 */
#define RVDIRECT_FIELD(type, field)						\
	((u64)offsetof(type, field) * 8 + sizeof_field(type, field))
#define RVDIRECT_LAYOUT								\
	((((((((((((((((sizeof(struct rvdirect_call) - RVDIRECT_SLOT_DATA) * 31	\
	 + RVDIRECT_FIELD(struct rvdirect_call, args)) * 31			\
	 + RVDIRECT_FIELD(struct rvdirect_call, ret)) * 31			\
	 + RVDIRECT_FIELD(struct rvdirect_call, cookie)) * 31			\
	 + RVDIRECT_FIELD(struct rvdirect_call, ticks)) * 31			\
	 + RVDIRECT_FIELD(struct rvdirect_call, rows)) * 31			\
	 + RVDIRECT_FIELD(struct rvdirect_call, resume)) * 31			\
	 + RVDIRECT_FIELD(struct rvdirect_call, caller)) * 31			\
	 + sizeof(struct rvdirect_caller)) * 31					\
	 + RVDIRECT_FIELD(struct rvdirect_caller, name)) * 31			\
	 + RVDIRECT_FIELD(struct rvdirect_caller, description)) * 31		\
	 + RVDIRECT_FIELD(struct rvdirect_caller, entry)) * 31			\
	 + RVDIRECT_FIELD(struct rvdirect_caller, exit)) * 31			\
	 + RVDIRECT_FIELD(struct rvdirect_caller, data)) * 31			\
	 + RVDIRECT_FIELD(struct rvdirect_caller, trampoline)))

int __rvdirect_register_caller(const struct rvdirect_caller *caller, struct module *owner,
			       u64 layout);

/**
 * rvdirect_register_caller() - lets commands name a caller
 * @caller: the caller; must not change until it is unregistered
 *
 * May sleep. Returns 0, or
 *
 * -EINVAL: a bad name or description, neither handler nor trampoline, or both;
 * -EEXIST: another caller has that name;
 * -ENOEXEC: the module was built against an rvdirect with another layout;
 * -ENOMEM.
 */
#define rvdirect_register_caller(caller) \
	__rvdirect_register_caller(caller, THIS_MODULE, RVDIRECT_LAYOUT)

/**
 * rvdirect_unregister_caller() - stops commands from naming a caller
 * @caller: what was registered
 *
 * May sleep. Returns 0; -ENOENT if it is not registered; or -EBUSY while a
 * target is attached to it, or still drains, which cannot be while its module
 * is being unloaded.
 */
int rvdirect_unregister_caller(const struct rvdirect_caller *caller);

#endif /* RVDIRECT_H */
