// SPDX-License-Identifier: GPL-2.0
/*
 * The event of one attachment, whose fields are what it fetches. To the kernel, it
 * is a dynamic event, as those of kernel/trace/trace_fprobe.c are.
 */
#include <linux/align.h>
#include <linux/array_size.h>
#include <linux/container_of.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/perf_event.h>
#include <linux/preempt.h>
#include <linux/rculist.h>
#include <linux/seq_buf.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/trace_events.h>
#include <linux/trace_seq.h>

#include "../../asm/trampoline.h"
#include "duration.h"
#include "errors.h"
#include "event_mutex.h"
#include "fetch.h"
#include "handlers.h"
#include "own_event.h"

#define SYSTEM	"rvdirect"

/* A record: the fields that all have, then those of "return", then those fetched. */
struct record {
	struct trace_entry entry;
	u32 faults;
	u32 session;
	unsigned long target;
	unsigned long caller;
	/* Only for "return". */
	u64 duration;
	long ret;
};

/*
 * The most bytes of a record and of its fields without strings, and the most strings:
 * there is always room for a word of each.
 */
#define RECORD		2048
#define FIELDS		1024
#define STRINGS		((RECORD - FIELDS) / sizeof(long))

struct rvdirect_event {
	struct trace_event_call call;
	struct trace_event_class class;
	char name[RVDIRECT_EVENT_NAME];
	bool is_return;
	u32 session;
	/* The instances of tracefs that want the event, and whether perf does. */
	struct list_head files;
	bool is_on_for_perf;
	/* How many of both there are. Handlers do nothing while there is none. */
	int is_on;
	bool was_on;
	unsigned int size;
	/* Without any, all records have the size. */
	unsigned int strings;
	unsigned int count;
	struct rvdirect_fetch fetches[] __counted_by(count);
};

/* An instance of tracefs that wants an event. */
struct wanting_file {
	struct list_head list;
	struct trace_event_file *file;
};

/*
 * Where a record is made. A hart needs one for each context that can interrupt
 * another: the recursion guard lets only one handler run in each.
 */
struct rooms {
	char records[4][RECORD] __aligned(sizeof(u64));
};

static struct rooms __percpu *rooms;

int rvdirect_events_init(void)
{
	rooms = alloc_percpu(struct rooms);
	return rooms ? 0 : -ENOMEM;
}

void rvdirect_events_exit(void)
{
	free_percpu(rooms);
}

void rvdirect_events_wait(void)
{
	msleep(100);
}

static struct rvdirect_event *event_of(struct trace_event_call *call)
{
	return container_of(call, struct rvdirect_event, call);
}

static unsigned int elements_of(const struct rvdirect_fetch *fetch)
{
	return fetch->count ? fetch->count : 1;
}

static unsigned int strings_of(const struct rvdirect_fetch *fetch)
{
	return fetch->kind == RVDIRECT_KIND_STRING ? elements_of(fetch) : 0;
}

static void fill_head(const struct rvdirect_event *event, const struct rvdirect_call *call,
		      struct record *record)
{
	record->faults = 0;
	record->session = event->session;
	record->target = rvdirect_target(call);
	record->caller = rvdirect_target_caller(call);
	if (event->is_return) {
		record->duration = rvdirect_duration(call->ticks);
		record->ret = call->ret[0];
	}
}

/* Ends a record with zeros, so that it can be copied in words. Returns its size. */
static unsigned int pad(struct record *record, unsigned int size)
{
	while (!IS_ALIGNED(size, sizeof(long)))
		((char *)record)[size++] = 0;
	return size;
}

/* Stores what needs more than a copy. Returns the size of the record so far. */
static noinline unsigned int fill_field(struct rvdirect_event *event, unsigned int i,
					struct rvdirect_call *call, struct record *record,
					unsigned int size)
{
	const struct rvdirect_fetch *fetch = &event->fetches[i];
	u32 *to = (void *)record + fetch->at;
	unsigned int strings = strings_of(fetch);
	bool is_fault;

	if (!strings && rvdirect_fetch_numbers(call, fetch, to))
		record->faults |= BIT(i);
	for (unsigned int n = 0; n < strings; n++) {
		/* Each of the others has a terminator at least, in a word of its own. */
		unsigned int others = (strings - 1 - n + fetch->strings_behind) * sizeof(long);
		unsigned int at = ALIGN(size, sizeof(long));
		unsigned int length = rvdirect_fetch_string(call, fetch, n, (char *)record + at,
							    RECORD - at - others, &is_fault);

		pad(record, size);
		size = at + length;
		if (is_fault) {
			record->faults |= BIT(i);
			/* Tells it from a string of that text. */
			length--;
		}
		to[n] = length << 16 | at;
	}
	return size;
}

