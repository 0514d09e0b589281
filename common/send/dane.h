/*
 * dane - what DNS says of a host's certificate (RFC 7672)
 *
 *	[addresses] -> [TLSA of where the name's CNAMEs lead] -> answer
 *	     |                     ^        | there is none        ^
 *	     |                     |        v                      |
 *	     `-> [CNAME] ----------'     [TLSA of the name] -------'
 *
 * The addresses are asked for to learn whether DNSSEC vouches for them; where
 * it does not, there is nothing to be obeyed and no TLSA question.  Only if
 * the name is an alias that DNSSEC vouches for, which leads to where it does
 * not, does the name alone count (2.2.2).
 *
 * Ownership  dane_ask() gives, dane_free() takes, also inside the call back
 *            and with questions open.  An answer holds until dane_free().
 * Failure    the answer's.
 * Process    the call back comes once, never inside dane_ask().
 */
#ifndef SEND_DANE_H
#define SEND_DANE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "dns/dns.h"

enum dane_found {
	DANE_NONE,		/* no records, or none that DNSSEC vouches
				 * for */
	DANE_UNUSABLE,		/* records, but none that mail can use */
	DANE_USABLE,
	DANE_NO_ADDRESS,	/* the host has none: see `address` */
	DANE_FAILED,		/* what there is can't be known now */
	DANE_FOUND_MAX
};

struct dane_answer {
	enum dane_found	 found;
	bool		 asked;		/* TLSA records were */
	enum dns_status	 address;
	const char	*why;		/* of NO_ADDRESS and FAILED */
	struct str	 base;		/* whose records these are; a NUL
					 * follows */
	struct str	 records;	/* all of them: tls_dane.h */
};

struct dane;

typedef void	dane_fn(void *arg, const struct dane_answer *a);

struct dane	*dane_ask(struct dns *dns, struct str host, uint16_t port,
		    dane_fn *fn, void *arg);
const struct dane_answer *dane_answer(const struct dane *d);
void		 dane_free(struct dane **d);

#endif
