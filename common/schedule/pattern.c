/*
 * All but /PCRE/ are keys of one table: texts as they are compared, domains
 * without their "*", networks cut to their length.  The kind of a key tells
 * which of them it is; of networks also the family and the length.  Of each
 * key there is a list of the numbers that it stands for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/net.h"

#include "pattern.h"
#include "pattern_regex.h"

enum { KEY_TEXT = 1, KEY_BELOW, KEY_NETWORK = 256 };

struct pattern_id {
	struct pattern_id	*next;
	uint32_t		 id;
};

struct pattern_key {
	struct hmap_entry	 entry;
	struct pattern_id	 first;		/* id 0: there is none */
};

struct pattern_try {
	struct pattern_regex	*regex;
	struct str		 text;
	uint32_t		 id;
};

/* A pattern or a value as a key. */
struct pattern_form {
	uint32_t	kind;
	struct str	key;
	char		room[PATTERN_VALUE + 1];
};

void
pattern_index_init(struct pattern_index *x, enum pattern_type type)
{
	*x = (struct pattern_index){ .type = type };
	hmap_init(&x->keys);
}

void
pattern_index_fini(struct pattern_index *x)
{
	size_t	i;

	for (i = 0; i < x->try_count; i++)
		pattern_regex_free(&x->tries[i].regex);
	free(x->tries);
	hmap_fini(&x->keys);
	arena_free(&x->arena);
	*x = (struct pattern_index){ .try_count = 0 };
}

struct str
pattern_value(enum pattern_type type, struct str value,
    char out[PATTERN_VALUE + 1])
{
	struct netaddr	a;
	size_t		i;

	if (type == PATTERN_TEXT || value.len > PATTERN_VALUE ||
	    value.len == 0 || value.p[0] == '&')
		return value;		/* &: an id of ours */
	if (type == PATTERN_ADDRESS && netaddr_parse_ip(&a, value, 0) == 0)
		return str_of(netaddr_ip(&a, out, PATTERN_VALUE + 1));
	if (value.len > 1 && value.p[value.len - 1] == '.')
		value.len--;
	for (i = 0; i < value.len; i++)
		out[i] = (char)ascii_lower((unsigned char)value.p[i]);
	out[value.len] = '\0';
	return (struct str){ out, value.len };
}

static bool
pattern_is_regex(struct str pattern)
{
	return pattern.len > 0 && pattern.p[0] == '/';
}

static bool
pattern_is_below(struct str pattern)
{
	return str_prefix(pattern, STR("*."));
}

bool
pattern_is_exact(enum pattern_type type, struct str pattern)
{
	if (type == PATTERN_ADDRESS)
		return memchr(pattern.p, '/', pattern.len) == NULL;
	return !pattern_is_regex(pattern) && !pattern_is_below(pattern);
}

/* ---- Networks ---------------------------------------------------------- */

static void
network_cut(struct netaddr_network *n)
{
	size_t	whole = n->bits / 8;

	if (whole < n->bytes) {
		n->ip[whole] &= (unsigned char)(0xff00 >> n->bits % 8);
		memset(n->ip + whole + 1, 0, n->bytes - whole - 1);
	}
}

static void
network_form(const struct netaddr_network *n, struct pattern_form *f)
{
	f->kind = KEY_NETWORK + (n->bytes == 16 ? 256 : 0) + n->bits;
	memcpy(f->room, n->ip, n->bytes);
	f->key = (struct str){ f->room, n->bytes };
}

/* ---- Keys -------------------------------------------------------------- */

static int
pattern_name_ok(struct str name, struct err *e)
{
	size_t	i;

	for (i = 0; i < name.len; i++)
		if (name.p[i] == '*' || name.p[i] == '/' || name.p[i] == '@' ||
		    (unsigned char)name.p[i] <= ' ')
			return err_set(e, "has a \"%c\"", name.p[i]);
	return name.len > 0 && name.p[0] != '.' ? 0 :
	    err_set(e, "is not a domain");
}

static int
pattern_address_form(struct str pattern, struct pattern_form *f,
    struct err *e)
{
	struct netaddr_network	n;

	if (netaddr_network(&n, pattern) == -1)
		return err_set(e, "is not an address or a network");
	network_cut(&n);
	network_form(&n, f);
	return 0;
}

