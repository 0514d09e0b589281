/*
 * listening - does a listening socket still do what it was made for?
 *
 * A listening socket is shared by all who inherited it, and each of them can
 * end or spoil it for all: by shutdown(), by connect() to nowhere, by a filter
 * that drops what comes.
 *
 * Process    asks the kernel; changes nothing, accepts nothing.
 */
#ifndef COMPAT_LISTENING_H
#define COMPAT_LISTENING_H

#include <stdbool.h>

/* A connection to it would be accepted, as far as the kernel can tell. */
bool	listening_sound(int fd);
/* Makes it free its address, whoever else still has it open. */
void	listening_end(int fd);

#endif
