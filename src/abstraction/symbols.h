/* SPDX-License-Identifier: GPL-2.0 */
/* The symbols of the kernel and of its modules that may be functions, for Rust. */
#ifndef RVDIRECT_SYMBOLS_H
#define RVDIRECT_SYMBOLS_H

#include <linux/types.h>

struct kobject;
struct module;

/* A function, as ftrace records where it is, and where its name begins. */
struct rvdirect_symbol {
	unsigned long location;
	u32 name;
};

/* The room for the name of a symbol with its NUL, and for what the kernel adds to it. */
#define RVDIRECT_NAME_LEN	512
#define RVDIRECT_SYMBOL_LEN	(RVDIRECT_NAME_LEN + 256)

/* Where the image of the kernel begins, and where it ends. */
unsigned long rvdirect_kernel_start(void);
unsigned long rvdirect_kernel_end(void);

/*
 * Writes the name of the kernel's symbol at @addr to @name, which has room for
 * RVDIRECT_SYMBOL_LEN bytes, and its first address to @start. Returns the address of
 * the next symbol, or 0 if there is none at @addr.
 */
unsigned long rvdirect_read_symbol(unsigned long addr, char *name, unsigned long *start);

/*
 * Returns the location of the function that begins at @start, or 0 if its text has
 * no room for a call. ftrace may not know it nevertheless.
 */
unsigned long rvdirect_location_of(unsigned long start);

/*
 * Writes the name of the symbol at @addr to @text, which has room for
 * RVDIRECT_SYMBOL_LEN bytes, and behind it " [MODULE]" if it is in one. Returns its
 * length.
 */
size_t rvdirect_write_symbol(unsigned long addr, char *text);

/* Whether @text matches @pattern, as in ftrace's filters. */
bool rvdirect_glob_match(const char *pattern, const char *text);

/* Lets others run. Returns whether the current task is being killed. */
bool rvdirect_pause(void);

/*
 * Finds the address of a symbol by its name, which may be one of several of a
 * function. Returns -ENOENT if there is none, and another error if the kernel does
 * not tell its address.
 */
int rvdirect_find_symbol(const char *name, unsigned long *addr);

/* Whether /sys/module/ has a module of that name, which may be built in. */
bool rvdirect_is_loaded(const char *name);

/*
 * Modules that are loaded, and stay until rvdirect_release_module_kobject(). The
 * second one fills @held, which has room for @room, and returns how many there are.
 */
struct kobject *rvdirect_hold_module_kobject(const char *name);
size_t rvdirect_hold_module_kobjects(struct kobject **held, size_t room);
void rvdirect_release_module_kobject(struct kobject *kobj);

/* The module, which stays as long as its @kobj is held. */
const struct module *rvdirect_module_of(struct kobject *kobj);

/* The name of @mod, which stays as long as the module does. */
const char *rvdirect_module_name(const struct module *mod);

/*
 * Finds the functions of @mod that match @pattern, in the order of its symbols. Of
 * @symbols and @names, which have room for so many symbols and bytes, only what has
 * room is written; on return, the numbers are those of all.
 */
void rvdirect_read_module(const struct module *mod, const char *pattern,
			  struct rvdirect_symbol *symbols, size_t *symbol_count,
			  char *names, size_t *name_bytes);

#endif /* RVDIRECT_SYMBOLS_H */
