/*
 * tls_version - which versions of TLS a side speaks
 *
 * A list names them, separated by blanks, commas or colons: "TLSv1.2
 * TLSv1.3", or what to leave out: "!TLSv1 !TLSv1.1".  SSLv2 and SSLv3 are
 * known names that are never spoken.
 *
 * Failure    tls_versions_parse(): -1, a word that is no version, or none of
 *            them is left.
 */
#ifndef EVENT_TLS_VERSION_H
#define EVENT_TLS_VERSION_H

#include <stdint.h>

#include "base/str.h"

enum tls_version { TLS_1_0 = 1, TLS_1_1 = 2, TLS_1_2 = 4, TLS_1_3 = 8,
	TLS_ALL = 15 };

/* The bits to go without. */
int		tls_versions_parse(struct str list, unsigned *without);
/* OpenSSL's options that do so. */
uint64_t	tls_versions_options(unsigned without);

#endif
