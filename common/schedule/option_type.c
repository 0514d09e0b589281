/*
 * Who reads the value of an option, by its type.  Bounds are written in the
 * tables as values are in the files, and are read by the same functions.
 */
#include <string.h>

#include "base/net.h"
#include "conf/value.h"
#include "event/tls_version.h"

#include "option_type.h"

#define ID_MAX	32

static bool
option_among(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static int
option_range(const struct option_row *row, bool inside, struct err *e)
{
	return inside ? 0 : err_set(e, "%s must be from %s to %s", row->name,
	    row->min, row->max);
}

/* The bounds are written in transport.def as values are. */
static int
option_within(const struct option_row *row, int64_t n,
    int (*read)(struct str, int64_t *, struct err *), struct err *e)
{
	int64_t	min = 0, max = 0;

	(void)read(str_of(row->min), &min, NULL);
	(void)read(str_of(row->max), &max, NULL);
	return option_range(row, n >= min && n <= max, e);
}

int
option_read_TIME(const struct option_row *row, struct str v, void *field,
    struct err *e)
{
	int64_t	n;

	if (value_time(v, &n, e) == -1 ||
	    option_within(row, n, value_time, e) == -1)
		return -1;
	*(int64_t *)field = n;
	return 0;
}

int
option_read_INT(const struct option_row *row, struct str v, void *field,
    struct err *e)
{
	int64_t	n;

	if (value_int(v, &n, e) == -1 ||
	    option_within(row, n, value_int, e) == -1)
		return -1;
	*(int64_t *)field = n;
	return 0;
}

static int
value_percent(struct str v, int64_t *n, struct err *e)
{
	if (v.len < 2 || v.p[v.len - 1] != '%')
		return err_set(e, "\"%.*s\" is not a percentage, such as 10%%",
		    (int)v.len, v.p);
	v.len--;
	return value_int(v, n, e);
}

int
option_read_PERCENT(const struct option_row *row, struct str v, void *field,
    struct err *e)
{
	int64_t	n;

	if (value_percent(v, &n, e) == -1 ||
	    option_within(row, n, value_percent, e) == -1)
		return -1;
	*(int64_t *)field = n;
	return 0;
}

int
option_read_LIMIT(const struct option_row *row, struct str v, void *field,
    struct err *e)
{
	if (!str_eq(v, STR("none")))
		return option_read_INT(row, v, field, e);
	*(int64_t *)field = 0;
	return 0;
}

int
option_read_BOOL(const struct option_row *row, struct str v, void *field,
    struct err *e)
{
	(void)row;
	return value_bool(v, field, e);
}

int
option_read_ENUM(const struct option_row *row, struct str v, void *field,
    struct err *e)
{
	return value_enum(v, row->min, field, e);
}

int
option_read_VERSIONS(const struct option_row *row, struct str v, void *field,
    struct err *e)
{
	unsigned	without;

	if (tls_versions_parse(v, &without) == -1)
		return err_set(e, "%s is a list of TLSv1, TLSv1.1, TLSv1.2, "
		    "TLSv1.3, or with ! of those to leave out", row->name);
	*(unsigned *)field = without;
	return 0;
}

/* ---- Rates and waits --------------------------------------------------- */

/* number[.digits], in thousandths. */
static int
rate_number(struct str v, uint64_t *thousandths)
{
	static const uint64_t	scale[] = { 1000, 100, 10, 1 };
	struct str		digits, whole = str_split(v, '.', &digits);
	uint64_t		n, part = 0;

	if (str_uint(whole, 1000000000, &n) == -1)
		return -1;
	if (digits.p != NULL && (digits.len < 1 || digits.len > 3 ||
	    str_uint(digits, 999, &part) == -1))
		return -1;
	*thousandths = n * 1000 + (digits.p != NULL ?
	    part * scale[digits.len] : 0);
	return *thousandths == 0 ? -1 : 0;
}

/* number[.digits][/TIME]; without a time, a second's. */
int
option_read_RATE(const struct option_row *row, struct str v, void *field,
    struct err *e)
{
	struct transport_rate	rate = { 0, 0 };
	struct str		time, number = str_split(v, '/', &time);

	(void)row;
	if (str_eq(v, STR("none"))) {
		*(struct transport_rate *)field = rate;
		return 0;
	}
	rate.per_ms = 1000;
	if (rate_number(number, &rate.thousandths) == -1 ||
	    (time.p != NULL && value_time(time, &rate.per_ms, NULL) == -1) ||
	    rate.per_ms == 0)
		return err_set(e, "\"%.*s\" is not a rate, such as 10/1s or "
		    "0.5", (int)v.len, v.p);
	*(struct transport_rate *)field = rate;
	return 0;
}

bool
option_list_next(struct str *rest, struct str *item)
{
	size_t	n = 0;

	while (rest->len > 0 && option_among(rest->p[0], ", \t")) {
		rest->p++;
		rest->len--;
	}
	while (n < rest->len && !option_among(rest->p[n], ", \t"))
		n++;
	*item = (struct str){ rest->p, n };
	rest->p += n;
	rest->len -= n;
	return n > 0;
}

static int
retry_step(const struct option_row *row, struct str v,
    struct transport_step *step, struct err *e)
{
	static const struct str	notify = { "+notify", 7 };

	step->notify = v.len > notify.len && str_eq((struct str){
	    v.p + v.len - notify.len, notify.len }, notify);
	if (step->notify)
		v.len -= notify.len;
	return option_read_TIME(row, v, &step->wait_ms, e);
}

int
option_read_RETRY(const struct option_row *row, struct str v, void *field,
    struct err *e)
{
	struct transport_retry	*retry = field, got = { .count = 0 };
	struct str		 item;

	while (option_list_next(&v, &item)) {
		if (got.count == TRANSPORT_STEPS)
			return err_set(e, "%s has more than %d waits",
			    row->name, TRANSPORT_STEPS);
		if (retry_step(row, item, &got.step[got.count++], e) == -1)
			return -1;
	}
	if (got.count == 0)
		return err_set(e, "%s has no wait", row->name);
	*retry = got;
	return 0;
}

/* ---- Texts ------------------------------------------------------------- */

static int
text_bytes(const struct option_row *row, struct str v, const char *more,
    struct err *e)
{
	int64_t	max = 0;
	size_t	i;

	(void)value_int(str_of(row->max), &max, NULL);
	if (v.len > (size_t)max)
		return err_set(e, "%s is longer than %s bytes", row->name,
		    row->max);
	for (i = 0; i < v.len; i++)
		if (!ascii_isalnum((unsigned char)v.p[i]) &&
		    !option_among(v.p[i], more))
			return err_set(e, "%s has a \"%c\"", row->name,
			    v.p[i]);
	return 0;
}

int
option_read_WORDS(const struct option_row *row, struct str v, void *field,
    struct err *e)
{
	if (text_bytes(row, v, " :,!+-_=@.", e) == -1)
		return -1;
	*(struct str *)field = v;
	return 0;
}

/* Of hosts, or of one in a list that main.cf has. */
int
option_read_NAMES(const struct option_row *row, struct str v, void *field,
    struct err *e)
{
	if (text_bytes(row, v, " ,.-_:[]*", e) == -1)
		return -1;
	*(struct str *)field = v;
	return 0;
}

bool
option_id_ok(struct str id)
{
	size_t	i;

	for (i = 0; i < id.len; i++)
		if (!ascii_isalnum((unsigned char)id.p[i]) &&
		    !option_among(id.p[i], "._-"))
			return false;
	return id.len > 0 && id.len <= ID_MAX;
}

/* Whether there is such a row is for who reads the file to say. */
int
option_read_IDS(const struct option_row *row, struct str v, void *field,
    struct err *e)
{
	struct str	rest = v, id;

	while (option_list_next(&rest, &id))
		if (!option_id_ok(id))
			return err_set(e, "%s: \"%.*s\" is not an id",
			    row->name, (int)id.len, id.p);
	*(struct str *)field = v;
	return 0;
}

int
option_read_ID(const struct option_row *row, struct str v, void *field,
    struct err *e)
{
	if (v.len > 0 && !option_id_ok(v))
		return err_set(e, "%s: \"%.*s\" is not an id", row->name,
		    (int)v.len, v.p);
	*(struct str *)field = v;
	return 0;
}

/* ---- Hosts --------------------------------------------------------------- */

int
option_host_split(struct str text, struct str *host, uint16_t *port)
{
	uint64_t	n = 0;
	size_t		i = text.len;

	*host = text;
	*port = 0;
	while (i > 0 && text.p[i - 1] != ':' && text.p[i - 1] != ']')
		i--;
	if (i == 0 || text.p[i - 1] != ':')
		return 0;
	host->len = i - 1;
	if (str_uint((struct str){ text.p + i, text.len - i }, 65535, &n) ==
	    -1 || n == 0)
		return -1;
	*port = (uint16_t)n;
	return 0;
}

bool
option_host_ok(struct str host)
{
	struct netaddr	a;
	size_t		i;

	if (host.len > 2 && host.p[0] == '[')
		return host.p[host.len - 1] == ']' &&
		    netaddr_parse_ip(&a, host, 0) == 0;
	for (i = 0; i < host.len; i++)
		if (!ascii_isalnum((unsigned char)host.p[i]) &&
		    host.p[i] != '.' && host.p[i] != '-' && host.p[i] != '_')
			return false;
	return host.len > 0 && host.len <= 253 && host.p[0] != '-';
}

int
option_read_HOSTPORT(const struct option_row *row, struct str v, void *field,
    struct err *e)
{
	struct str	host;
	uint16_t	port;

	if (v.len > 0 && (option_host_split(v, &host, &port) == -1 ||
	    port == 0 || !option_host_ok(host)))
		return err_set(e, "%s is not host:port or [address]:port",
		    row->name);
	*(struct str *)field = v;
	return 0;
}

/* Of a person's own, in UTF-8, without control characters. */
int
option_read_TEXT(const struct option_row *row, struct str v, void *field,
    struct err *e)
{
	int64_t	max = 0;

	(void)value_int(str_of(row->max), &max, NULL);
	if (v.len > (size_t)max)
		return err_set(e, "%s is longer than %s bytes", row->name,
		    row->max);
	if (!utf8_valid(v))
		return err_set(e, "%s is not UTF-8", row->name);
	*(struct str *)field = v;
	return 0;
}

static int
option_some(const struct option_row *row, struct str v, void *field,
    struct err *e)
{
	if (v.len == 0)
		return err_set(e, "%s is empty", row->name);
	*(struct str *)field = v;
	return 0;
}

int
option_read_PATH(const struct option_row *row, struct str v, void *field,
    struct err *e)
{
	return option_some(row, v, field, e);
}

int
option_read_PATTERNS(const struct option_row *row, struct str v, void *field,
    struct err *e)
{
	return option_some(row, v, field, e);
}

int
option_read_WINDOW(const struct option_row *row, struct str v, void *field,
    struct err *e)
{
	return option_some(row, v, field, e);
}

/* ---- Tables ------------------------------------------------------------ */

size_t
option_find(const struct option_row *rows, size_t count, struct str name)
{
	size_t	i;

	for (i = 0; i < count; i++)
		if (str_eq(name, str_of(rows[i].name)))
			break;
	return i;
}

/* At most a third of the name may differ. */
const char *
option_suggest(const struct option_row *rows, size_t count, struct str name,
    int kinds)
{
	unsigned int	 best = (unsigned int)(name.len / 3) + 1, d;
	const char	*near = NULL;
	size_t		 i;

	for (i = 0; i < count; i++) {
		if ((rows[i].kinds & kinds) == 0)
			continue;
		d = value_distance(name, str_of(rows[i].name));
		if (d < best) {
			best = d;
			near = rows[i].name;
		}
	}
	return near;
}

int
option_set(const struct option_row *row, void *to, struct str value,
    struct err *e)
{
	if (value.p == NULL)
		value = STR("");
	return row->read(row, value, (char *)to + row->offset, e);
}
