/*
 * All strings of a backend stand in one table, so that its copy and its key
 * forget none.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/wire.h"

#include "backend.h"

/* All its strings, in one order. */
#define BACKEND_STRINGS(X, s)						\
	X((s)->host) X((s)->helo) X((s)->tls_sni) X((s)->tls_name)	\
	X((s)->tls_ciphers) X((s)->tls_client_cert) X((s)->username)	\
	X((s)->password) X((s)->source_id)

#define BACKEND_NAMED	9
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

static void
key_add_bytes(struct buf *out, struct str s)
{
	wire_put_uint(out, s.len, 4);
	buf_add_str(out, s);
}

/* A sockaddr has padding, so only what counts is written. */
static void
key_add_address(struct buf *out, const struct netaddr *a)
{
	struct str	bytes = STR_NONE;

	wire_put_uint(out, a->len == 0 ? 0 : a->u.sa.sa_family, 2);
	if (a->len == 0)
		return;
	if (a->u.sa.sa_family == AF_INET)
		bytes = (struct str){ (const char *)&a->u.in4.sin_addr,
		    sizeof a->u.in4.sin_addr };
	else if (a->u.sa.sa_family == AF_INET6)
		bytes = (struct str){ (const char *)&a->u.in6.sin6_addr,
		    sizeof a->u.in6.sin6_addr };
	else if (a->u.sa.sa_family == AF_UNIX)
		bytes = str_of(a->u.un.sun_path);
	key_add_bytes(out, bytes);
}

void
send_backend_key(const struct send_backend *s, struct buf *out)
{
	const struct str	*strings[BACKEND_STRS];
	unsigned		 switches;
	size_t			 i;

	switches = s->lmtp | (unsigned)s->nonlocal << 1 |
	    (unsigned)s->tls_no_sni << 2 | (unsigned)s->tls_any_name << 3 |
	    (unsigned)s->tls_own_ca << 4 | (unsigned)s->xclient << 5;
	wire_put_uint(out, s->port, 2);
	wire_put_uint(out, switches, 1);
	wire_put_uint(out, s->tls, 1);
	wire_put_uint(out, s->tls_without, 4);
	key_add_address(out, &s->address);
	key_add_address(out, &s->source4);
	key_add_address(out, &s->source6);
	backend_strings(s, strings);
	for (i = 0; i < BACKEND_STRS; i++)
		if (strings[i]->len != 0) {
			wire_put_uint(out, i, 1);
			key_add_bytes(out, *strings[i]);
		}
}

const struct netaddr *
send_backend_source(const struct send_backend *s, const struct netaddr *to,
    bool *barred)
{
	const struct netaddr	*from;

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

void
send_backend_free(struct send_backend **sp)
{
	struct send_backend	*s = *sp;

	if (s == NULL)
		return;
	*sp = NULL;
	if (s->password.len > 0)
		explicit_bzero((char *)(uintptr_t)s->password.p,
		    s->password.len);
	free(s);
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
