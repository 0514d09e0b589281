/*
 * file - files that tests read: pages, and scripts with what they give
 *
 * Ownership  what is read is appended to the caller's buf.
 * Failure    file_read(): false; file_each() ends the program.
 */
#ifndef TESTS_FILE_H
#define TESTS_FILE_H

#include <stdbool.h>

#include "base/buf.h"

bool	file_read(const char *path, struct buf *out);
bool	file_is(const char *path, const char *end);
/* Every file of a folder and of those in it, by name. */
void	file_each(const char *folder, void (*fn)(void *arg, const char *path),
	    void *arg);

#endif
