// SPDX-License-Identifier: GPL-2.0
/*
 * Waits for a line, then writes a text to a file from each thread of a process, one
 * after the other.
 *
 * usage: threads NUMBER FILE TEXT
 *
 * Needs no library: it is built over the kernel's nolibc.
 */
#include <linux/sched.h>

int main(int argc, char **argv)
{
	/* The thread has no stack of its own: this one waits, as for vfork(2). */
	const unsigned long flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
				    CLONE_THREAD | CLONE_VFORK;
	int number, fd;
	char line[16];

	if (argc != 4)
		return 2;
	number = atoi(argv[1]);
	fd = open(argv[2], O_WRONLY);
	if (fd < 0 || read(0, line, sizeof(line)) <= 0)
		return 1;
	while (--number > 0) {
		long child = syscall(__NR_clone, flags, 0, 0, 0, 0);

		if (child < 0)
			return 1;
		if (!child) {
			write(fd, argv[3], strlen(argv[3]));
			syscall(__NR_exit, 0);
		}
	}
	return write(fd, argv[3], strlen(argv[3])) < 0;
}
