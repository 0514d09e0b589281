/*
 * The body is hashed as it comes, the header is kept.  At the end:
 *
 *	h=	each name as often as there are fields of it, and once more if
 *		it is oversigned; the first of a name means the last field
 *	hash	those fields, then the signature's own with an empty b=
 *	b=	its last tag, so that nothing of it stands behind the signature
 *
 * Lines are folded between tags, in h= and in b=, where RFC 6376 3.5 lets
 * white space stand.
 */
#include <openssl/evp.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "dkim.h"
#include "header.h"

#define DKIM_COLUMNS	76
#define DKIM_NAMES_MAX	64
#define DKIM_FIELDS_MAX	256		/* that one signature covers */
#define DKIM_IDENTITY_MAX 320		/* thrice that is less than a line */
#define DKIM_BASE64(n)	(((n) + 2) / 3 * 4 + 1)

struct dkim_name {
	struct str	name;
	bool		over;
};

struct dkim {
	const struct dkim_options *options;
	const struct dkim_key	*key;
	struct dkim_name	 names[DKIM_NAMES_MAX];
	size_t			 name_count;
	struct header		*header;
	uint64_t		 fed;
	bool			 past_header;
	struct dkim_body	 body;
	EVP_MD_CTX		*hash;
};

/* Its field, while it is written. */
struct dkim_writer {
	struct buf	*out;
	size_t		 column;
};

static const char	dkim_headers[] = "From:Reply-To:Subject:Date:To:Cc:"
	"Resent-Date:Resent-From:Resent-To:Resent-Cc:In-Reply-To:References:"
	"List-Id:List-Help:List-Unsubscribe:List-Subscribe:List-Post:"
	"List-Owner:List-Archive";

/* ---- Options ------------------------------------------------------------- */

static int
dkim_name_add(struct dkim *d, struct str name, bool over, struct err *e)
{
	size_t	i;

	if (!field_name_valid(name) || memchr(name.p, ';', name.len) != NULL ||
	    str_caseeq(name, STR("DKIM-Signature")))
		return err_set(e, "a name of a header field that can't be "
		    "signed");
	for (i = 0; i < d->name_count; i++)
		if (str_caseeq(d->names[i].name, name))
			break;
	if (i == DKIM_NAMES_MAX)
		return err_set(e, "more than %d names of header fields",
		    DKIM_NAMES_MAX);
	if (i == d->name_count)
		d->names[d->name_count++] = (struct dkim_name){ name, over };
	d->names[i].over |= over;
	return 0;
}

static int
dkim_names_add(struct dkim *d, struct str list, bool over, struct err *e)
{
	struct str	name;

	while (list.p != NULL) {
		name = str_trim(str_split(list, ':', &list));
		if (name.len != 0 && dkim_name_add(d, name, over, e) == -1)
			return -1;
	}
	return 0;
}

static int
dkim_names(struct dkim *d, struct err *e)
{
	const struct dkim_options	*o = d->options;

	if (dkim_name_add(d, STR("From"), false, e) == -1 ||
	    dkim_names_add(d, o->headers.len != 0 ? o->headers :
	    str_of(dkim_headers), false, e) == -1 ||
	    dkim_names_add(d, o->additional_headers, false, e) == -1)
		return -1;
	return dkim_names_add(d, o->oversign_given ? o->oversign_headers :
	    STR("From"), true, e);
}

/* Labels of letters, digits, '-' and '_', joined by dots. */
static int
dkim_check_name(struct str s, const char *what, struct err *e)
{
	size_t	i;
	bool	ok = s.len != 0 && s.len <= 255 && s.p[0] != '.' &&
		    s.p[s.len - 1] != '.';

	for (i = 0; ok && i < s.len; i++)
		ok = ascii_isalnum((unsigned char)s.p[i]) ||
		    s.p[i] == '-' || s.p[i] == '_' ||
		    (s.p[i] == '.' && s.p[i - 1] != '.');
	return ok ? 0 : err_set(e, "a %s that is no name of the DNS", what);
}