/* Makes the record, but for its entry. Returns its size. */
static __always_inline unsigned int fill(struct rvdirect_event *event, struct rvdirect_call *call,
					 struct record *record)
{
	unsigned int size = event->size;

	fill_head(event, call, record);
	for (unsigned int i = 0; i < event->count; i++) {
		const struct rvdirect_fetch *fetch = &event->fetches[i];
		const void *from = (void *)call + fetch->word;
		void *to = (void *)record + fetch->at;

		if (likely(fetch->is_word)) {
			if (fetch->size == 8)
				*(u64 *)to = *(u64 *)from;
			else if (fetch->size == 4)
				*(u32 *)to = *(u32 *)from;
			else if (fetch->size == 2)
				*(u16 *)to = *(u16 *)from;
			else
				*(u8 *)to = *(u8 *)from;
		} else {
			size = fill_field(event, i, call, record, size);
		}
	}
	return size;
}

/* Copies a record behind its entry, which has been made. Few words: a loop is best. */
static void copy(void *to, const struct record *record, unsigned int size)
{
	for (unsigned int at = sizeof(record->entry); at < size; at += sizeof(long))
		*(long *)(to + at) = *(long *)((const void *)record + at);
}

#ifdef CONFIG_PERF_EVENTS
static void give_to_perf(struct rvdirect_event *event, const struct record *record,
			 unsigned int size)
{
	struct hlist_head *head = this_cpu_ptr(event->call.perf_events);
	/* A u32 goes before it there, and what both take is a multiple of 8. */
	unsigned int padded = size + sizeof(u32);
	struct pt_regs *regs;
	int context;
	void *to;

	if (hlist_empty(head))
		return;
	to = perf_trace_buf_alloc(padded, &regs, &context);
	if (!to)
		return;
	perf_fetch_caller_regs(regs);
	copy(to, record, size);
	*(u32 *)(to + size) = 0;
	perf_trace_buf_submit(to, padded, context, event->call.event.type, 1, regs, head, NULL);
}
#else
static void give_to_perf(struct rvdirect_event *event, const struct record *record,
			 unsigned int size)
{
}
#endif

/* Makes the record once for all who want it, as its size is not known before. */
static noinline void make_and_copy(struct rvdirect_event *event, struct rvdirect_call *call)
{
	struct record *record =
		(struct record *)this_cpu_ptr(rooms)->records[interrupt_context_level()];
	unsigned int size = pad(record, fill(event, call, record));
	const struct wanting_file *wanting;

	list_for_each_entry_rcu(wanting, &event->files, list, !preemptible()) {
		struct trace_event_buffer buffer;
		void *to;

		if (trace_trigger_soft_disabled(wanting->file))
			continue;
		to = trace_event_buffer_reserve(&buffer, wanting->file, size);
		if (!to)
			continue;
		copy(to, record, size);
		trace_event_buffer_commit(&buffer);
	}
	/* Pairs with the release in reg(). */
	if (smp_load_acquire(&event->is_on_for_perf))
		give_to_perf(event, record, size);
}

/* Makes the record where it will stay. */
static void make_in_place(struct rvdirect_event *event, struct rvdirect_call *call,
			  struct trace_event_file *file)
{
	struct trace_event_buffer buffer;
	struct record *record;

	if (trace_trigger_soft_disabled(file))
		return;
	record = trace_event_buffer_reserve(&buffer, file, event->size);
	if (!record)
		return;
	fill(event, call, record);
	trace_event_buffer_commit(&buffer);
}

static noinline void make_event(struct rvdirect_event *event, struct rvdirect_call *call)
{
	/* As around a probe of a tracepoint. */
	preempt_disable_notrace();
	if (!event->strings && !READ_ONCE(event->is_on_for_perf)) {
		const struct wanting_file *wanting;

		list_for_each_entry_rcu(wanting, &event->files, list, !preemptible())
			make_in_place(event, call, wanting->file);
	} else {
		make_and_copy(event, call);
	}
	preempt_enable_notrace();
}

