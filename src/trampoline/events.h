/* SPDX-License-Identifier: GPL-2.0 */
/* The events rvdirect:call and rvdirect:return. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM rvdirect

#if !defined(RVDIRECT_EVENTS_H) || defined(TRACE_HEADER_MULTI_READ)
#define RVDIRECT_EVENTS_H

#include <linux/delay.h>
#include <linux/time64.h>
#include <linux/tracepoint.h>

#include "../abstraction/shim.h"
#include "../rvdirect.h"
#include "handlers.h"

#ifndef RVDIRECT_EVENT_ARGS
#define RVDIRECT_EVENT_ARGS

/*
 * A field for each argument, so that filters and histograms can name it; "args"
 * says how many there are, the others are 0.
 */
#define RVDIRECT_ARG_FIELDS		\
	__field(unsigned long, args)	\
	__field(unsigned long, arg0)	\
	__field(unsigned long, arg1)	\
	__field(unsigned long, arg2)	\
	__field(unsigned long, arg3)	\
	__field(unsigned long, arg4)	\
	__field(unsigned long, arg5)	\
	__field(unsigned long, arg6)	\
	__field(unsigned long, arg7)

/*
 * The first argument, for each reader of this text: C needs a pointer, while
 * the parsers of the event's format only know the field by its name. __entry
 * expands to "field" in C, and to "REC" in the format.
 */
#define RVDIRECT_FIRST_ARG(entry)	RVDIRECT_FIRST_ARG_(entry)
#define RVDIRECT_FIRST_ARG_(entry)	RVDIRECT_FIRST_ARG_##entry
#define RVDIRECT_FIRST_ARG_field	(&field->arg0)
#define RVDIRECT_FIRST_ARG_REC		REC->arg0

/*
 * The names of the kernel's errors, and where their numbers lie. A table, as tools
 * that read the event's format know no %pe. src/language/errno.rs has the same.
 */
#define RVDIRECT_RET_IS_ERROR						\
	((__entry->ret < 0 && __entry->ret > -135) ||			\
	 (__entry->ret < -511 && __entry->ret > -532))