/* RFC 6376 3.5, i=: in the domain or below it. */
static int
dkim_check_identity(const struct dkim_options *o, struct err *e)
{
	struct str	s = o->identity;
	size_t		at;

	if (s.len == 0)
		return 0;
	for (at = s.len; at > 0 && s.p[at - 1] != '@'; at--)
		;
	if (at == 0 || s.len - at < o->domain.len ||
	    s.len > DKIM_IDENTITY_MAX)
		return err_set(e, "an identity that is not of the domain");
	s.p += s.len - o->domain.len;
	s.len = o->domain.len;
	if (!str_caseeq(s, o->domain) || (s.p[-1] != '@' && s.p[-1] != '.'))
		return err_set(e, "an identity that is not of the domain");
	return 0;
}

static int64_t
dkim_expiration(const struct dkim_options *o)
{
	if (o->relative == 0)
		return o->expiration;
	return (o->timestamp != 0 ? o->timestamp : o->now) + o->relative;
}

static int
dkim_check(const struct dkim *d, struct err *e)
{
	const struct dkim_options	*o = d->options;
	int64_t				 until = dkim_expiration(o);

	if (dkim_check_name(o->selector, "selector", e) == -1 ||
	    dkim_check_name(o->domain, "domain", e) == -1 ||
	    dkim_check_identity(o, e) == -1)
		return -1;
	if (until != 0 && until <= o->timestamp)
		return err_set(e, "an expiration before the timestamp");
	if (o->algorithm != DKIM_BY_KEY &&
	    o->algorithm != dkim_key_algorithm(d->key))
		return err_set(e, "a key that is not of %s",
		    dkim_algorithm_name(o->algorithm));
	return 0;
}

/* ---- The message --------------------------------------------------------- */

static void
dkim_hash_body(void *arg, struct str piece)
{
	struct dkim	*d = arg;

	(void)EVP_DigestUpdate(d->hash, piece.p, piece.len);
}

struct dkim *
dkim_new(const struct dkim_options *o, const struct dkim_key *key,
    struct err *e)
{
	struct dkim	*d = xcalloc(1, sizeof *d);

	d->options = o;
	d->key = key;
	d->header = header_new(&header_limits_default);
	d->body.kind = o->body;
	d->body.out = dkim_hash_body;
	d->body.arg = d;
	d->hash = EVP_MD_CTX_new();
	if (d->hash == NULL ||
	    EVP_DigestInit_ex(d->hash, EVP_sha256(), NULL) <= 0)
		(void)err_set(e, "there is no SHA-256");
	else if (dkim_names(d, e) == 0 && dkim_check(d, e) == 0)
		return d;
	dkim_free(&d);
	return NULL;
}

void
dkim_free(struct dkim **d)
{
	if (*d == NULL)
		return;
	EVP_MD_CTX_free((*d)->hash);
	header_free(&(*d)->header);
	free(*d);
	*d = NULL;
}

int
dkim_feed(struct dkim *d, struct str bytes, struct err *e)
{
	uint64_t	begin = d->fed;
	size_t		skip;
	int		rc;

	d->fed += bytes.len;
	if (!d->past_header) {
		if ((rc = header_feed(d->header, bytes, e)) != 1)
			return rc;
		d->past_header = true;
		skip = (size_t)(header_original_size(d->header) + 2 - begin);
		bytes.p += skip;
		bytes.len -= skip;
	}
	dkim_body_add(&d->body, bytes);
	return 0;
}

/* ---- The field ----------------------------------------------------------- */

/* Together on one line; behind a blank, where it does not begin one. */
static void
dkim_write(struct dkim_writer *w, struct str text, bool blank)
{
	if (w->column + blank + text.len > DKIM_COLUMNS) {
		buf_add_text(w->out, "\r\n\t");
		w->column = 8;
	} else if (blank) {
		buf_add_byte(w->out, ' ');
		w->column++;
	}
	buf_add_str(w->out, text);
	w->column += text.len;
}

