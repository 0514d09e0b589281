/*
 * All strings of a backend stand in one table, so that its copy and its key
 * forget none.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "backend.h"

/* All its strings, in one order. */
#define BACKEND_STRINGS(X, s)						\
	X((s)->host) X((s)->helo) X((s)->tls_sni) X((s)->tls_name)	\
	X((s)->tls_ciphers) X((s)->tls_client_cert) X((s)->username)	\
	X((s)->password) X((s)->token) X((s)->source_id)		\
	X((s)->dane_base) X((s)->dane_records) X((s)->dane_names)	\
	X((s)->proxy.host)

#define BACKEND_NAMED	14
#define BACKEND_STRS	(BACKEND_NAMED + SMTP_XCLIENT_COUNT)

static void
backend_strings(const struct send_backend *s,
    const struct str *out[BACKEND_STRS])
{
	size_t	n = 0, i;

#define X(field)	out[n++] = &(field);
	BACKEND_STRINGS(X, s)
#undef X
	for (i = 0; i < SMTP_XCLIENT_COUNT; i++)
		out[n++] = &s->xclient_values[i];
}

/* A key is made for each message, so its room is reserved once. */
struct key_writer {
	char	*at;
};

static void
key_put(struct key_writer *k, const void *p, size_t n)
{
	if (n != 0)
		memcpy(k->at, p, n);
	k->at += n;
}

/* Its length first, so that no two lists of texts look alike. */
static void
key_put_text(struct key_writer *k, struct str s)
{
	uint32_t	len = (uint32_t)s.len;

	key_put(k, &len, sizeof len);
	key_put(k, s.p, s.len);
}

/* A sockaddr has padding, so only what counts is written. */
static void
key_put_address(struct key_writer *k, const struct netaddr *a)
{
	unsigned char	family = a->len == 0 ? 0 :
			    (unsigned char)a->u.sa.sa_family;

	key_put(k, &family, 1);
	if (a->len == 0)
		return;
	if (a->u.sa.sa_family == AF_INET)
		key_put(k, &a->u.in4.sin_addr, sizeof a->u.in4.sin_addr);
	else if (a->u.sa.sa_family == AF_INET6)
		key_put(k, &a->u.in6.sin6_addr, sizeof a->u.in6.sin6_addr);
	else
		key_put_text(k, str_of(a->u.un.sun_path));
}

/* The numbers and switches of a backend, without padding. */
static void
key_put_numbers(struct key_writer *k, const struct send_backend *s)
{
	const uint32_t	numbers[] = { s->port, s->tls, s->tls_without,
			    s->proxy.kind, s->proxy.port };
	const bool	switches[] = { s->lmtp, s->nonlocal, s->tls_no_sni,
			    s->tls_any_name, s->tls_own_ca, s->xclient };

	key_put(k, &s->scope, sizeof s->scope);
	key_put(k, numbers, sizeof numbers);
	key_put(k, switches, sizeof switches);
}

#define KEY_FIXED	(64 + 3 * sizeof(struct netaddr))

void
send_backend_key(const struct send_backend *s, struct buf *out)
{
	const struct str	*strings[BACKEND_STRS];
	struct key_writer	 k;
	char			*start;
	size_t			 i, size = KEY_FIXED;

	backend_strings(s, strings);
	for (i = 0; i < BACKEND_STRS; i++)
		size += sizeof(uint32_t) + strings[i]->len;
	k.at = start = buf_reserve(out, size);
	key_put_numbers(&k, s);
	key_put_address(&k, &s->address);
	key_put_address(&k, &s->source4);
	key_put_address(&k, &s->source6);
	for (i = 0; i < BACKEND_NAMED; i++)
		key_put_text(&k, *strings[i]);
	for (; s->xclient && i < BACKEND_STRS; i++)
		key_put_text(&k, *strings[i]);
	buf_added(out, (size_t)(k.at - start));
}

const struct netaddr *
send_backend_source(const struct send_backend *s, const struct netaddr *to,
    bool *barred)
{
	const struct netaddr	*from;

	*barred = false;
	if (to->u.sa.sa_family == AF_UNIX)
		return NULL;
	from = to->u.sa.sa_family == AF_INET6 ? &s->source6 : &s->source4;
	*barred = from->len == 0 &&
	    (s->source4.len != 0 || s->source6.len != 0);
	return from->len != 0 ? from : NULL;
}

/* One block holds it all; each string ends in a NUL. */
struct send_backend *
send_backend_copy(const struct send_backend *s)
{
	const struct str	*from[BACKEND_STRS], *to[BACKEND_STRS];
	struct send_backend	*copy;
	size_t			 i, size = sizeof *copy;
	char			*at;

	backend_strings(s, from);
	for (i = 0; i < BACKEND_STRS; i++)
		size += from[i]->len + 1;
	copy = xmalloc(size);
	*copy = *s;
	backend_strings(copy, to);
	at = (char *)(copy + 1);
	for (i = 0; i < BACKEND_STRS; i++) {
		if (from[i]->len > 0)
			memcpy(at, from[i]->p, from[i]->len);
		at[from[i]->len] = '\0';
		((struct str *)(uintptr_t)to[i])->p = at;
		at += from[i]->len + 1;
	}
	return copy;
}

static void
backend_wipe(struct str secret)
{
	if (secret.len > 0)
		explicit_bzero((char *)(uintptr_t)secret.p, secret.len);
}

void
send_backend_free(struct send_backend **sp)
{
	struct send_backend	*s = *sp;

	if (s == NULL)
		return;
	*sp = NULL;
	backend_wipe(s->password);
	backend_wipe(s->token);
	free(s);
}

/* ---- Modes of TLS ------------------------------------------------------ */

int
send_tls_find(struct str word, enum send_tls *mode)
{
	static const char *const	words[] = {
#define SEND_TLS_WORD(id, text)	[SEND_TLS_##id] = text,
		SEND_TLS_MODES(SEND_TLS_WORD)
#undef SEND_TLS_WORD
	};
	size_t				i;

	for (i = 0; i < sizeof words / sizeof words[0]; i++)
		if (str_eq(word, str_of(words[i]))) {
			*mode = (enum send_tls)i;
			return 0;
		}
	return -1;
}

/* ---- Named source addresses -------------------------------------------- */

static int
source_read(struct str item, struct str *id, struct netaddr *a)
{
	struct str	ip;

	*id = str_split(item, '=', &ip);
	return id->len != 0 && ip.len != 0 ? netaddr_parse_ip(a, ip, 0) : -1;
}

int
send_sources_check(const char *list, struct str *bad)
{
	struct str	rest = str_of(list), id;
	struct netaddr	a;

	while ((rest = str_trim(rest)).len > 0) {
		*bad = str_split(rest, ' ', &rest);
		if (source_read(*bad, &id, &a) == -1)
			return -1;
	}
	return 0;
}

int
send_source_find(const char *list, struct str id, struct netaddr *a)
{
	struct str	rest = str_of(list), name;

	while ((rest = str_trim(rest)).len > 0)
		if (source_read(str_split(rest, ' ', &rest), &name, a) == 0 &&
		    str_eq(name, id))
			return 0;
	return -1;
}
