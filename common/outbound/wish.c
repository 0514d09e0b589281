/*
 * A wish as bytes: of each thing that is asked for a blob, its name, and a
 * blob, its value; options of a transport first, each kind in the order of its
 * table.
 */
#include <string.h>

#include "smtp/path.h"

#include "wish.h"

enum wish_kind { WISH_TEXT, WISH_WORD, WISH_NUMBER, WISH_FLAG, WISH_ADDRESS,
	WISH_PARAMS, WISH_LIST };

static const struct {
	const char	*name;
	enum wish_kind	 kind;
	size_t		 least, most;
} wish_rows[WISH_IDS] = {
#define WISH(kind, name, least, most)					\
	[WISH_##name] = { #name, WISH_##kind, least, most },
#include "outbound/wish.def"
};

enum { WISH_NAME_MAX = 32, WISH_TIMEOUT_MAX_MS = 3600 * 1000 + 1 };

/* The others are the queue's business, or made of several things here. */
bool
wish_may(enum transport_option o)
{
	static const enum transport_option	may[] = { TRANSPORT_tls,
	    TRANSPORT_tls_protocols, TRANSPORT_tls_ciphers, TRANSPORT_tls_sni,
	    TRANSPORT_tls_verify_host, TRANSPORT_tls_verify_name,
	    TRANSPORT_tls_default_ca, TRANSPORT_tls_client_cert,
	    TRANSPORT_timeout_connect, TRANSPORT_saslusername,
	    TRANSPORT_helo, TRANSPORT_chunking, TRANSPORT_pooling,
	    TRANSPORT_source_order, TRANSPORT_proxyprotocol,
	    TRANSPORT_recipients };
	size_t					i;

	for (i = 0; i < sizeof may / sizeof may[0]; i++)
		if (may[i] == o)
			return true;
	return false;
}

enum wish_id
wish_find(struct str name)
{
	int	id;

	for (id = 0; id < WISH_IDS; id++)
		if (str_eq(name, str_of(wish_rows[id].name)))
			break;
	return (enum wish_id)id;
}

/* ---- Lists --------------------------------------------------------------- */

int
wish_list_next(struct str *list, struct str *text)
{
	struct rbuf	r = { (const unsigned char *)list->p, list->len };

	if (wire_get_blob(&r, text, WISH_LIST_TEXT_MAX) == -1)
		return -1;
	*list = (struct str){ (const char *)r.p, r.len };
	return 0;
}

void
wish_list_add(struct buf *list, struct str text)
{
	(void)wire_put_blob(list, text, WISH_LIST_TEXT_MAX);
}

/* ---- Checks -------------------------------------------------------------- */

/* No byte below `least`, and no DEL beside blanks. */
static bool
wish_bytes_ok(struct str s, unsigned char least)
{
	size_t	i;

	for (i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < least ||
		    (least > 1 && s.p[i] == 0x7f))
			return false;
	return true;
}

static int
wish_check_text(enum wish_id id, struct str s, unsigned char least,
    struct err *e)
{
	if (s.len >= wish_rows[id].least && s.len <= wish_rows[id].most &&
	    wish_bytes_ok(s, least))
		return 0;
	return err_set(e, "%s is text of %zu to %zu bytes%s",
	    wish_rows[id].name, wish_rows[id].least, wish_rows[id].most,
	    least > ' ' ? " without blanks" : "");
}

static int
wish_check_number(enum wish_id id, struct str s, struct err *e)
{
	uint64_t	n;

	if (str_uint(s, wish_rows[id].most, &n) == 0 &&
	    n >= wish_rows[id].least && s.p[0] != '0')
		return 0;
	return err_set(e, "%s is a number from %zu to %zu",
	    wish_rows[id].name, wish_rows[id].least, wish_rows[id].most);
}

static int
wish_check_address(enum wish_id id, struct str s, struct err *e)
{
	struct arena		a = ARENA_INIT;
	struct smtp_path	path;
	int			rc = -1;

	if (s.len <= wish_rows[id].most)
		rc = smtp_address_parse(&path, s, &a);
	if (rc == 0 && path.null && wish_rows[id].least > 0)
		rc = -1;
	arena_free(&a);
	return rc == 0 ? 0 : err_set(e, "%s is not an address",
	    wish_rows[id].name);
}

static int
wish_check_params(enum wish_id id, struct str s, struct err *e)
{
	size_t	i;

	for (i = 0; i < s.len; i++)
		if (s.p[i] < ' ' || s.p[i] >= 0x7f)
			break;
	if (i == s.len && s.len > 1 && s.len <= wish_rows[id].most &&
	    s.p[0] == ' ')
		return 0;
	return err_set(e, "%s are no parameters of an address",
	    wish_rows[id].name);
}

static int
wish_check_source(const struct str part[WISH_SOURCE_TEXTS], struct err *e)
{
	struct netaddr	a;

	if (netaddr_parse_ip(&a, part[0], 0) == -1)
		return err_set(e, "sourceip: '%.*s' is not an address",
		    (int)(part[0].len < 64 ? part[0].len : 64), part[0].p);
	if (part[1].len > 255 || !wish_bytes_ok(part[1], ' ' + 1) ||
	    part[2].len > 255 || !wish_bytes_ok(part[2], ' ' + 1))
		return err_set(e, "sourceip: id and helo are text of at most "
		    "255 bytes without blanks");
	return 0;
}

static int
wish_check_network(const char *name, struct str text, struct err *e)
{
	struct netaddr_network	n;

	if (netaddr_network(&n, text) == 0)
		return 0;
	return err_set(e, "%s: '%.*s' is neither an address nor a network",
	    name, (int)(text.len < 64 ? text.len : 64), text.p);
}

/* Labels, of which some are "*". */
static int
wish_check_pattern(const char *name, struct str text, struct err *e)
{
	struct str	rest = text, label;

	do {
		label = str_split(rest, '.', &rest);
		if (label.len == 0 || !wish_bytes_ok(label, ' ' + 1) ||
		    (label.len > 1 && memchr(label.p, '*', label.len) !=
		    NULL))
			return err_set(e, "%s: '%.*s' is neither a name nor "
			    "one with * for a label", name,
			    (int)(text.len < 64 ? text.len : 64), text.p);
	} while (rest.p != NULL);
	return 0;
}

static int
wish_state(struct str name)
{
	int	i;

	for (i = SMTP_STATE_NONE + 1; i < SMTP_STATE_MAX; i++)
		if (str_eq(name, str_of(smtp_state_name(i))))
			return i;
	return -1;
}

static int
wish_check_timeout(const struct str part[], struct err *e)
{
	uint64_t	ms;

	if (wish_state(part[0]) == -1)
		return err_set(e, "timeout has no state '%.*s'",
		    (int)(part[0].len < 64 ? part[0].len : 64), part[0].p);
	if (str_uint(part[1], WISH_TIMEOUT_MAX_MS, &ms) == -1 || ms == 0)
		return err_set(e, "timeout: %.*s is a number of seconds up "
		    "to 3600", (int)part[0].len, part[0].p);
	return 0;
}

static int
wish_attribute(struct str name)
{
	int	i;

	for (i = 0; i < SMTP_XCLIENT_COUNT; i++)
		if (str_caseeq(name, str_of(smtp_xclient_name(
		    (enum smtp_xclient)i))))
			return i;
	return -1;
}

static int
wish_check_xclient(const struct str part[], struct err *e)
{
	if (wish_attribute(part[0]) == -1)
		return err_set(e, "xclient has no attribute '%.*s'",
		    (int)(part[0].len < 64 ? part[0].len : 64), part[0].p);
	if (part[1].len == 0 || part[1].len > 255 ||
	    !wish_bytes_ok(part[1], ' ' + 1) || !str_is_ascii(part[1]))
		return err_set(e, "xclient: %.*s is too long",
		    (int)part[0].len, part[0].p);
	return 0;
}

/* One thing of a list. */
static int
wish_check_item(enum wish_id id, const struct str part[], struct err *e)
{
	switch (id) {
	case WISH_sourceip:
		return wish_check_source(part, e);
	case WISH_timeout:
		return wish_check_timeout(part, e);
	case WISH_xclient_values:
		return wish_check_xclient(part, e);
	case WISH_ip_include:
	case WISH_ip_exclude:
		return wish_check_network(wish_rows[id].name, part[0], e);
	default:
		return wish_check_pattern(wish_rows[id].name, part[0], e);
	}
}

static size_t
wish_texts(enum wish_id id)
{
	return id == WISH_sourceip ? WISH_SOURCE_TEXTS :
	    id == WISH_timeout || id == WISH_xclient_values ? 2 : 1;
}

static int
wish_check_list(enum wish_id id, struct str list, struct err *e)
{
	struct str	part[WISH_SOURCE_TEXTS];
	size_t		texts = wish_texts(id), count = 0, i;

	while (list.len > 0) {
		for (i = 0; i < texts; i++)
			if (wish_list_next(&list, &part[i]) == -1)
				return err_set(e, "%s: a text is too long",
				    wish_rows[id].name);
		count += texts;
		if (wish_check_item(id, part, e) == -1)
			return -1;
	}
	if (count >= wish_rows[id].least && count <= wish_rows[id].most)
		return 0;
	return err_set(e, "%s is a list of %zu to %zu", wish_rows[id].name,
	    (wish_rows[id].least + texts - 1) / texts,
	    wish_rows[id].most / texts);
}

static int
wish_check_word(enum wish_id id, struct str s, struct err *e)
{
	if (id == WISH_protocol && !str_eq(s, STR("smtp")) &&
	    !str_eq(s, STR("lmtp")))
		return err_set(e, "protocol is 'smtp' or 'lmtp'");
	if (id == WISH_dsn_success && !str_eq(s, STR("delivered")))
		return err_set(e, "dsn: success is 'delivered'");
	return wish_check_text(id, s, ' ' + 1, e);
}

int
wish_check(enum wish_id id, struct str value, struct err *e)
{
	switch (wish_rows[id].kind) {
	case WISH_TEXT:
		return wish_check_text(id, value, 1, e);
	case WISH_WORD:
		return wish_check_word(id, value, e);
	case WISH_NUMBER:
		return wish_check_number(id, value, e);
	case WISH_FLAG:
		return str_eq(value, STR("yes")) ||
		    str_eq(value, STR("no")) ? 0 :
		    err_set(e, "%s is true or false", wish_rows[id].name);
	case WISH_ADDRESS:
		return wish_check_address(id, value, e);
	case WISH_PARAMS:
		return wish_check_params(id, value, e);
	case WISH_LIST:
		return wish_check_list(id, value, e);
	}
	return -1;
}

/* ---- Setting ------------------------------------------------------------- */

static struct str
wish_said(struct str value)
{
	return value.p != NULL ? value : STR("");
}

int
wish_set(struct wish *w, enum wish_id id, struct str value, struct err *e)
{
	value = wish_said(value);
	if (wish_check(id, value, e) == -1)
		return -1;
	w->of[id] = value;
	return 0;
}

int
wish_set_option(struct wish *w, enum transport_option o, struct str value,
    struct err *e)
{
	struct transport_options	scratch;

	memset(&scratch, 0, sizeof scratch);
	value = wish_said(value);
	if (!wish_may(o))
		return err_set(e, "%s is not for one attempt",
		    transport_option_name(o));
	/* As a file of the configuration would hold it. */
	if (!wish_bytes_ok(value, ' '))
		return err_set(e, "%s has bytes that no text has",
		    transport_option_name(o));
	if (transport_option_set(&scratch, o, value, e) == -1)
		return -1;
	w->option[o] = value;
	return 0;
}

/* ---- Bytes --------------------------------------------------------------- */

static int
wish_put_one(struct buf *out, const char *name, struct str value)
{
	if (value.p == NULL)
		return 0;
	if (wire_put_blob(out, str_of(name), WISH_NAME_MAX) == -1)
		return -1;
	return wire_put_blob(out, value, WISH_BYTES_MAX);
}

int
wish_put(struct buf *out, const struct wish *w)
{
	size_t	start = out->len;
	int	i;

	for (i = 0; i < TRANSPORT_OPTIONS; i++)
		if (wish_put_one(out, transport_option_name(
		    (enum transport_option)i), w->option[i]) == -1)
			return -1;
	for (i = 0; i < WISH_IDS; i++)
		if (wish_put_one(out, wish_rows[i].name, w->of[i]) == -1)
			return -1;
	return out->len - start > WISH_BYTES_MAX ? -1 : 0;
}

/* *last: the place of the one before, so that none comes twice or late. */
static int
wish_get_one(struct wish *w, struct rbuf *r, int *last)
{
	enum transport_option	o;
	enum wish_id		id;
	struct str		name, value;
	struct err		e;
	int			place;

	if (wire_get_blob(r, &name, WISH_NAME_MAX) == -1 ||
	    wire_get_blob(r, &value, WISH_BYTES_MAX) == -1)
		return -1;
	o = transport_option_find(name);
	id = wish_find(name);
	place = o != TRANSPORT_OPTIONS ? (int)o : TRANSPORT_OPTIONS + (int)id;
	if (place <= *last)
		return -1;
	*last = place;
	if (o != TRANSPORT_OPTIONS)
		return wish_set_option(w, o, value, &e);
	return id != WISH_IDS ? wish_set(w, id, value, &e) : -1;
}

int
wish_get(struct wish *w, struct str bytes)
{
	struct rbuf	r = { (const unsigned char *)bytes.p, bytes.len };
	int		last = -1;

	memset(w, 0, sizeof *w);
	if (bytes.len > WISH_BYTES_MAX)
		return -1;
	while (r.len > 0)
		if (wish_get_one(w, &r, &last) == -1)
			return -1;
	return 0;
}

/* ---- What is asked for --------------------------------------------------- */

uint64_t
wish_number(const struct wish *w, enum wish_id id, uint64_t otherwise)
{
	uint64_t	n;

	return w->of[id].p != NULL && str_uint(w->of[id],
	    wish_rows[id].most, &n) == 0 ? n : otherwise;
}

bool
wish_flag(const struct wish *w, enum wish_id id)
{
	return w->of[id].p != NULL && str_eq(w->of[id], STR("yes"));
}

static bool
wish_pattern_has(struct str pattern, struct str name)
{
	struct str	want, got;

	do {
		want = str_split(pattern, '.', &pattern);
		got = str_split(name, '.', &name);
		if (!str_eq(want, STR("*")) && !str_caseeq(want, got))
			return false;
	} while (pattern.p != NULL && name.p != NULL);
	return pattern.p == NULL && name.p == NULL;
}

static bool
wish_list_has_mx(struct str list, struct str name)
{
	struct str	pattern;

	while (wish_list_next(&list, &pattern) == 0)
		if (wish_pattern_has(pattern, name))
			return true;
	return false;
}

/* Each was read as a network before, so it is a short text. */
static bool
wish_list_has_ip(struct str list, const struct netaddr *a)
{
	char		text[128];
	struct str	network;

	while (wish_list_next(&list, &network) == 0) {
		if (network.len == 0 || network.len >= sizeof text)
			continue;
		memcpy(text, network.p, network.len);
		text[network.len] = '\0';
		if (netaddr_within(a, text))
			return true;
	}
	return false;
}

bool
wish_takes_mx(const struct wish *w, struct str name)
{
	if (w->of[WISH_mx_include].p != NULL &&
	    !wish_list_has_mx(w->of[WISH_mx_include], name))
		return false;
	return !wish_list_has_mx(w->of[WISH_mx_exclude], name);
}

bool
wish_takes_ip(const struct wish *w, const struct netaddr *a)
{
	if (w->of[WISH_ip_include].p != NULL &&
	    !wish_list_has_ip(w->of[WISH_ip_include], a))
		return false;
	return !wish_list_has_ip(w->of[WISH_ip_exclude], a);
}

/* ---- Laying it over ------------------------------------------------------ */

/* The port stays, but for another way to find the host. */
static void
wish_lay_host(const struct wish *w, struct transport *t)
{
	struct str	host = w->of[WISH_host];
	bool		lmtp = t->mode == TRANSPORT_LMTP;

	if (host.p == NULL)
		return;
	if (str_eq(host, STR(WISH_LOOKUP_MX))) {
		t->mode = TRANSPORT_MX;
		t->host = STR_NONE;
		t->port = 0;
	} else {
		t->mode = lmtp ? TRANSPORT_LMTP : TRANSPORT_HOST;
		t->host = host;
	}
	t->target = host;
	t->socket = STR_NONE;
}

static void
wish_lay_protocol(const struct wish *w, struct transport *t)
{
	if (w->of[WISH_protocol].p != NULL && t->mode != TRANSPORT_MX)
		t->mode = str_eq(w->of[WISH_protocol], STR("lmtp")) ?
		    TRANSPORT_LMTP : TRANSPORT_HOST;
}

void
wish_lay(const struct wish *w, struct transport *t)
{
	struct err	e;
	int		i;

	wish_lay_host(w, t);
	wish_lay_protocol(w, t);
	t->port = (uint16_t)wish_number(w, WISH_port, t->port);
	for (i = 0; i < TRANSPORT_OPTIONS; i++)
		if (w->option[i].p != NULL && transport_option_set(
		    &t->options, (enum transport_option)i, w->option[i],
		    &e) == 0)
			t->text[i] = w->option[i];
}

static void
wish_backend_lists(const struct wish *w, struct send_backend *b)
{
	struct str	list = w->of[WISH_timeout], name, value;
	uint64_t	ms;

	while (wish_list_next(&list, &name) == 0 &&
	    wish_list_next(&list, &value) == 0) {
		if (str_uint(value, WISH_TIMEOUT_MAX_MS, &ms) == -1)
			continue;
		b->state_ms[wish_state(name)] = (uint32_t)ms;
		if (wish_state(name) == SMTP_STATE_EOD)
			b->end_ms = (int64_t)ms;
	}
	list = w->of[WISH_xclient_values];
	while (wish_list_next(&list, &name) == 0 &&
	    wish_list_next(&list, &value) == 0) {
		b->xclient = true;
		b->xclient_values[wish_attribute(name)] = value;
	}
}

void
wish_backend(const struct wish *w, struct send_backend *b)
{
	if (w->of[WISH_protocol].p != NULL)
		b->lmtp = str_eq(w->of[WISH_protocol], STR("lmtp"));
	b->nonlocal = wish_flag(w, WISH_nonlocal_source);
	if (w->of[WISH_saslpassword].p != NULL)
		b->password = w->of[WISH_saslpassword];
	wish_backend_lists(w, b);
}