static void
dkim_write_tag(struct dkim_writer *w, const char *name, struct str value)
{
	struct buf	b = BUF_INIT;

	buf_printf(&b, "%s=", name);
	buf_add_str(&b, value);
	buf_add_byte(&b, ';');
	dkim_write(w, buf_str(&b), true);
	buf_free(&b);
}

static void
dkim_write_number(struct dkim_writer *w, const char *name, int64_t n)
{
	char	text[24];

	if (n == 0)
		return;
	(void)snprintf(text, sizeof text, "%lld", (long long)n);
	dkim_write_tag(w, name, str_of(text));
}

/* RFC 6376 2.11 */
static void
dkim_write_identity(struct dkim_writer *w, struct str s)
{
	struct buf	b = BUF_INIT;
	size_t		i;

	for (i = 0; i < s.len; i++)
		if (s.p[i] > ' ' && s.p[i] <= '~' && s.p[i] != ';' &&
		    s.p[i] != '=')
			buf_add_byte(&b, s.p[i]);
		else
			buf_printf(&b, "=%02X", (unsigned char)s.p[i]);
	if (s.len != 0)
		dkim_write_tag(w, "i", buf_str(&b));
	buf_free(&b);
}

static void
dkim_write_base64(struct buf *out, const unsigned char *p, size_t n)
{
	buf_added(out, (size_t)EVP_EncodeBlock((unsigned char *)
	    buf_reserve(out, DKIM_BASE64(n)), p, (int)n));
}

static void
dkim_write_signature(struct dkim_writer *w, struct str signature)
{
	struct buf	b = BUF_INIT;
	struct str	s;
	size_t		n;

	dkim_write_base64(&b, (const unsigned char *)signature.p,
	    signature.len);
	for (s = buf_str(&b); s.len > 0; s.p += n, s.len -= n) {
		if (w->column >= DKIM_COLUMNS) {
			buf_add_text(w->out, "\r\n\t");
			w->column = 8;
		}
		n = DKIM_COLUMNS - w->column < s.len ?
		    DKIM_COLUMNS - w->column : s.len;
		buf_add(w->out, s.p, n);
		w->column += n;
	}
	buf_add_text(w->out, "\r\n");
	buf_free(&b);
}

/* ---- The fields that it covers ------------------------------------------- */

/* What it is made over, and the names in h=. */
struct dkim_cover {
	struct buf	fields;
	struct buf	names;
	size_t		count;
	bool		from;
};

static int
dkim_cover_field(const struct dkim *d, struct dkim_cover *c,
    struct str name, size_t i, struct err *e)
{
	if (c->count++ >= DKIM_FIELDS_MAX)
		return err_set(e, "more than %d fields to sign",
		    DKIM_FIELDS_MAX);
	if (c->count > 1)
		buf_add_byte(&c->names, ':');
	buf_add_lower(&c->names, name);
	if (i < header_count(d->header))
		dkim_canon_field(&c->fields, d->options->header,
		    header_at(d->header, i));
	return 0;
}

static int
dkim_cover_name(const struct dkim *d, struct dkim_cover *c,
    const struct dkim_name *n, struct err *e)
{
	size_t	i, count = header_count(d->header);

	for (i = count; i > 0; i--) {
		if (!field_is(header_at(d->header, i - 1), n->name))
			continue;
		c->from |= str_caseeq(n->name, STR("From"));
		if (dkim_cover_field(d, c, n->name, i - 1, e) == -1)
			return -1;
	}
	return n->over ? dkim_cover_field(d, c, n->name, count, e) : 0;
}

static int
dkim_cover_all(const struct dkim *d, struct dkim_cover *c, struct err *e)
{
	size_t	i;

	for (i = 0; i < d->name_count; i++)
		if (dkim_cover_name(d, c, &d->names[i], e) == -1)
			return -1;
	return c->from ? 0 : err_set(e, "a message without a From field");
}

