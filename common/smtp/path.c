/*
 * Reading a path is one pass from the left: '<', route, localpart (dot-string
 * or quoted), '@', domain, '>'.  A cursor walks the text; each step takes what
 * is its own.
 */
#include "base/net.h"

#include "path.h"

static const struct smtp_leniency	path_strict = { .bare = false };

static bool
path_isctl(unsigned char c)
{
	return c < 0x20 || c == 0x7f;
}

/* RFC 5321 atext and, from RFC 6531, every byte of a UTF-8 character. */
static bool
path_isatext(unsigned char c)
{
	switch (c) {
	case '!': case '#': case '$': case '%': case '&': case '\'':
	case '*': case '+': case '-': case '/': case '=': case '?':
	case '^': case '_': case '`': case '{': case '|': case '}':
	case '~':
		return true;
	default:
		return c > 0x7f || ascii_isalnum(c);
	}
}

static void
path_skip(struct str *s, size_t n)
{
	s->p += n;
	s->len -= n;
}

static bool
path_take(struct str *s, char c)
{
	if (s->len == 0 || s->p[0] != c)
		return false;
	path_skip(s, 1);
	return true;
}

static bool
path_is_dotstring(struct str s)
{
	bool	atom = false;
	size_t	i;

	for (i = 0; i < s.len; i++) {
		if (s.p[i] == '.') {
			if (!atom)
				return false;
			atom = false;
		} else if (path_isatext((unsigned char)s.p[i]))
			atom = true;
		else
			return false;
	}
	return atom;
}

/* ---- Domains ----------------------------------------------------------- */

static bool
path_label_ok(struct str label)
{
	size_t	i;

	if (label.len == 0 || label.len > 63)
		return false;
	if (label.p[0] == '-' || label.p[label.len - 1] == '-')
		return false;
	for (i = 0; i < label.len; i++) {
		unsigned char	c = (unsigned char)label.p[i];

		/* '_' is no letter of a host name, but mail has it. */
		if (!ascii_isalnum(c) && c != '-' && c != '_' && c < 0x80)
			return false;
	}
	return true;
}

static bool
path_literal_ok(struct str s)
{
	struct netaddr	addr;
	bool		v6;

	if (s.len < 3 || s.p[s.len - 1] != ']')
		return false;
	s = (struct str){ s.p + 1, s.len - 2 };
	v6 = str_caseprefix(s, STR("IPv6:"));
	if (v6)
		path_skip(&s, 5);
	return netaddr_parse_ip(&addr, s, 0) == 0 && s.p[0] != '[' &&
	    (addr.u.sa.sa_family == AF_INET6) == v6;
}

bool
smtp_domain_ok(struct str domain)
{
	struct str	label, rest = domain;

	if (domain.len == 0 || domain.len > SMTP_DOMAIN_MAX)
		return false;
	if (domain.p[0] == '[')
		return path_literal_ok(domain);
	if (domain.p[domain.len - 1] == '.' || !utf8_valid(domain))
		return false;
	while (rest.len != 0) {
		label = str_split(rest, '.', &rest);
		if (!path_label_ok(label))
			return false;
	}
	return true;
}

/* What may be a domain, up to where it must end. */
static int
path_take_domain(struct str *s, const char *ends, bool final_dot,
    struct str *domain)
{
	size_t		 n;
	const char	*e;

	for (n = 0; n < s->len; n++) {
		for (e = ends; *e != '\0' && *e != s->p[n]; e++)
			continue;
		/* ':' and ',' end a hop of a route, but not a literal. */
		if (*e != '\0' && (s->p[0] != '[' || s->p[n - 1] == ']'))
			break;
	}
	*domain = (struct str){ s->p, n };
	path_skip(s, n);
	if (final_dot && n > 1 && domain->p[n - 1] == '.')
		domain->len--;
	return smtp_domain_ok(*domain) ? 0 : -1;
}

/* ---- Localparts -------------------------------------------------------- */

static int
path_take_dotstring(struct str *s, struct str *local)
{
	size_t	n = 0;

	while (n < s->len && (s->p[n] == '.' ||
	    path_isatext((unsigned char)s->p[n])))
		n++;
	*local = (struct str){ s->p, n };
	path_skip(s, n);
	return path_is_dotstring(*local) ? 0 : -1;
}

static int
path_take_quoted(struct str *s, struct arena *a, struct str *local)
{
	char	*out = arena_alloc(a, SMTP_LOCALPART_MAX);
	size_t	 n = 0;
	char	 c;

	path_skip(s, 1);
	while (s->len != 0 && s->p[0] != '"') {
		c = s->p[0];
		if (c == '\\') {
			path_skip(s, 1);
			if (s->len == 0)
				return -1;
			c = s->p[0];
		}
		if (path_isctl((unsigned char)c) || n == SMTP_LOCALPART_MAX)
			return -1;
		out[n++] = c;
		path_skip(s, 1);
	}
	*local = (struct str){ out, n };
	return path_take(s, '"') ? 0 : -1;
}