/* Of what is no /PCRE/.  Nobody writes "*.domain" who means that text. */
static int
pattern_form(enum pattern_type type, struct str pattern,
    struct pattern_form *f, struct err *e)
{
	if (pattern.len == 0 || pattern.len > PATTERN_VALUE)
		return err_set(e, "is not 1 to %d bytes", PATTERN_VALUE);
	if (type == PATTERN_ADDRESS)
		return pattern_address_form(pattern, f, e);
	if (type == PATTERN_TEXT && pattern_is_below(pattern))
		return err_set(e, "is a pattern of names of hosts; of other "
		    "text /\\.domain$/ is one");
	f->kind = KEY_TEXT;
	if (pattern_is_below(pattern)) {
		f->kind = KEY_BELOW;
		pattern = (struct str){ pattern.p + 2, pattern.len - 2 };
	}
	f->key = pattern_value(type, pattern, f->room);
	return type == PATTERN_DOMAIN ? pattern_name_ok(f->key, e) : 0;
}

static struct pattern_key *
pattern_key(const struct pattern_index *x, uint32_t kind, struct str key)
{
	/* Finding may move buckets, but changes nothing that is seen. */
	struct hmap	*map = (struct hmap *)(uintptr_t)&x->keys;

	return (struct pattern_key *)hmap_find(map, kind, key);
}

/* Of the same number once alone. */
static void
pattern_add_key(struct pattern_index *x, const struct pattern_form *f,
    uint32_t id)
{
	struct pattern_key	*k = pattern_key(x, f->kind, f->key);
	struct pattern_id	*more;

	if (k == NULL) {
		k = arena_alloc(&x->arena, sizeof *k);
		k->entry.key = arena_str(&x->arena, f->key).p;
		k->entry.len = (uint32_t)f->key.len;
		k->entry.kind = f->kind;
		k->first.id = id;
		hmap_insert(&x->keys, &k->entry);
		x->count++;
		return;
	}
	for (more = &k->first; more != NULL; more = more->next)
		if (more->id == id)
			return;
	x->count++;
	for (more = &k->first; more != NULL; more = more->next)
		if (more->id == 0) {
			more->id = id;
			return;
		}
	more = arena_alloc(&x->arena, sizeof *more);
	*more = (struct pattern_id){ k->first.next, id };
	k->first.next = more;
}

static int
pattern_add_try(struct pattern_index *x, struct str pattern, uint32_t id,
    struct err *e)
{
	struct pattern_regex	*re;

	if (x->type == PATTERN_ADDRESS)
		return err_set(e, "is not an address or a network");
	if (x->try_count == PATTERN_REGEXES)
		return err_set(e, "is one of more than %d that are /PCRE/",
		    PATTERN_REGEXES);
	re = pattern_regex_new(pattern, x->type == PATTERN_DOMAIN, e);
	if (re == NULL)
		return -1;
	if (x->try_count == x->try_cap) {
		x->try_cap = x->try_cap == 0 ? 16 : x->try_cap * 2;
		x->tries = xreallocarray(x->tries, x->try_cap,
		    sizeof *x->tries);
	}
	x->tries[x->try_count++] = (struct pattern_try){ re,
	    arena_str(&x->arena, pattern), id };
	x->count++;
	return 0;
}

int
pattern_add(struct pattern_index *x, struct str pattern, uint32_t id,
    struct err *e)
{
	struct pattern_form	f;
	unsigned		bits;

	if (pattern_is_regex(pattern)) {
		if (pattern_add_try(x, pattern, id, e) == -1)
			return -1;
	} else {
		if (pattern_form(x->type, pattern, &f, e) == -1)
			return -1;
		if (x->count >= PATTERN_ITEMS)
			return err_set(e, "is one of more than %d",
			    PATTERN_ITEMS);
		pattern_add_key(x, &f, id);
		bits = f.kind - KEY_NETWORK;
		if (f.kind >= KEY_NETWORK)
			x->lengths[bits / 256][bits % 256 / 64] |=
			    UINT64_C(1) << bits % 64;
	}
	return 0;
}

bool
pattern_remove(struct pattern_index *x, struct str pattern, uint32_t id)
{
	struct pattern_form	 f;
	struct pattern_key	*k;
	struct pattern_id	*at;
	size_t			 i;

	for (i = 0; i < x->try_count; i++)
		if (x->tries[i].id == id && str_eq(x->tries[i].text,
		    pattern)) {
			pattern_regex_free(&x->tries[i].regex);
			x->tries[i] = x->tries[--x->try_count];
			x->count--;
			return true;
		}
	if (pattern_is_regex(pattern) ||
	    pattern_form(x->type, pattern, &f, NULL) == -1 ||
	    (k = pattern_key(x, f.kind, f.key)) == NULL)
		return false;
	for (at = &k->first; at != NULL; at = at->next)
		if (at->id == id) {
			at->id = 0;
			x->count--;
			return true;
		}
	return false;
}

/* ---- Values ------------------------------------------------------------ */

