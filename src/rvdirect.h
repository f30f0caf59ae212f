/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Direct callers from other modules: what a module includes to bring its own.
 * src/rvdirect_caller.rs says the same in Rust.
 *
 * Once registered, a caller can be named in attach and modify. While a target
 * is attached to it, its module cannot be unloaded.
 */
#ifndef RVDIRECT_H
#define RVDIRECT_H

#include <linux/stddef.h>
#include <linux/types.h>

struct module;

/* Private: where rvdirect_data() looks. */
#define RVDIRECT_SLOT_DATA	(-48)

/* Arguments that are passed in registers; the others are on the stack. */
#define RVDIRECT_REGISTER_ARGS	8

/**
 * struct rvdirect_call - a call of a target, as the handlers of a caller see it
 * @args: the arguments a0-a7. What the entry handler writes here, the target gets
 * @ret: what the target returned in a0 and a1, for the exit handler only. What
 *	it writes here, the caller of the target gets
 * @cookie: whatever the entry handler wants to tell the exit handler; 0 if it
 *	says nothing
 * @ticks: for the exit handler: how long the target ran, in ticks of the timer
 *	(riscv_timebase of them are a second)
 *
 * It lives on the stack, as long as the call. What is private below has its
 * place there, as asm/trampoline.S draws it.
 */
struct rvdirect_call {
	unsigned long args[RVDIRECT_REGISTER_ARGS];
	unsigned long ret[2];
	unsigned long cookie;
	/* private: */
	unsigned long temps[5];
	void (*exit)(struct rvdirect_call *call);
	unsigned long unused;
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
 * @exit: called when it returned, or NULL
 * @data: what rvdirect_data() returns to both
 * @trampoline: instead of handlers: the address of assembly code that call sites
 *	lead to, under the register contract in asm/trampoline.S. It must not
 *	sleep, nor be returned to. Its calls are not counted
 *
 * Handlers run in any context, interrupts and idle tasks among them, on all
 * harts at once: no locks that an interrupted task may hold, no sleeping.
 * Preemption is as it was in the caller of the target, so that a handler may
 * move from hart to hart. A
 * handler that reaches an attached function is not called for that: the call
 * counts as missed. They are best marked notrace.
 */
struct rvdirect_caller {
	const char *name;
	const char *description;
	void (*entry)(struct rvdirect_call *call);
	void (*exit)(struct rvdirect_call *call);
	void *data;
	const void *trampoline;
};

/* The address of the target. */
static inline unsigned long rvdirect_target(const struct rvdirect_call *call)
{
	/* The call site is the target's first two instructions. */
	return call->resume - 8;
}

/* The address in the caller of the target to which the target returns. */
static inline unsigned long rvdirect_target_caller(const struct rvdirect_call *call)
{
	return call->caller;
}

/* Argument word @n, from 0, be it in a register or on the stack: for the entry handler. */
static inline unsigned long *rvdirect_arg(struct rvdirect_call *call, unsigned int n)
{
	if (n < RVDIRECT_REGISTER_ARGS)
		return &call->args[n];
	return (unsigned long *)(call + 1) + n - RVDIRECT_REGISTER_ARGS;
}

/* For the handlers: what the caller was registered with. */
static inline void *rvdirect_data(const struct rvdirect_call *call)
{
	return *(void **)(call->rows + RVDIRECT_SLOT_DATA);
}

/*
 * A number that says how the two structures are laid out, so that a module
 * built against another rvdirect is refused.
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
 * @caller: the caller, which stays as it is until it is unregistered
 *
 * May sleep. Returns 0, or
 *
 * -EINVAL: no proper name, neither handler nor trampoline, or both;
 * -EEXIST: another caller has that name;
 * -ENOEXEC: the module was built against an rvdirect with another layout;
 * -ENOMEM.
 */
#define rvdirect_register_caller(caller) \
	__rvdirect_register_caller(caller, THIS_MODULE, RVDIRECT_LAYOUT)

/**
 * rvdirect_unregister_caller() - ends that
 * @caller: what was registered
 *
 * May sleep. Returns 0, or -EBUSY while a target is attached to it, which is
 * never so when the module is being unloaded; or -ENOENT.
 */
int rvdirect_unregister_caller(const struct rvdirect_caller *caller);

#endif /* RVDIRECT_H */