static int
path_take_local(struct str *s, struct arena *a, struct str *local)
{
	int	rc;

	if (s->len != 0 && s->p[0] == '"')
		rc = path_take_quoted(s, a, local);
	else
		rc = path_take_dotstring(s, local);
	if (rc == -1 || local->len > SMTP_LOCALPART_MAX || !utf8_valid(*local))
		return -1;
	return 0;
}

/* ---- Paths ------------------------------------------------------------- */

/* "@a,@b:" before the mailbox: must be accepted, should be ignored. */
static int
path_take_route(struct str *s, const struct smtp_leniency *l)
{
	struct str	hop;

	if (s->len == 0 || s->p[0] != '@')
		return 0;
	while (path_take(s, '@')) {
		if (path_take_domain(s, ",:", l->final_dot, &hop) == -1)
			return -1;
		if (path_take(s, ':'))
			return 0;
		if (!path_take(s, ','))
			return -1;
	}
	return -1;
}

/* local@domain up to `end`, or local alone. */
static int
path_take_mailbox(struct smtp_path *p, struct str *s, const char *end,
    const struct smtp_leniency *l, struct arena *a)
{
	if (path_take_local(s, a, &p->localpart) == -1)
		return -1;
	if (path_take(s, '@') &&
	    path_take_domain(s, end, l->final_dot, &p->domain) == -1)
		return -1;
	p->utf8 = !str_is_ascii(p->localpart) || !str_is_ascii(p->domain);
	return 0;
}

/* Only a postmaster who gets mail has an address without a domain. */
static int
path_complete(struct smtp_path *p, enum smtp_path_kind kind,
    const struct smtp_leniency *l)
{
	if (p->domain.len != 0 || (kind == SMTP_PATH_FORWARD &&
	    str_caseeq(p->localpart, STR("postmaster"))))
		return 0;
	p->domain = l->domain;
	return p->domain.len != 0 ? 0 : -1;
}

/* A path without brackets ends at the blank before its parameters. */
static int
path_parse_bare(struct smtp_path *p, struct str *s, enum smtp_path_kind kind,
    const struct smtp_leniency *l, struct arena *a)
{
	if (path_take_mailbox(p, s, " ", l, a) == -1 ||
	    (s->len != 0 && s->p[0] != ' '))
		return -1;
	return path_complete(p, kind, l);
}

int
smtp_path_parse(struct smtp_path *p, struct str s, enum smtp_path_kind kind,
    const struct smtp_leniency *l, struct arena *a, struct str *rest)
{
	int	rc = 0;

	*p = (struct smtp_path){ .null = false };
	l = l != NULL ? l : &path_strict;
	if (!path_take(&s, '<'))
		rc = l->bare ? path_parse_bare(p, &s, kind, l, a) : -1;
	else if (kind == SMTP_PATH_REVERSE && path_take(&s, '>'))
		p->null = true;
	else if (path_take_route(&s, l) == -1 ||
	    path_take_mailbox(p, &s, ">", l, a) == -1 ||
	    path_complete(p, kind, l) == -1 || !path_take(&s, '>'))
		rc = -1;
	*rest = s;
	return rc;
}

int
smtp_address_parse(struct smtp_path *p, struct str s, struct arena *a)
{
	*p = (struct smtp_path){ .null = s.len == 0 };
	if (p->null)
		return 0;
	if (path_take_mailbox(p, &s, ">", &path_strict, a) == -1 ||
	    s.len != 0)
		return -1;
	return path_complete(p, SMTP_PATH_FORWARD, &path_strict);
}

int
smtp_path_set(struct smtp_path *p, struct str localpart, struct str domain)
{
	size_t	i;

	*p = (struct smtp_path){ .localpart = localpart, .domain = domain };
	p->null = localpart.len == 0 && domain.len == 0;
	if (p->null)
		return 0;
	if (localpart.len > SMTP_LOCALPART_MAX || !utf8_valid(localpart))
		return -1;
	for (i = 0; i < localpart.len; i++)
		if (path_isctl((unsigned char)localpart.p[i]))
			return -1;
	if (domain.len == 0) {
		if (!str_caseeq(localpart, STR("postmaster")))
			return -1;
	} else if (!smtp_domain_ok(domain))
		return -1;
	p->utf8 = !str_is_ascii(localpart) || !str_is_ascii(domain);
	return 0;
}

/* ---- Writing ----------------------------------------------------------- */

static void
path_add_quoted(struct buf *out, struct str s)
{
	size_t	i;

	buf_add_byte(out, '"');
	for (i = 0; i < s.len; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_add_byte(out, '\\');
		buf_add_byte(out, s.p[i]);
	}
	buf_add_byte(out, '"');
}

void
smtp_path_add(struct buf *out, const struct smtp_path *p)
{
	if (p->null)
		return;
	if (path_is_dotstring(p->localpart))
		buf_add_str(out, p->localpart);
	else
		path_add_quoted(out, p->localpart);
	if (p->domain.len != 0) {
		buf_add_byte(out, '@');
		buf_add_str(out, p->domain);
	}
}

void
smtp_path_add_lower(struct buf *out, const struct smtp_path *p)
{
	size_t	i, from = out->len;

	smtp_path_add(out, p);
	for (i = from; i < out->len; i++)
		buf_data(out)[i] =
		    (char)ascii_lower((unsigned char)buf_data(out)[i]);
}