void rvdirect_handle_own_trace(struct rvdirect_call *call)
{
	make_event(rvdirect_data(call), call);
}

void rvdirect_handle_own_return(struct rvdirect_call *call)
{
	struct rvdirect_event *event = rvdirect_data(call);

	if (READ_ONCE(event->is_on) && rvdirect_is_wanted(call))
		make_event(event, call);
}

static int add_file(struct rvdirect_event *event, struct trace_event_file *file)
{
	struct wanting_file *wanting = kmalloc(sizeof(*wanting), GFP_KERNEL);

	if (!wanting)
		return -ENOMEM;
	wanting->file = file;
	list_add_tail_rcu(&wanting->list, &event->files);
	WRITE_ONCE(event->is_on, event->is_on + 1);
	event->was_on = true;
	return 0;
}

/*
 * The kernel frees the file once this has returned, and what perf works with: it
 * waits for probes of tracepoints only, which a handler is not.
 */
static void remove_file(struct rvdirect_event *event, struct trace_event_file *file)
{
	struct wanting_file *wanting;

	list_for_each_entry(wanting, &event->files, list) {
		if (wanting->file != file)
			continue;
		WRITE_ONCE(event->is_on, event->is_on - 1);
		list_del_rcu(&wanting->list);
		synchronize_rcu();
		kfree(wanting);
		return;
	}
}

/* The kernel calls this with event_mutex held. */
static int reg(struct trace_event_call *call, enum trace_reg type, void *data)
{
	struct rvdirect_event *event = event_of(call);

	switch (type) {
	case TRACE_REG_REGISTER:
		return add_file(event, data);
	case TRACE_REG_UNREGISTER:
		remove_file(event, data);
		return 0;
#ifdef CONFIG_PERF_EVENTS
	case TRACE_REG_PERF_REGISTER:
		/* Who sees it finds what perf has made before. */
		smp_store_release(&event->is_on_for_perf, true);
		WRITE_ONCE(event->is_on, event->is_on + 1);
		event->was_on = true;
		return 0;
	case TRACE_REG_PERF_UNREGISTER:
		WRITE_ONCE(event->is_on, event->is_on - 1);
		WRITE_ONCE(event->is_on_for_perf, false);
		synchronize_rcu();
		return 0;
#endif
	default:
		return 0;
	}
}

static void set_type(struct rvdirect_fetch *fetch)
{
	static const char * const is_unsigned[] = { "u8", "u16", "u32", "u64" };
	static const char * const is_signed[] = { "s8", "s16", "s32", "s64" };
	const char *type;

	switch (fetch->kind) {
	case RVDIRECT_KIND_CHAR:
		type = "char";
		break;
	case RVDIRECT_KIND_BOOL:
		type = "bool";
		break;
	case RVDIRECT_KIND_SYMBOL:
		type = "unsigned long";
		break;
	case RVDIRECT_KIND_STRING:
		type = "__data_loc char[]";
		break;
	case RVDIRECT_KIND_SIGNED:
		type = is_signed[ilog2(fetch->size)];
		break;
	default:
		type = is_unsigned[ilog2(fetch->size)];
	}
	/* Tools know no array of strings: they take it for the first. */
	if (fetch->count && fetch->kind != RVDIRECT_KIND_STRING)
		snprintf(fetch->type, sizeof(fetch->type), "%s[%u]", type, fetch->count);
	else
		strscpy(fetch->type, type);
}

/* How many bytes of a record are an element's. For a string, they tell where it is. */
static unsigned int element_size(const struct rvdirect_fetch *fetch)
{
	return fetch->kind == RVDIRECT_KIND_STRING ? sizeof(u32) : fetch->size;
}

/* How many bytes of a record are the field's, without its strings. */
static unsigned int size_of(const struct rvdirect_fetch *fetch)
{
	return element_size(fetch) * elements_of(fetch);
}

#define DEFINE(type, field)							\
	trace_define_field(call, #type, #field, offsetof(struct record, field),	\
			   sizeof(type), is_signed_type(type), FILTER_OTHER)

