/* SPDX-License-Identifier: GPL-2.0 */
/* Files in debugfs, for Rust code: see src/abstraction/file.rs. */
#ifndef RVDIRECT_FILE_H
#define RVDIRECT_FILE_H

#include <linux/types.h>

struct dentry;

/* A text that grows. All zeros is an empty text. */
struct rvdirect_text {
	char *bytes;
	size_t length;
	size_t size;
};

/* Appends to @text. Returns 0, or -ENOMEM and appends nothing. */
int rvdirect_text_add(struct rvdirect_text *text, const char *bytes, size_t length);

/*
 * The most bytes that one write may have: 64 for each line of "attach", with 1024
 * attachments. The functions below get -E2BIG for a longer one.
 */
#define RVDIRECT_MAX_WRITE	65536

/**
 * struct rvdirect_text_file - a file that shows a text, or takes one, or both
 * @context: for the functions
 * @what: for the functions as well
 * @show: appends to @text what a reader gets. Returns 0, or an error that the
 *	reader gets instead
 * @write: takes the whole of one write. If that could not be copied, @length is
 *	the error, a negative number, and @bytes is NULL. Returns 0, or an error
 *	that the writer gets
 *
 * @show is NULL if the file cannot be read, and @write is NULL if it cannot be
 * written. Both may sleep.
 */
struct rvdirect_text_file {
	const void *context;
	const void *what;
	int (*show)(const struct rvdirect_text_file *file, struct rvdirect_text *text);
	int (*write)(const struct rvdirect_text_file *file, const char *bytes, ssize_t length);
};

/**
 * struct rvdirect_stream_file - a file that has a state each time it is opened
 * @context: for @open
 * @open: makes the state. Returns 0, or an error that the opener gets
 * @write: as above. What it appends to @answer is what the next reads return
 * @release: ends the state, when the last reference to the open file goes
 *
 * All of them may sleep.
 */
struct rvdirect_stream_file {
	const void *context;
	int (*open)(const void *context, void **state);
	int (*write)(const void *state, const char *bytes, ssize_t length,
		     struct rvdirect_text *answer);
	void (*release)(void *state);
};

/* Makes a directory, or returns an error pointer. */
struct dentry *rvdirect_make_directory(const char *name);

/* Make a file. @file must not change until @directory is removed. */
int rvdirect_make_text_file(struct dentry *directory, const char *name,
			    const struct rvdirect_text_file *file);
int rvdirect_make_stream_file(struct dentry *directory, const char *name,
			      const struct rvdirect_stream_file *file);

/*
 * Lets the files be opened, of which there are all now. Before that, nobody can,
 * as an open file keeps no module that fails to load.
 */
void rvdirect_open_directory(void);

/*
 * Removes the directory with its files. After it returns, no function of a file
 * is running, and none but @release will be called.
 */
void rvdirect_remove_directory(struct dentry *directory);

#endif /* RVDIRECT_FILE_H */