#define RVDIRECT_ERRORS \
	{ 1, "EPERM" }, { 2, "ENOENT" }, { 3, "ESRCH" }, { 4, "EINTR" }, { 5, "EIO" }, \
	{ 6, "ENXIO" }, { 7, "E2BIG" }, { 8, "ENOEXEC" }, { 9, "EBADF" }, { 10, "ECHILD" }, \
	{ 11, "EAGAIN" }, { 12, "ENOMEM" }, { 13, "EACCES" }, { 14, "EFAULT" }, \
	{ 15, "ENOTBLK" }, { 16, "EBUSY" }, { 17, "EEXIST" }, { 18, "EXDEV" }, { 19, "ENODEV" }, \
	{ 20, "ENOTDIR" }, { 21, "EISDIR" }, { 22, "EINVAL" }, { 23, "ENFILE" }, \
	{ 24, "EMFILE" }, { 25, "ENOTTY" }, { 26, "ETXTBSY" }, { 27, "EFBIG" }, { 28, "ENOSPC" }, \
	{ 29, "ESPIPE" }, { 30, "EROFS" }, { 31, "EMLINK" }, { 32, "EPIPE" }, { 33, "EDOM" }, \
	{ 34, "ERANGE" }, { 35, "EDEADLK" }, { 36, "ENAMETOOLONG" }, { 37, "ENOLCK" }, \
	{ 38, "ENOSYS" }, { 39, "ENOTEMPTY" }, { 40, "ELOOP" }, { 42, "ENOMSG" }, \
	{ 43, "EIDRM" }, { 44, "ECHRNG" }, { 45, "EL2NSYNC" }, { 46, "EL3HLT" }, \
	{ 47, "EL3RST" }, { 48, "ELNRNG" }, { 49, "EUNATCH" }, { 50, "ENOCSI" }, \
	{ 51, "EL2HLT" }, { 52, "EBADE" }, { 53, "EBADR" }, { 54, "EXFULL" }, { 55, "ENOANO" }, \
	{ 56, "EBADRQC" }, { 57, "EBADSLT" }, { 59, "EBFONT" }, { 60, "ENOSTR" }, \
	{ 61, "ENODATA" }, { 62, "ETIME" }, { 63, "ENOSR" }, { 64, "ENONET" }, { 65, "ENOPKG" }, \
	{ 66, "EREMOTE" }, { 67, "ENOLINK" }, { 68, "EADV" }, { 69, "ESRMNT" }, { 70, "ECOMM" }, \
	{ 71, "EPROTO" }, { 72, "EMULTIHOP" }, { 73, "EDOTDOT" }, { 74, "EBADMSG" }, \
	{ 75, "EOVERFLOW" }, { 76, "ENOTUNIQ" }, { 77, "EBADFD" }, { 78, "EREMCHG" }, \
	{ 79, "ELIBACC" }, { 80, "ELIBBAD" }, { 81, "ELIBSCN" }, { 82, "ELIBMAX" }, \
	{ 83, "ELIBEXEC" }, { 84, "EILSEQ" }, { 85, "ERESTART" }, { 86, "ESTRPIPE" }, \
	{ 87, "EUSERS" }, { 88, "ENOTSOCK" }, { 89, "EDESTADDRREQ" }, { 90, "EMSGSIZE" }, \
	{ 91, "EPROTOTYPE" }, { 92, "ENOPROTOOPT" }, { 93, "EPROTONOSUPPORT" }, \
	{ 94, "ESOCKTNOSUPPORT" }, { 95, "EOPNOTSUPP" }, { 96, "EPFNOSUPPORT" }, \
	{ 97, "EAFNOSUPPORT" }, { 98, "EADDRINUSE" }, { 99, "EADDRNOTAVAIL" }, \
	{ 100, "ENETDOWN" }, { 101, "ENETUNREACH" }, { 102, "ENETRESET" }, \
	{ 103, "ECONNABORTED" }, { 104, "ECONNRESET" }, { 105, "ENOBUFS" }, { 106, "EISCONN" }, \
	{ 107, "ENOTCONN" }, { 108, "ESHUTDOWN" }, { 109, "ETOOMANYREFS" }, { 110, "ETIMEDOUT" }, \
	{ 111, "ECONNREFUSED" }, { 112, "EHOSTDOWN" }, { 113, "EHOSTUNREACH" }, \
	{ 114, "EALREADY" }, { 115, "EINPROGRESS" }, { 116, "ESTALE" }, { 117, "EUCLEAN" }, \
	{ 118, "ENOTNAM" }, { 119, "ENAVAIL" }, { 120, "EISNAM" }, { 121, "EREMOTEIO" }, \
	{ 122, "EDQUOT" }, { 123, "ENOMEDIUM" }, { 124, "EMEDIUMTYPE" }, { 125, "ECANCELED" }, \
	{ 126, "ENOKEY" }, { 127, "EKEYEXPIRED" }, { 128, "EKEYREVOKED" }, \
	{ 129, "EKEYREJECTED" }, { 130, "EOWNERDEAD" }, { 131, "ENOTRECOVERABLE" }, \
	{ 132, "ERFKILL" }, { 133, "EHWPOISON" }, { 134, "EFTYPE" }, { 512, "ERESTARTSYS" }, \
	{ 513, "ERESTARTNOINTR" }, { 514, "ERESTARTNOHAND" }, { 515, "ENOIOCTLCMD" }, \
	{ 516, "ERESTART_RESTARTBLOCK" }, { 517, "EPROBE_DEFER" }, { 518, "EOPENSTALE" }, \
	{ 519, "ENOPARAM" }, { 521, "EBADHANDLE" }, { 522, "ENOTSYNC" }, { 523, "EBADCOOKIE" }, \
	{ 524, "ENOTSUPP" }, { 525, "ETOOSMALL" }, { 526, "ESERVERFAULT" }, { 527, "EBADTYPE" }, \
	{ 528, "EJUKEBOX" }, { 529, "EIOCBQUEUED" }, { 530, "ERECALLCONFLICT" }, \
	{ 531, "ENOGRACE" }

