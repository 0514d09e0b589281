/*
 * uuid - identifiers (RFC 9562)
 *
 * uuid_v4() is random, uuid_v7() is ordered by time.  Both write 36
 * characters and a NUL.
 */
#ifndef BASE_UUID_H
#define BASE_UUID_H

#define UUID_TEXT	37

void	uuid_v4(char out[UUID_TEXT]);
void	uuid_v7(char out[UUID_TEXT]);

#endif