static int define_fields(struct trace_event_call *call)
{
	struct rvdirect_event *event = event_of(call);
	int err;

	err = DEFINE(u32, faults) ?: DEFINE(u32, session) ?: DEFINE(unsigned long, target) ?:
	      DEFINE(unsigned long, caller);
	if (!err && event->is_return)
		err = DEFINE(u64, duration) ?: DEFINE(long, ret);
	for (unsigned int i = 0; i < event->count && !err; i++) {
		const struct rvdirect_fetch *fetch = &event->fetches[i];
		bool is_signed = fetch->kind == RVDIRECT_KIND_SIGNED ||
				 fetch->kind == RVDIRECT_KIND_CHAR;

		err = trace_define_field(call, fetch->type, fetch->name, fetch->at, size_of(fetch),
					 is_signed, fetch->kind == RVDIRECT_KIND_STRING ?
					 FILTER_DYN_STRING : FILTER_OTHER);
	}
	return err;
}

static struct trace_event_fields fields_array[] = {
	{ .type = TRACE_FUNCTION_TYPE, .define_fields = define_fields },
	{}
};

static long element(const void *at, const struct rvdirect_fetch *fetch)
{
	bool is_signed = fetch->kind == RVDIRECT_KIND_SIGNED;

	switch (fetch->size) {
	case 1:
		return is_signed ? (long)*(s8 *)at : *(u8 *)at;
	case 2:
		return is_signed ? (long)*(s16 *)at : *(u16 *)at;
	case 4:
		return is_signed ? (long)*(s32 *)at : *(u32 *)at;
	default:
		return *(s64 *)at;
	}
}

/* How tools show a value. They extend a sign only by the size that this tells. */
static const char *format_of(const struct rvdirect_fetch *fetch)
{
	switch (fetch->kind) {
	case RVDIRECT_KIND_UNSIGNED:
	case RVDIRECT_KIND_BOOL:
		return "%lu";
	case RVDIRECT_KIND_SIGNED:
		switch (fetch->size) {
		case 1:
			return "%hhd";
		case 2:
			return "%hd";
		case 4:
			return "%d";
		default:
			return "%ld";
		}
	case RVDIRECT_KIND_CHAR:
		return "'%c'";
	case RVDIRECT_KIND_SYMBOL:
		return "%pS";
	default:
		return "0x%lx";
	}
}

static void print_number(struct trace_seq *s, const void *at, const struct rvdirect_fetch *fetch)
{
	long value = element(at, fetch);

	switch (fetch->kind) {
	case RVDIRECT_KIND_UNSIGNED:
	case RVDIRECT_KIND_BOOL:
		trace_seq_printf(s, "%lu", value);
		break;
	case RVDIRECT_KIND_SIGNED:
		trace_seq_printf(s, "%ld", value);
		break;
	case RVDIRECT_KIND_CHAR:
		trace_seq_printf(s, "'%*pEcs'", 1, at);
		break;
	case RVDIRECT_KIND_SYMBOL:
		trace_seq_printf(s, "%pS", (void *)value);
		break;
	default:
		trace_seq_printf(s, "0x%lx", value);
	}
}

/*
 * Quotes, backslashes and what ends a line are escaped, so that a record is a line.
 * Only what could not be read has no terminator within its length.
 */
static void print_string(struct trace_seq *s, const struct record *record, unsigned int size,
			 u32 location)
{
	unsigned int at = location & 0xffff;
	unsigned int length = location >> 16;
	const char *string = (const char *)record + at;

	/* A record of another event that had the number before would be wrong here. */
	if (!length || at + length > size)
		return;
	if (string[length - 1])
		trace_seq_puts(s, RVDIRECT_FAULT);
	else
		trace_seq_printf(s, "\"%*pEcs\"", length - 1, string);
}

static void print_field(struct trace_seq *s, const struct record *record, unsigned int size,
			const struct rvdirect_fetch *fetch, bool is_fault)
{
	bool is_string = fetch->kind == RVDIRECT_KIND_STRING;
	const void *at = (const void *)record + fetch->at;

	trace_seq_printf(s, " %s=", fetch->name);
	if (is_fault && !is_string) {
		trace_seq_puts(s, RVDIRECT_FAULT);
		return;
	}
	if (fetch->count)
		trace_seq_putc(s, '{');
	for (unsigned int i = 0; i < elements_of(fetch); i++) {
		if (i)
			trace_seq_putc(s, ',');
		if (is_string)
			print_string(s, record, size, *(u32 *)at);
		else
			print_number(s, at, fetch);
		at += element_size(fetch);
	}
	if (fetch->count)
		trace_seq_putc(s, '}');
}