static void
dkim_write_names(struct dkim_writer *w, struct str names)
{
	struct buf	b = BUF_INIT;
	struct str	name;
	bool		first = true;

	while (names.p != NULL) {
		name = str_split(names, ':', &names);
		buf_clear(&b);
		buf_printf(&b, "%s%.*s%c", first ? "h=" : "", (int)name.len,
		    name.p, names.p != NULL ? ':' : ';');
		dkim_write(w, buf_str(&b), first);
		first = false;
	}
	buf_free(&b);
}

/* ---- The end ------------------------------------------------------------- */

static void
dkim_write_field(const struct dkim *d, struct dkim_writer *w,
    const struct dkim_cover *c, const unsigned char body[DKIM_DIGEST])
{
	const struct dkim_options	*o = d->options;
	struct buf			 b = BUF_INIT;

	buf_add_text(w->out, "DKIM-Signature:");
	w->column = w->out->len;
	dkim_write_tag(w, "v", STR("1"));
	dkim_write_tag(w, "a", str_of(dkim_algorithm_name(
	    dkim_key_algorithm(d->key))));
	buf_printf(&b, "%s/%s", dkim_canon_name(o->header),
	    dkim_canon_name(o->body));
	dkim_write_tag(w, "c", buf_str(&b));
	dkim_write_tag(w, "d", o->domain);
	dkim_write_tag(w, "s", o->selector);
	dkim_write_identity(w, o->identity);
	dkim_write_number(w, "t", o->timestamp);
	dkim_write_number(w, "x", dkim_expiration(o));
	dkim_write_names(w, buf_str(&c->names));
	buf_clear(&b);
	dkim_write_base64(&b, body, DKIM_DIGEST);
	dkim_write_tag(w, "bh", buf_str(&b));
	buf_add_text(w->out, "\r\n\tb=");
	w->column = 10;
	buf_free(&b);
}

static int
dkim_digest(struct buf *bytes, unsigned char out[DKIM_DIGEST],
    struct err *e)
{
	return EVP_Digest(buf_data(bytes), bytes->len, out, NULL,
	    EVP_sha256(), NULL) > 0 ? 0 : err_set(e, "SHA-256 failed");
}

/* The field without a signature is hashed as it stands, but for its CRLF. */
static int
dkim_sign(const struct dkim *d, struct dkim_writer *w, struct dkim_cover *c,
    struct err *e)
{
	unsigned char	digest[DKIM_DIGEST];
	struct buf	signature = BUF_INIT;
	int		rc;

	dkim_canon_field(&c->fields, d->options->header,
	    field_of(buf_str(w->out)));
	buf_truncate(&c->fields, c->fields.len - 2);
	rc = dkim_digest(&c->fields, digest, e);
	if (rc == 0)
		rc = dkim_key_sign(d->key, digest, &signature, e);
	if (rc == 0)
		dkim_write_signature(w, buf_str(&signature));
	buf_free(&signature);
	return rc;
}

int
dkim_end(struct dkim *d, struct buf *field, struct err *e)
{
	unsigned char		body[DKIM_DIGEST];
	struct buf		made = BUF_INIT;
	struct dkim_writer	w = { .out = &made };
	struct dkim_cover	c = { .fields = BUF_INIT, .names = BUF_INIT };
	int			rc = -1;

	header_ready(d->header);
	dkim_body_end(&d->body);
	if (EVP_DigestFinal_ex(d->hash, body, NULL) <= 0)
		(void)err_set(e, "SHA-256 failed");
	else
		rc = dkim_cover_all(d, &c, e);
	if (rc == 0) {
		dkim_write_field(d, &w, &c, body);
		rc = dkim_sign(d, &w, &c, e);
	}
	if (rc == 0)
		buf_add_str(field, buf_str(&made));
	buf_free(&made);
	buf_free(&c.fields);
	buf_free(&c.names);
	return rc;
}
