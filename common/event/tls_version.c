/*
 * A list is read into two sets, what it names and what it leaves out; versions
 * become the options of OpenSSL that forbid the rest.
 */
#include <openssl/ssl.h>

#include "tls_version.h"

#define TLS_NONE	(TLS_ALL + 1)	/* known, never spoken */

static const struct {
	struct str	name;
	unsigned	bits;
	uint64_t	option;
} versions[] = {
	{ STR("SSLv2"), TLS_NONE, 0 },
	{ STR("SSLv3"), TLS_NONE, 0 },
	{ STR("TLSv1"), TLS_1_0, SSL_OP_NO_TLSv1 },
	{ STR("TLSv1.0"), TLS_1_0, SSL_OP_NO_TLSv1 },
	{ STR("TLSv1.1"), TLS_1_1, SSL_OP_NO_TLSv1_1 },
	{ STR("TLSv1.2"), TLS_1_2, SSL_OP_NO_TLSv1_2 },
	{ STR("TLSv1.3"), TLS_1_3, SSL_OP_NO_TLSv1_3 },
};

#define VERSIONS	(sizeof versions / sizeof versions[0])

static int
versions_word(struct str word, unsigned *with, unsigned *without)
{
	bool	not = word.len > 0 && word.p[0] == '!';
	size_t	i;

	if (not) {
		word.p++;
		word.len--;
	}
	for (i = 0; i < VERSIONS; i++)
		if (str_caseeq(word, versions[i].name)) {
			*(not ? without : with) |= versions[i].bits;
			return 0;
		}
	return -1;
}

int
tls_versions_parse(struct str list, unsigned *without)
{
	unsigned	with = 0, not = 0;
	struct str	word;
	size_t		n;

	while ((list = str_trim(list)).len > 0) {
		for (n = 0; n < list.len && list.p[n] != ',' &&
		    list.p[n] != ' ' && list.p[n] != ':'; n++)
			;
		word = (struct str){ list.p, n };
		n += n < list.len;
		list.p += n;
		list.len -= n;
		if (word.len > 0 && versions_word(word, &with, &not) == -1)
			return -1;
	}
	*without = ((with != 0 ? ~with : 0) | not) & TLS_ALL;
	return *without == TLS_ALL ? -1 : 0;
}

uint64_t
tls_versions_options(unsigned without)
{
	uint64_t	options = 0;
	size_t		i;

	for (i = 0; i < VERSIONS; i++)
		if ((without & versions[i].bits) != 0)
			options |= versions[i].option;
	return options;
}
