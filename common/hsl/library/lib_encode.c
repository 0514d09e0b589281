/*
 * Bytes as text: base64, base32, percent and plus encoding.  Decoders of the
 * base family never fail: they skip what they do not know.
 */
#include "base/xtext.h"

#include "hsl/library/lib.h"

static const char	base64_plain[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char	base64_url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char	base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/* Groups of `bits` bits, padded with "=" to a multiple of `unit` digits. */
static enum hsl_rc
base_encode(struct hsl_call *c, const char *digits, int bits, size_t unit)
{
	struct hsl_string	*out;
	struct str		 s;
	size_t			 len, n = 0;
	uint32_t		 acc = 0;
	int			 have = 0;

	if (!hsl_arg_text(c, 0, &s) || !hsl_charge(c->x, s.len / 8))
		return HSL_THROW;
	len = (s.len * 8 + (size_t)bits - 1) / (size_t)bits;
	len = unit > 1 ? (len + unit - 1) / unit * unit : len;
	if ((out = vstr_alloc(c->x, len)) == NULL)
		return HSL_THROW;
	for (size_t i = 0; i < s.len; i++) {
		acc = acc << 8 | (unsigned char)s.p[i];
		for (have += 8; have >= bits; have -= bits)
			out->data[n++] = digits[acc >> (have - bits) &
			    ((1u << bits) - 1)];
	}
	if (have > 0)
		out->data[n++] = digits[acc << (bits - have) &
		    ((1u << bits) - 1)];
	while (n < len)
		out->data[n++] = '=';
	*c->ret = vstr_value(out);
	return HSL_OK;
}

static enum hsl_rc
base_decode(struct hsl_call *c, const char *digits, int bits, bool fold)
{
	struct hsl_string	*out;
	const char		*d;
	struct str		 s;
	size_t			 n = 0;
	uint32_t		 acc = 0;
	int			 have = 0, ch;

	if (!hsl_arg_text(c, 0, &s) || !hsl_charge(c->x, s.len / 4) ||
	    (out = vstr_alloc(c->x, s.len * (size_t)bits / 8)) == NULL)
		return HSL_THROW;
	for (size_t i = 0; i < s.len && s.p[i] != '='; i++) {
		ch = (unsigned char)s.p[i];
		if (fold && ch >= 'a' && ch <= 'z')
			ch ^= 0x20;
		if (ch == '\0' || (d = strchr(digits, ch)) == NULL)
			continue;
		acc = acc << bits | (uint32_t)(d - digits);
		if ((have += bits) >= 8) {
			have -= 8;
			out->data[n++] = (char)(acc >> have);
		}
	}
	out->len = (uint32_t)n;
	out->data[n] = '\0';
	*c->ret = vstr_value(out);
	return HSL_OK;
}

enum hsl_rc
fn_base64_encode(struct hsl_call *c)
{
	return base_encode(c, base64_plain, 6, 4);
}

enum hsl_rc
fn_base64_decode(struct hsl_call *c)
{
	return base_decode(c, base64_plain, 6, false);
}

enum hsl_rc
fn_base64url_encode(struct hsl_call *c)
{
	return base_encode(c, base64_url, 6, 1);
}

enum hsl_rc
fn_base64url_decode(struct hsl_call *c)
{
	return base_decode(c, base64_url, 6, false);
}

enum hsl_rc
fn_base32_encode(struct hsl_call *c)
{
	return base_encode(c, base32, 5, 8);
}

enum hsl_rc
fn_base32_decode(struct hsl_call *c)
{
	return base_decode(c, base32, 5, true);
}

/* ---- %HH and +HH ------------------------------------------------------- */

static bool
encode_unreserved(unsigned char ch)
{
	return ascii_isalnum(ch) || (ch != '\0' &&
	    strchr("-._~", ch) != NULL);
}

static int
decode_digit(int ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	ch = ascii_lower(ch);
	return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

enum hsl_rc
fn_url_encode(struct hsl_call *c)
{
	static const char	 hex[] = "0123456789ABCDEF";
	struct buf		 out = BUF_INIT;
	unsigned char		 ch;
	struct str		 s;

	if (!hsl_arg_text(c, 0, &s) || !hsl_charge(c->x, s.len / 4))
		return HSL_THROW;
	for (size_t i = 0; i < s.len; i++) {
		ch = (unsigned char)s.p[i];
		if (encode_unreserved(ch)) {
			buf_add_byte(&out, (char)ch);
			continue;
		}
		buf_add_byte(&out, '%');
		buf_add_byte(&out, hex[ch >> 4]);
		buf_add_byte(&out, hex[ch & 15]);
	}
	return hsl_return_buf(c, &out);
}

enum hsl_rc
fn_url_decode(struct hsl_call *c)
{
	struct buf	 out = BUF_INIT;
	struct str	 s;
	int		 hi, lo;

	if (!hsl_arg_text(c, 0, &s) || !hsl_charge(c->x, s.len / 4))
		return HSL_THROW;
	for (size_t i = 0; i < s.len; i++) {
		hi = lo = -1;
		if (s.p[i] == '%' && i + 2 < s.len) {
			hi = decode_digit((unsigned char)s.p[i + 1]);
			lo = decode_digit((unsigned char)s.p[i + 2]);
		}
		if (hi < 0 || lo < 0) {
			buf_add_byte(&out, s.p[i]);
			continue;
		}
		buf_add_byte(&out, (char)(hi * 16 + lo));
		i += 2;
	}
	return hsl_return_buf(c, &out);
}

enum hsl_rc
fn_xtext_encode(struct hsl_call *c)
{
	struct buf	out = BUF_INIT;
	struct str	s;

	if (!hsl_arg_text(c, 0, &s) || !hsl_charge(c->x, s.len / 4))
		return HSL_THROW;
	xtext_encode(&out, s);
	return hsl_return_buf(c, &out);
}

/* What is no xtext comes back as it is. */
enum hsl_rc
fn_xtext_decode(struct hsl_call *c)
{
	struct buf	out = BUF_INIT;
	struct str	s;

	if (!hsl_arg_text(c, 0, &s) || !hsl_charge(c->x, s.len / 4))
		return HSL_THROW;
	if (xtext_decode(&out, s) == -1)
		buf_add_str(&out, s);
	return hsl_return_buf(c, &out);
}

/* ---- url_parse() ------------------------------------------------------- */

struct url_part {
	struct str	 text;
	bool		 there;
};

struct url {
	struct url_part	 scheme;
	struct url_part	 username;
	struct url_part	 password;
	struct url_part	 hostname;
	struct url_part	 port;
	struct url_part	 path;
	struct url_part	 query;
	struct url_part	 fragment;
	uint64_t	 port_number;
};

/* Cuts s at q; what stands after the byte at q is the part. */
static void
url_cut(struct str *s, const char *q, struct url_part *part)
{
	if (q == NULL)
		return;
	part->there = true;
	part->text = (struct str){ q + 1, s->len - (size_t)(q + 1 - s->p) };
	s->len = (size_t)(q - s->p);
}

static const char *
url_find(struct str s, char ch)
{
	return s.len > 0 ? memchr(s.p, ch, s.len) : NULL;
}

/* user:password@host:port; false if the port or a bracket is wrong. */
static bool
url_authority(struct url *u, struct str a)
{
	const char	*at = a.len > 0 ? memrchr(a.p, '@', a.len) : NULL;
	struct str	 tail;

	if (at != NULL) {
		u->username = (struct url_part){ a, true };
		url_cut(&u->username.text, at, &u->hostname);
		a = u->hostname.text;
		url_cut(&u->username.text, url_find(u->username.text, ':'),
		    &u->password);
	}
	tail = a;
	if (a.len > 0 && a.p[0] == '[') {
		at = url_find(a, ']');
		if (at == NULL)
			return false;
		tail.len -= (size_t)(at - a.p);
		tail.p = at;
	}
	url_cut(&a, url_find(tail, ':'), &u->port);
	u->hostname = (struct url_part){ a, true };
	return !u->port.there ||
	    str_uint(u->port.text, 65535, &u->port_number) == 0;
}

static bool
url_split(struct url *u, struct str s)
{
	struct str	 a;
	const char	*q;
	size_t		 i = 0;

	while (i < s.len && (ascii_isalnum((unsigned char)s.p[i]) ||
	    (s.p[i] != '\0' && strchr("+-.", s.p[i]) != NULL)))
		i++;
	if (i > 0 && i < s.len && s.p[i] == ':') {
		u->scheme = (struct url_part){ { s.p, i }, true };
		s.p += i + 1;
		s.len -= i + 1;
	}
	url_cut(&s, url_find(s, '#'), &u->fragment);
	url_cut(&s, url_find(s, '?'), &u->query);
	if (str_prefix(s, STR("//"))) {
		a = (struct str){ s.p + 2, s.len - 2 };
		q = url_find(a, '/');
		a.len = q != NULL ? (size_t)(q - a.p) : a.len;
		if (!url_authority(u, a))
			return false;
		s.p = a.p + a.len;
		s.len -= 2 + a.len;
	}
	u->path = (struct url_part){ s, s.len > 0 };
	return true;
}

static void
url_set(struct hsl_call *c, const char *name, const struct url_part *part)
{
	if (part->there)
		hsl_array_set(c->x, *c->ret, name,
		    hsl_string(c->x, part->text));
}

/* The parts that are there, in the order in which a URL has them. */
enum hsl_rc
fn_url_parse(struct hsl_call *c)
{
	struct url	 u = { .port_number = 0 };
	struct str	 s;

	if (!hsl_arg_text(c, 0, &s) || !hsl_arg_options(c, 1) ||
	    !hsl_charge(c->x, s.len / 8))
		return HSL_THROW;
	if (!url_split(&u, s))
		return HSL_OK;
	*c->ret = hsl_array(c->x);
	url_set(c, "scheme", &u.scheme);
	url_set(c, "username", &u.username);
	url_set(c, "password", &u.password);
	url_set(c, "hostname", &u.hostname);
	if (u.port.there)
		hsl_array_set(c->x, *c->ret, "port",
		    vnumber((double)u.port_number));
	url_set(c, "path", &u.path);
	url_set(c, "query", &u.query);
	url_set(c, "fragment", &u.fragment);
	return HSL_OK;
}
