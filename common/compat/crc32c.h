/*
 * crc32c - the checksum of what lies on disk (Castagnoli, RFC 3720 B.4)
 *
 * By the processor's own instruction where it has one.  A run of bytes may be
 * summed in pieces: the result of one call is the next one's first argument,
 * which is 0 at the start.
 *
 * Process  no I/O; one table is made at the first call.
 */
#ifndef COMPAT_CRC32C_H
#define COMPAT_CRC32C_H

#include <stddef.h>
#include <stdint.h>

uint32_t	crc32c(uint32_t crc, const void *p, size_t n);
/* The same without the processor's help, to be held against it. */
uint32_t	crc32c_portable(uint32_t crc, const void *p, size_t n);

#endif