static void print_ret(struct trace_seq *s, long ret)
{
	static const struct {
		int number;
		const char *name;
	} errors[] = { RVDIRECT_ERRORS };

	trace_seq_printf(s, " ret=%ld", ret);
	for (unsigned int i = 0; i < ARRAY_SIZE(errors); i++) {
		if (errors[i].number == -ret)
			trace_seq_printf(s, " %s", errors[i].name);
	}
}

static enum print_line_t print(struct trace_iterator *iter, int flags,
			       struct trace_event *trace_event)
{
	struct rvdirect_event *event =
		container_of(trace_event, struct rvdirect_event, call.event);
	const struct record *record = (const struct record *)iter->ent;
	/* tp_printk tells no size, but shows a record at once, and so of the event itself. */
	unsigned int size = iter->ent_size ? iter->ent_size : RECORD;
	struct trace_seq *s = &iter->seq;

	trace_seq_printf(s, "%s: ", event->name);
	if (size >= event->size) {
		trace_seq_printf(s, "%ps %s %pS", (void *)record->target,
				 event->is_return ? "->" : "<-", (void *)record->caller);
		if (event->is_return) {
			print_ret(s, record->ret);
			trace_seq_printf(s, " duration=%llu ns", record->duration);
		}
		for (unsigned int i = 0; i < event->count; i++)
			print_field(s, record, size, &event->fetches[i],
				    record->faults & BIT(i));
	}
	trace_seq_putc(s, '\n');
	return trace_handle_return(s);
}

static struct trace_event_functions functions = {
	.trace = print,
};

/* Makes the format by which tools print the event. */
static char *make_print_fmt(const struct rvdirect_event *event)
{
	/* For each, the name twice, and what is around it. */
	unsigned int room = 256 + event->count * (2 * RVDIRECT_FETCH_NAME + 64);
	struct seq_buf seq;
	char *text;

	text = kmalloc(room, GFP_KERNEL);
	if (!text)
		return NULL;
	seq_buf_init(&seq, text, room);
	seq_buf_printf(&seq, "\"%%ps %s %%pS", event->is_return ? "->" : "<-");
	if (event->is_return)
		seq_buf_puts(&seq, " ret=%ld duration=%llu ns");
	for (unsigned int i = 0; i < event->count; i++) {
		const struct rvdirect_fetch *fetch = &event->fetches[i];

		seq_buf_printf(&seq, " %s=", fetch->name);
		/* Of several strings, they know only how to find the first. */
		if (strings_of(fetch) > 1)
			seq_buf_puts(&seq, "{\\\"%s\\\",...}");
		else if (fetch->kind == RVDIRECT_KIND_STRING)
			seq_buf_puts(&seq, fetch->count ? "{\\\"%s\\\"}" : "\\\"%s\\\"");
		else
			seq_buf_puts(&seq, fetch->count ? "%s" : format_of(fetch));
	}
	seq_buf_puts(&seq, "\", (void *)REC->target, (void *)REC->caller");
	if (event->is_return)
		seq_buf_puts(&seq, ", REC->ret, REC->duration");
	for (unsigned int i = 0; i < event->count; i++) {
		const struct rvdirect_fetch *fetch = &event->fetches[i];
		const char *name = fetch->name;

		if (fetch->kind == RVDIRECT_KIND_STRING)
			seq_buf_printf(&seq, ", __get_str(%s)", name);
		else if (fetch->count)
			seq_buf_printf(&seq, ", __print_array(REC->%s, %u, %u)", name, fetch->count,
				       fetch->size);
		else if (fetch->kind == RVDIRECT_KIND_SYMBOL)
			seq_buf_printf(&seq, ", (void *)REC->%s", name);
		else
			seq_buf_printf(&seq, ", REC->%s", name);
	}
	seq_buf_str(&seq);
	return text;
}

/*
 * Gives each field its place. Returns the size of the record, without strings, or
 * more than it may be.
 */
