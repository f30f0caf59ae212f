// SPDX-License-Identifier: GPL-2.0
/*
 * Files in debugfs, over seq_file where they show a text.
 *
 * An open file holds the module, by the owner in its file_operations. debugfs
 * also keeps everybody from using a file that is being removed.
 */
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "file.h"

int rvdirect_text_add(struct rvdirect_text *text, const char *bytes, size_t length)
{
	size_t size;
	char *larger;

	if (text->size - text->length < length) {
		size = max(text->length + length, max(2 * text->size, PAGE_SIZE));
		/* No warning: the reader gets the error. */
		larger = kvrealloc(text->bytes, size, GFP_KERNEL | __GFP_NOWARN);
		if (!larger)
			return -ENOMEM;
		text->bytes = larger;
		text->size = size;
	}
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
	return 0;
}

static void drop_text(struct rvdirect_text *text)
{
	kvfree(text->bytes);
	memset(text, 0, sizeof(*text));
}

/* The whole of one write, or its error as a negative length. */
struct written {
	char *bytes;
	ssize_t length;
	/* Lets a short command, such as a detach, do without an allocation. */
	char room[64];
};

static void get_written(struct written *written, const char __user *from, size_t length)
{
	written->bytes = NULL;
	written->length = length;
	if (length > RVDIRECT_MAX_WRITE) {
		written->length = -E2BIG;
	} else if (length <= sizeof(written->room)) {
		if (copy_from_user(written->room, from, length))
			written->length = -EFAULT;
		else
			written->bytes = written->room;
	} else {
		written->bytes = vmemdup_user(from, length);
		if (IS_ERR(written->bytes)) {
			written->length = PTR_ERR(written->bytes);
			written->bytes = NULL;
		}
	}
}

static void put_written(struct written *written)
{
	if (written->bytes != written->room)
		kvfree(written->bytes);
}

/* The private data of one open text file. */
struct reader {
	const struct rvdirect_text_file *file;
	struct rvdirect_text text;
};

/* How much seq_file takes at once: a page, less a byte that it keeps free. */
#define PART	(PAGE_SIZE - 1)

static void *part_at(struct reader *reader, loff_t part)
{
	return part * PART < reader->text.length ? reader->text.bytes + part * PART : NULL;
}

/* seq_file asks for the first part once per reading: the text is made then. */
static void *text_start(struct seq_file *m, loff_t *part)
{
	struct reader *reader = m->private;
	int ret;

	if (!*part) {
		reader->text.length = 0;
		ret = reader->file->show(reader->file, &reader->text);
		if (ret)
			return ERR_PTR(ret);
	}
	return part_at(reader, *part);
}

static void *text_next(struct seq_file *m, void *bytes, loff_t *part)
{
	return part_at(m->private, ++*part);
}

static int text_show(struct seq_file *m, void *bytes)
{
	struct reader *reader = m->private;
	size_t left = reader->text.bytes + reader->text.length - (char *)bytes;

	return seq_write(m, bytes, min(left, PART));
}

static void text_stop(struct seq_file *m, void *bytes)
{
}

static const struct seq_operations text_seq_ops = {
	.start = text_start,
	.next = text_next,
	.show = text_show,
	.stop = text_stop,
};

/* Whether all files exist. Until then, making them can fail, and the module with it. */
static bool is_open;

static int text_open(struct inode *inode, struct file *file)
{
	const struct rvdirect_text_file *what = inode->i_private;
	struct reader *reader;

	if (!READ_ONCE(is_open))
		return -ENODEV;
	/* Root may open a file whatever its mode says. */
	if (((file->f_mode & FMODE_READ) && !what->show) ||
	    ((file->f_mode & FMODE_WRITE) && !what->write))
		return -EACCES;
	if (!(file->f_mode & FMODE_READ))
		return 0;
	reader = __seq_open_private(file, &text_seq_ops, sizeof(*reader));
	if (!reader)
		return -ENOMEM;
	reader->file = what;
	return 0;
}