/* Parts of rvdirect_data(): the number of arguments, and of the session. */
static __always_inline unsigned long rvdirect_event_args(const struct rvdirect_call *call)
{
	return (unsigned long)rvdirect_data(call) &
	       ((1 << RVDIRECT_EVENT_SESSION_SHIFT) - 1);
}

static __always_inline u32 rvdirect_event_session(const struct rvdirect_call *call)
{
	return (unsigned long)rvdirect_data(call) >> RVDIRECT_EVENT_SESSION_SHIFT;
}

/* Two divisions, and a call, are only for what takes half an hour or more. */
static __always_inline u64 rvdirect_event_duration(u64 ticks)
{
	if (likely(ticks <= U64_MAX / NSEC_PER_SEC))
		return ticks * NSEC_PER_SEC / riscv_timebase;
	return rvdirect_nanoseconds(ticks);
}

static __always_inline void rvdirect_copy_args(unsigned long *to, const unsigned long *from,
					       unsigned long args)
{
	/* Fortified functions see one member only. */
	OPTIMIZER_HIDE_VAR(to);
	/* The default number, without a loop. */
	if (likely(args == 4)) {
		memcpy(to, from, 4 * sizeof(*to));
		memset(to + 4, 0, 4 * sizeof(*to));
		return;
	}
	for (unsigned int i = 0; i < RVDIRECT_REGISTER_ARGS; i++)
		to[i] = i < args ? from[i] : 0;
}

#endif /* RVDIRECT_EVENT_ARGS */

TRACE_EVENT_FN(call,

	TP_PROTO(const struct rvdirect_call *call),

	TP_ARGS(call),

	TP_STRUCT__entry(
		__field(unsigned long, target)
		__field(unsigned long, caller)
		__field(u32, session)
		RVDIRECT_ARG_FIELDS
	),

	TP_fast_assign(
		__entry->target = rvdirect_target(call);
		__entry->caller = rvdirect_target_caller(call);
		__entry->session = rvdirect_event_session(call);
		__entry->args = rvdirect_event_args(call);
		rvdirect_copy_args(&__entry->arg0, call->args, __entry->args);
	),

	TP_printk("%ps <- %pS args=%s", (void *)__entry->target, (void *)__entry->caller,
		  __print_array(RVDIRECT_FIRST_ARG(__entry), __entry->args, 8)),

	rvdirect_hold_for_event,
	rvdirect_release_from_event
);

TRACE_EVENT_FN(return,

	TP_PROTO(const struct rvdirect_call *call),

	TP_ARGS(call),

	TP_STRUCT__entry(
		__field(unsigned long, target)
		__field(unsigned long, caller)
		__field(u64, duration)
		__field(long, ret)
		__field(u32, session)
		RVDIRECT_ARG_FIELDS
	),

	TP_fast_assign(
		__entry->target = rvdirect_target(call);
		__entry->caller = rvdirect_target_caller(call);
		__entry->duration = rvdirect_event_duration(call->ticks);
		__entry->ret = call->ret[0];
		__entry->session = rvdirect_event_session(call);
		__entry->args = rvdirect_event_args(call);
		rvdirect_copy_args(&__entry->arg0, call->args, __entry->args);
	),

	TP_printk("%ps -> %pS ret=%ld%s%s duration=%llu ns args=%s",
		  (void *)__entry->target, (void *)__entry->caller, __entry->ret,
		  RVDIRECT_RET_IS_ERROR ? " " : "",
		  RVDIRECT_RET_IS_ERROR ?
			__print_symbolic(-__entry->ret, RVDIRECT_ERRORS) : "",
		  __entry->duration,
		  __print_array(RVDIRECT_FIRST_ARG(__entry), __entry->args, 8)),

	rvdirect_hold_for_event,
	rvdirect_release_from_event
);

#endif /* RVDIRECT_EVENTS_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE events
#include <trace/define_trace.h>
