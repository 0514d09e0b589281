/*
 * uuid - identifiers (RFC 9562)
 *
 * uuid_v4() is random, uuid_v7() is ordered by time.  Both write 36
 * characters and a NUL; what is kept in numbers takes 16 bytes.
 */
#ifndef BASE_UUID_H
#define BASE_UUID_H

#include <stddef.h>

#define UUID_TEXT	37
#define UUID_SIZE	16

void	uuid_v4(char out[UUID_TEXT]);
void	uuid_v7(char out[UUID_TEXT]);
/* Each is later than all that this process made before. */
void	uuid_v7_bytes(unsigned char out[UUID_SIZE]);
void	uuid_text(const unsigned char b[UUID_SIZE], char out[UUID_TEXT]);
/* 36 characters, letters in any case: 0, or -1. */
int	uuid_parse(const char *p, size_t len, unsigned char out[UUID_SIZE]);

#endif