/* Ignores the position: each write is a set of commands by itself. */
static ssize_t text_write(struct file *file, const char __user *from, size_t length, loff_t *pos)
{
	const struct rvdirect_text_file *what = file_inode(file)->i_private;
	struct written written;
	int ret;

	get_written(&written, from, length);
	ret = what->write(what, written.bytes, written.length);
	put_written(&written);
	return ret ?: length;
}

/* As the files of tracefs do it: without reading, there is no position. */
static loff_t text_llseek(struct file *file, loff_t offset, int whence)
{
	return file->f_mode & FMODE_READ ? seq_lseek(file, offset, whence) : 0;
}

static int text_release(struct inode *inode, struct file *file)
{
	struct reader *reader;

	if (!(file->f_mode & FMODE_READ))
		return 0;
	reader = ((struct seq_file *)file->private_data)->private;
	drop_text(&reader->text);
	return seq_release_private(inode, file);
}

static const struct file_operations text_fops = {
	.owner = THIS_MODULE,
	.open = text_open,
	.read = seq_read,
	.write = text_write,
	.llseek = text_llseek,
	.release = text_release,
};

/* The private data of one open stream file. */
struct stream {
	const struct rvdirect_stream_file *file;
	/* Of @file, which may be gone when the last reference goes. */
	void (*release)(void *state);
	void *state;
	/* Protects the members below. */
	struct mutex lock;
	struct rvdirect_text answer;
	loff_t read;
};

static int stream_file_open(struct inode *inode, struct file *file)
{
	const struct rvdirect_stream_file *what = inode->i_private;
	struct stream *stream = kzalloc(sizeof(*stream), GFP_KERNEL);
	int ret;

	if (!stream)
		return -ENOMEM;
	ret = READ_ONCE(is_open) ? what->open(what->context, &stream->state) : -ENODEV;
	if (ret) {
		kfree(stream);
		return ret;
	}
	stream->file = what;
	stream->release = what->release;
	mutex_init(&stream->lock);
	file->private_data = stream;
	return stream_open(inode, file);
}

/* Replaces the last answer, even if a part of it was not read. */
static ssize_t stream_write(struct file *file, const char __user *from, size_t length, loff_t *pos)
{
	struct stream *stream = file->private_data;
	struct rvdirect_text answer = {};
	struct written written;
	int ret;

	get_written(&written, from, length);
	ret = stream->file->write(stream->state, written.bytes, written.length, &answer);
	put_written(&written);

	mutex_lock(&stream->lock);
	swap(stream->answer, answer);
	stream->read = 0;
	mutex_unlock(&stream->lock);
	drop_text(&answer);
	return ret ?: length;
}

static ssize_t stream_read(struct file *file, char __user *to, size_t length, loff_t *pos)
{
	struct stream *stream = file->private_data;
	ssize_t ret;

	mutex_lock(&stream->lock);
	ret = simple_read_from_buffer(to, length, &stream->read, stream->answer.bytes,
				      stream->answer.length);
	mutex_unlock(&stream->lock);
	return ret;
}

static int stream_release(struct inode *inode, struct file *file)
{
	struct stream *stream = file->private_data;

	stream->release(stream->state);
	drop_text(&stream->answer);
	kfree(stream);
	return 0;
}

static const struct file_operations stream_fops = {
	.owner = THIS_MODULE,
	.open = stream_file_open,
	.read = stream_read,
	.write = stream_write,
	.release = stream_release,
};

struct dentry *rvdirect_make_directory(const char *name)
{
	return debugfs_create_dir(name, NULL);
}

int rvdirect_make_text_file(struct dentry *directory, const char *name,
			    const struct rvdirect_text_file *file)
{
	umode_t mode = (file->show ? 0400 : 0) | (file->write ? 0200 : 0);

	return PTR_ERR_OR_ZERO(debugfs_create_file(name, mode, directory, (void *)file,
						   &text_fops));
}

int rvdirect_make_stream_file(struct dentry *directory, const char *name,
			      const struct rvdirect_stream_file *file)
{
	return PTR_ERR_OR_ZERO(debugfs_create_file(name, 0600, directory, (void *)file,
						   &stream_fops));
}

void rvdirect_open_directory(void)
{
	WRITE_ONCE(is_open, true);
}

void rvdirect_remove_directory(struct dentry *directory)
{
	debugfs_remove(directory);
}
