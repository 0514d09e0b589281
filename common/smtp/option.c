/*
 * The parameters of MAIL and RCPT.
 *
 * One row a parameter: its extension and the function that reads its value.
 * Both commands share the walk; their rows and results differ.
 */
#include <string.h>

#include "base/buf.h"
#include "base/xtext.h"

#include "ext.h"
#include "option.h"

#define ENVID_MAX	100
#define ORCPT_MAX	500
#define AUTH_MAX	500

typedef int	option_fn(void *out, struct str value);

struct option_row {
	struct str	 key;
	unsigned	 ext;
	option_fn	*read;
};

static const char *const	body_names[] = { "", "7BIT", "8BITMIME",
				    "BINARYMIME" };
static const char *const	ret_names[] = { "", "FULL", "HDRS" };
static const struct {
	struct str	name;
	unsigned	bit;
} notify_names[] = {
	{ STR("NEVER"), SMTP_NOTIFY_NEVER },
	{ STR("SUCCESS"), SMTP_NOTIFY_SUCCESS },
	{ STR("FAILURE"), SMTP_NOTIFY_FAILURE },
	{ STR("DELAY"), SMTP_NOTIFY_DELAY },
};
#define NOTIFY_COUNT	(sizeof notify_names / sizeof notify_names[0])

/* The index of value among names 1 .. count - 1, or 0. */
static unsigned
option_word(struct str value, const char *const *names, unsigned count)
{
	unsigned	i;

	for (i = 1; i < count; i++)
		if (str_caseeq(value, str_of(names[i])))
			return i;
	return 0;
}

const char *
smtp_body_name(enum smtp_body body)
{
	return body_names[body];
}

const char *
smtp_ret_name(enum smtp_ret ret)
{
	return ret_names[ret];
}

/* ---- MAIL -------------------------------------------------------------- */

static int
option_size(void *out, struct str value)
{
	struct smtp_mail_options	*o = out;

	/* RFC 1870: one to twenty digits; what we can't count is too big. */
	if (value.len > 20)
		return -1;
	return str_uint(value, UINT64_MAX, &o->size);
}

static int
option_body(void *out, struct str value)
{
	struct smtp_mail_options	*o = out;

	o->body = (enum smtp_body)option_word(value, body_names, 4);
	return o->body != SMTP_BODY_NONE ? 0 : -1;
}

static int
option_smtputf8(void *out, struct str value)
{
	((struct smtp_mail_options *)out)->smtputf8 = true;
	return value.p == NULL ? 0 : -1;
}

static int
option_requiretls(void *out, struct str value)
{
	((struct smtp_mail_options *)out)->requiretls = true;
	return value.p == NULL ? 0 : -1;
}

/* "[-]SECONDS;(N|R)[T]"; a return that is due at once is refused (RFC 2852
 * 4). */
static int
option_by(void *out, struct str value)
{
	struct smtp_mail_options	*o = out;
	struct str			 mode, digits;
	uint64_t			 n;
	bool				 past;

	digits = str_split(value, ';', &mode);
	past = str_prefix(digits, STR("-"));
	if (past || str_prefix(digits, STR("+")))
		digits = (struct str){ digits.p + 1, digits.len - 1 };
	if (digits.len > 9 || str_uint(digits, UINT64_MAX, &n) == -1 ||
	    mode.len < 1 || mode.len > 2)
		return -1;
	o->by_seconds = past ? -(int32_t)n : (int32_t)n;
	o->by = ascii_lower(mode.p[0]) == 'r' ? SMTP_BY_RETURN :
	    SMTP_BY_NOTIFY;
	o->by_trace = mode.len == 2;
	if ((o->by == SMTP_BY_NOTIFY && ascii_lower(mode.p[0]) != 'n') ||
	    (o->by_trace && ascii_lower(mode.p[1]) != 't'))
		return -1;
	return o->by == SMTP_BY_RETURN && o->by_seconds <= 0 ? -1 : 0;
}

void
smtp_by_add(struct buf *out, const struct smtp_mail_options *o)
{
	buf_printf(out, "%d;%s%s", (int)o->by_seconds,
	    o->by == SMTP_BY_RETURN ? "R" : "N", o->by_trace ? "T" : "");
}

static int
option_ret(void *out, struct str value)
{
	struct smtp_mail_options	*o = out;

	o->ret = (enum smtp_ret)option_word(value, ret_names, 3);
	return o->ret != SMTP_RET_NONE ? 0 : -1;
}

bool
smtp_envid_ok(struct str envid)
{
	return envid.len != 0 && envid.len <= ENVID_MAX &&
	    xtext_printable(envid);
}

static int
option_envid(void *out, struct str value)
{
	((struct smtp_mail_options *)out)->envid = value;
	return smtp_envid_ok(value) ? 0 : -1;
}

/* A mailbox in xtext, or "<>": nobody is known (RFC 4954 5). */
static int
option_auth(void *out, struct str value)
{
	struct buf		b = BUF_INIT;
	struct arena		a = ARENA_INIT;
	struct smtp_path	path;
	int			rc = -1;

	((struct smtp_mail_options *)out)->auth = value;
	if (str_eq(value, STR("<>")))
		return 0;
	if (value.len != 0 && value.len <= AUTH_MAX &&
	    xtext_decode(&b, value) == 0)
		rc = smtp_address_parse(&path, buf_str(&b), &a);
	arena_free(&a);
	buf_free(&b);
	return rc;
}

