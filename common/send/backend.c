#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "backend.h"

/* All its strings, in one order: for comparing and copying. */
#define BACKEND_STRINGS(X, s)						\
	X((s)->host) X((s)->helo) X((s)->tls_sni) X((s)->tls_name)	\
	X((s)->tls_ciphers) X((s)->tls_client_cert) X((s)->username)	\
	X((s)->password)

#define BACKEND_NAMED	8
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

bool
send_backend_same(const struct send_backend *a, const struct send_backend *b)
{
	const struct str	*as[BACKEND_STRS], *bs[BACKEND_STRS];
	size_t			 i;

	if (a->port != b->port || a->lmtp != b->lmtp ||
	    a->nonlocal != b->nonlocal || a->tls != b->tls ||
	    a->tls_no_sni != b->tls_no_sni ||
	    a->tls_any_name != b->tls_any_name ||
	    a->tls_own_ca != b->tls_own_ca ||
	    a->tls_without != b->tls_without || a->xclient != b->xclient ||
	    !netaddr_eq(&a->source4, &b->source4) ||
	    !netaddr_eq(&a->source6, &b->source6))
		return false;
	backend_strings(a, as);
	backend_strings(b, bs);
	for (i = 0; i < BACKEND_STRS; i++)
		if (!str_eq(*as[i], *bs[i]))
			return false;
	return true;
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