static void
pattern_hits(const struct pattern_index *x, uint32_t kind, struct str key,
    void (*hit)(void *arg, uint32_t id), void *arg)
{
	const struct pattern_key	*k = pattern_key(x, kind, key);
	const struct pattern_id		*at;

	for (at = k != NULL ? &k->first : NULL; at != NULL; at = at->next)
		if (at->id != 0)
			hit(arg, at->id);
}

static void
pattern_find_address(const struct pattern_index *x, struct str value,
    void (*hit)(void *arg, uint32_t id), void *arg)
{
	struct netaddr_network	n;
	struct pattern_form	f;
	const uint64_t		*used;
	unsigned		 bits;

	if (memchr(value.p, '/', value.len) != NULL ||
	    netaddr_network(&n, value) == -1)
		return;
	used = x->lengths[n.bytes == 16];
	for (bits = n.bits; bits <= n.bits; bits--) {
		if ((used[bits / 64] >> bits % 64 & 1) == 0)
			continue;
		n.bits = bits;
		network_cut(&n);
		network_form(&n, &f);
		pattern_hits(x, f.kind, f.key, hit, arg);
	}
}

void
pattern_find(const struct pattern_index *x, struct str value,
    void (*hit)(void *arg, uint32_t id), void *arg)
{
	char		room[PATTERN_VALUE + 1];
	struct str	v = pattern_value(x->type, value, room), rest = v;
	size_t		i;

	if (v.len == 0 || v.len > PATTERN_VALUE)
		return;
	if (x->type == PATTERN_ADDRESS) {
		pattern_find_address(x, v, hit, arg);
		return;
	}
	pattern_hits(x, KEY_TEXT, v, hit, arg);
	while (x->type == PATTERN_DOMAIN) {
		(void)str_split(rest, '.', &rest);
		if (rest.p == NULL)
			break;
		pattern_hits(x, KEY_BELOW, rest, hit, arg);
	}
	for (i = 0; i < x->try_count; i++)
		if (pattern_regex_match(x->tries[i].regex, v))
			hit(arg, x->tries[i].id);
}

static void
pattern_noted(void *arg, uint32_t id)
{
	(void)id;
	*(bool *)arg = true;
}

bool
pattern_has(const struct pattern_index *x, struct str value)
{
	bool	has = false;

	pattern_find(x, value, pattern_noted, &has);
	return has;
}

/* ---- Shown --------------------------------------------------------------- */

struct pattern_shown {
	bool	(*fn)(void *arg, struct str pattern);
	void	*arg;
	bool	 over;
};

/* As it would be written; out has room for any. */
static struct str
pattern_text(const struct hmap_entry *e, char out[PATTERN_VALUE + 16])
{
	char			ip[NETADDR_TEXT];
	struct netaddr		a = { .len = 0 };
	struct str		key = { e->key, e->len };
	unsigned		bits;
	int			n;

	if (e->kind == KEY_TEXT)
		return key;
	if (e->kind == KEY_BELOW) {
		n = snprintf(out, PATTERN_VALUE + 16, "*.%.*s", (int)key.len,
		    key.p);
		return (struct str){ out, (size_t)n };
	}
	bits = (e->kind - KEY_NETWORK) % 256;
	if (key.len == 16) {
		a.len = sizeof a.u.in6;
		a.u.in6.sin6_family = AF_INET6;
		memcpy(&a.u.in6.sin6_addr, key.p, key.len);
	} else {
		a.len = sizeof a.u.in4;
		a.u.in4.sin_family = AF_INET;
		memcpy(&a.u.in4.sin_addr, key.p, key.len);
	}
	(void)netaddr_ip(&a, ip, sizeof ip);
	n = bits == key.len * 8 ? snprintf(out, PATTERN_VALUE + 16, "%s", ip) :
	    snprintf(out, PATTERN_VALUE + 16, "%s/%u", ip, bits);
	return (struct str){ out, (size_t)n };
}

static void
pattern_show_key(void *arg, struct hmap_entry *e)
{
	struct pattern_shown		*show = arg;
	const struct pattern_key	*k = (const struct pattern_key *)e;
	char				 out[PATTERN_VALUE + 16];

	if (!show->over && k->first.id != 0)
		show->over = !show->fn(show->arg, pattern_text(e, out));
}

void
pattern_show(struct pattern_index *x,
    bool (*fn)(void *arg, struct str pattern), void *arg)
{
	struct pattern_shown	show = { fn, arg, false };
	size_t			i;

	hmap_walk(&x->keys, x->keys.size, pattern_show_key, &show);
	for (i = 0; i < x->try_count && !show.over; i++)
		show.over = !fn(arg, x->tries[i].text);
}