/* ---- RCPT -------------------------------------------------------------- */

int
smtp_notify_parse(unsigned *notify, struct str list)
{
	struct str	word;
	size_t		i;

	*notify = 0;
	if (list.len == 0 || list.p[list.len - 1] == ',')
		return -1;
	while (list.len != 0) {
		word = str_split(list, ',', &list);
		for (i = 0; i < NOTIFY_COUNT; i++)
			if (str_caseeq(word, notify_names[i].name))
				break;
		if (i == NOTIFY_COUNT || (*notify & notify_names[i].bit) != 0)
			return -1;
		*notify |= notify_names[i].bit;
	}
	/* NEVER stands alone. */
	if ((*notify & SMTP_NOTIFY_NEVER) != 0 &&
	    *notify != SMTP_NOTIFY_NEVER)
		return -1;
	return 0;
}

void
smtp_notify_add(struct buf *out, unsigned notify)
{
	const char	*comma = "";
	size_t		 i;

	for (i = 0; i < NOTIFY_COUNT; i++) {
		if ((notify & notify_names[i].bit) == 0)
			continue;
		buf_add_text(out, comma);
		buf_add_str(out, notify_names[i].name);
		comma = ",";
	}
}

static int
option_notify(void *out, struct str value)
{
	return smtp_notify_parse(
	    &((struct smtp_rcpt_options *)out)->notify, value);
}

bool
smtp_orcpt_ok(struct str orcpt, bool utf8)
{
	struct str	addr, type = str_split(orcpt, ';', &addr);
	size_t		i;

	if (orcpt.len > ORCPT_MAX || type.len == 0 || addr.len == 0)
		return false;
	for (i = 0; i < type.len; i++)
		if (!ascii_isalnum((unsigned char)type.p[i]) &&
		    type.p[i] != '-')
			return false;
	return str_caseeq(type, STR("utf-8")) ? unitext_ok(addr, utf8) :
	    xtext_printable(addr);
}

static int
option_orcpt(void *out, struct str value)
{
	struct smtp_rcpt_options	*o = out;

	o->orcpt = value;
	return smtp_orcpt_ok(value, o->smtputf8) ? 0 : -1;
}

/* ---- Both -------------------------------------------------------------- */

static const struct option_row	mail_rows[] = {
	{ STR("SIZE"), SMTP_EXT_SIZE, option_size },
	{ STR("BODY"), SMTP_EXT_8BITMIME, option_body },
	{ STR("SMTPUTF8"), SMTP_EXT_SMTPUTF8, option_smtputf8 },
	{ STR("REQUIRETLS"), SMTP_EXT_REQUIRETLS, option_requiretls },
	{ STR("RET"), SMTP_EXT_DSN, option_ret },
	{ STR("ENVID"), SMTP_EXT_DSN, option_envid },
	{ STR("AUTH"), SMTP_EXT_AUTH, option_auth },
	{ STR("BY"), SMTP_EXT_DELIVERBY, option_by },
	{ .read = NULL },
};

static const struct option_row	rcpt_rows[] = {
	{ STR("NOTIFY"), SMTP_EXT_DSN, option_notify },
	{ STR("ORCPT"), SMTP_EXT_DSN, option_orcpt },
	{ .read = NULL },
};

static int
option_refuse(struct smtp_refusal *why, int code, const char *text)
{
	*why = (struct smtp_refusal){ .code = code, .enhanced = { 5, 5, 4 },
	    .text = text };
	return -1;
}

static int
option_read(void *out, const struct option_row *row,
    const struct smtp_param *param, struct smtp_refusal *why)
{
	if (row->read(out, param->value) == -1)
		return option_refuse(why, 501, "Bad value of a parameter");
	return 0;
}

static int
option_read_all(void *out, const struct option_row *rows,
    const struct smtp_command *c, unsigned offered, struct smtp_refusal *why)
{
	const struct option_row	*row;
	size_t			 i;

	for (i = 0; i < c->param_count; i++) {
		for (row = rows; row->read != NULL; row++)
			if ((row->ext & offered) != 0 &&
			    str_caseeq(row->key, c->param[i].key))
				break;
		if (row->read == NULL)
			return option_refuse(why, 555,
			    "Parameter not supported");
		if (option_read(out, row, &c->param[i], why) == -1)
			return -1;
	}
	return 0;
}

int
smtp_mail_options(struct smtp_mail_options *o, const struct smtp_command *c,
    unsigned offered, struct smtp_refusal *why)
{
	*o = (struct smtp_mail_options){ .size = 0 };
	if (option_read_all(o, mail_rows, c, offered, why) == -1)
		return -1;
	if (o->body == SMTP_BODY_BINARYMIME &&
	    (offered & SMTP_EXT_BINARYMIME) == 0)
		return option_refuse(why, 501, "Bad value of a parameter");
	return 0;
}

int
smtp_rcpt_options(struct smtp_rcpt_options *o, const struct smtp_command *c,
    unsigned offered, bool smtputf8, struct smtp_refusal *why)
{
	*o = (struct smtp_rcpt_options){ .smtputf8 = smtputf8 };
	return option_read_all(o, rcpt_rows, c, offered, why);
}
