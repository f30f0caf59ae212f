/* SPDX-License-Identifier: GPL-2.0 */
/* Files in debugfs, for Rust to fill: see src/abstraction/file.rs. */
#ifndef RVDIRECT_FILE_H
#define RVDIRECT_FILE_H

#include <linux/types.h>

struct dentry;

/* Text that grows. All zeros is an empty one. */
struct rvdirect_text {
	char *bytes;
	size_t length;
	size_t size;
};

/* Adds to its end. Returns 0 or -ENOMEM, and then nothing is added. */
int rvdirect_text_add(struct rvdirect_text *text, const char *bytes, size_t length);

/*
 * The most bytes that a write may have. A longer one is -E2BIG for the functions
 * below.
 */
#define RVDIRECT_MAX_WRITE	65536

/**
 * struct rvdirect_text_file - a file that shows a text, or takes one, or both
 * @context: for the functions
 * @what: the same
 * @show: adds what a reader gets to @text. Returns 0, or the error that the reader
 *	gets instead
 * @write: takes all that one write has, or a negative @length, which is the error
 *	by which it could not be had; then @bytes is NULL. Returns 0, or the error
 *	that the writer gets
 *
 * Who may read has @show, and who may write has @write, or else it is NULL. Both
 * may sleep.
 */
struct rvdirect_text_file {
	const void *context;
	const void *what;
	int (*show)(const struct rvdirect_text_file *file, struct rvdirect_text *text);
	int (*write)(const struct rvdirect_text_file *file, const char *bytes, ssize_t length);
};

/**
 * struct rvdirect_stream_file - a file of which each open one has a state
 * @context: for @open
 * @open: makes the state. Returns 0, or the error that the opener gets
 * @write: as above; and what it adds to @answer is what is read next
 * @release: ends the state, when nobody has the file open any more
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

/* Make a file in it. @file must stay as it is until the directory is removed. */
int rvdirect_make_text_file(struct dentry *directory, const char *name,
			    const struct rvdirect_text_file *file);
int rvdirect_make_stream_file(struct dentry *directory, const char *name,
			      const struct rvdirect_stream_file *file);

/*
 * Removes the directory with its files. When it returns, no function of a file is
 * running, nor will one be called, but for @release.
 */
void rvdirect_remove_directory(struct dentry *directory);

#endif /* RVDIRECT_FILE_H */