static unsigned int place_fields(struct rvdirect_event *event)
{
	unsigned int strings = 0;
	unsigned int size = event->is_return ? sizeof(struct record) :
					       offsetof(struct record, duration);

	for (unsigned int i = 0; i < event->count; i++) {
		struct rvdirect_fetch *fetch = &event->fetches[i];

		set_type(fetch);
		rvdirect_fetch_prepare(fetch);
		size = ALIGN(size, element_size(fetch));
		fetch->at = size;
		size += size_of(fetch);
		strings += strings_of(fetch);
		if (size > FIELDS || strings > STRINGS)
			return FIELDS + 1;
	}
	event->strings = strings;
	for (unsigned int i = 0; i < event->count; i++) {
		strings -= strings_of(&event->fetches[i]);
		event->fetches[i].strings_behind = strings;
	}
	return size;
}

struct rvdirect_event *rvdirect_event_new(const char *name, bool is_return, u32 session,
					  const struct rvdirect_fetch *fetches, unsigned int count)
{
	struct rvdirect_event *event = kzalloc(struct_size(event, fetches, count), GFP_KERNEL);

	if (!event)
		return ERR_PTR(-ENOMEM);
	event->count = count;
	memcpy(event->fetches, fetches, count * sizeof(*fetches));
	event->is_return = is_return;
	event->session = session;
	strscpy(event->name, name);
	INIT_LIST_HEAD(&event->files);
	event->size = place_fields(event);
	if (event->size > FIELDS) {
		kfree(event);
		return ERR_PTR(-E2BIG);
	}
	event->call.print_fmt = make_print_fmt(event);
	if (!event->call.print_fmt) {
		kfree(event);
		return ERR_PTR(-ENOMEM);
	}
	event->class.system = SYSTEM;
	event->class.reg = reg;
	event->class.fields_array = fields_array;
	INIT_LIST_HEAD(&event->class.fields);
	event->call.class = &event->class;
	event->call.name = event->name;
	event->call.event.funcs = &functions;
	event->call.flags = TRACE_EVENT_FL_DYNAMIC;
	return event;
}

void rvdirect_event_free(struct rvdirect_event *event)
{
	kfree(event->call.print_fmt);
	kfree(event);
}

const int *rvdirect_event_is_on(const struct rvdirect_event *event)
{
	return &event->is_on;
}

static int add(void *context)
{
	struct rvdirect_event *event = context;
	int err;

	if (!register_trace_event(&event->call.event))
		return -ENOSPC;
	err = trace_add_event_call(&event->call);
	if (err)
		unregister_trace_event(&event->call.event);
	return err;
}

static bool is_there(const char *name)
{
	struct trace_event_file *file = trace_get_event_file(NULL, SYSTEM, name);

	if (IS_ERR(file))
		return false;
	trace_put_event_file(file);
	return true;
}

/* Removing an event takes a function that only kprobe events bring. */
#define CAN_REMOVE	IS_ENABLED(CONFIG_KPROBE_EVENTS)

int rvdirect_event_add(struct rvdirect_event *event)
{
	int err;

	if (!CAN_REMOVE)
		return -EOPNOTSUPP;
	if (is_there(event->name))
		return -EEXIST;
	/* It points to functions of the module. */
	if (!try_module_get(THIS_MODULE))
		return -ENODEV;
	err = rvdirect_with_event_mutex(add, event);
	if (err)
		module_put(THIS_MODULE);
	return err;
}

static int remove(void *context)
{
	struct rvdirect_event *event = context;

	/* Those who have the event open, or have a trigger that uses its fields. */
	if (atomic_read(&event->call.refcnt))
		return -EBUSY;
	return trace_remove_event_call(&event->call);
}

int rvdirect_event_remove(struct rvdirect_event *event)
{
	int err;

	/* The way through perf costs more than a look. */
	if (READ_ONCE(event->is_on))
		return -EBUSY;
	err = rvdirect_with_event_mutex(remove, event);
	if (err)
		return err;
#if CAN_REMOVE
	/*
	 * The kernel may give the number of the event to another one, and has marked
	 * the buffers that have records with it. This empties them, as no probe can
	 * have that name. The kernel does so for its own events before it lets another
	 * one come; here, one that comes in between may be shown for a record of ours.
	 */
	if (event->was_on)
		kprobe_event_delete("-/-");
#endif
	module_put(THIS_MODULE);
	return 0;
}
