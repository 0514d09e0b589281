/*
 * A command line: parsed or refused.  A path that was taken must come back
 * the same from what is written for it; xtext must survive a round trip.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "smtp/command.h"
#include "smtp/option.h"
#include "base/xtext.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_path(const struct smtp_path *p, struct arena *a)
{
	struct smtp_path	again;
	struct buf		b = BUF_INIT;

	if (p->null)
		return;
	smtp_path_add(&b, p);
	if (smtp_address_parse(&again, buf_str(&b), a) == -1 ||
	    !str_eq(again.localpart, p->localpart) ||
	    !str_eq(again.domain, p->domain) || again.utf8 != p->utf8)
		abort();
	if (smtp_path_set(&again, p->localpart, p->domain) == -1)
		abort();
	buf_free(&b);
}

static void
check_xtext(struct str s)
{
	struct buf	enc = BUF_INIT, dec = BUF_INIT;

	if (s.len == 0)
		return;
	xtext_encode(&enc, s);
	if (xtext_decode(&dec, buf_str(&enc)) == -1 ||
	    !str_eq(buf_str(&dec), s))
		abort();
	buf_clear(&dec);
	(void)xtext_decode(&dec, s);
	buf_free(&enc);
	buf_free(&dec);
}

/* No parameter of DSN smuggles a control into a report. */
static void
check_printable(struct str xtext)
{
	struct buf	b = BUF_INIT;
	size_t		i;

	if (xtext_decode(&b, xtext) == -1)
		abort();
	for (i = 0; i < b.len; i++)
		if (buf_data(&b)[i] < ' ' || buf_data(&b)[i] > '~')
			abort();
	buf_free(&b);
}

/* What holds without SMTPUTF8 is ASCII, and holds with it. */
static void
check_orcpt(struct str orcpt)
{
	struct str	addr, type = str_split(orcpt, ';', &addr);

	if (orcpt.len == 0)
		return;
	if (!smtp_orcpt_ok(orcpt, true) ||
	    (smtp_orcpt_ok(orcpt, false) && !str_is_ascii(orcpt)))
		abort();
	if (!str_caseeq(type, STR("utf-8")))
		check_printable(addr);
}

/* What is passed on of NOTIFY means the same. */
static void
check_notify(unsigned notify)
{
	struct buf	b = BUF_INIT;
	unsigned	again = notify;

	smtp_notify_add(&b, notify);
	if (notify != 0 && (smtp_notify_parse(&again, buf_str(&b)) == -1 ||
	    again != notify))
		abort();
	buf_free(&b);
}

/* What is correct is read the same by who takes more. */
static void
check_lenient(struct str line, struct arena *a)
{
	static const struct smtp_leniency	all = { true, true,
	    STR("d.example") };
	struct smtp_command			c, strict;
	struct smtp_refusal			why;
	bool					ok;

	ok = smtp_command_parse(&c, line, &all, a, &why) == 0;
	if (ok && (c.verb == SMTP_MAIL || c.verb == SMTP_RCPT))
		check_path(&c.path, a);
	if (smtp_command_parse(&strict, line, NULL, a, &why) == -1)
		return;
	if (!ok || !str_eq(c.path.localpart, strict.path.localpart) ||
	    !str_eq(c.path.domain, strict.path.domain) ||
	    c.path.null != strict.path.null ||
	    c.param_count != strict.param_count)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str			line = { (const char *)data, size };
	struct smtp_mail_options	mail;
	struct smtp_rcpt_options	rcpt;
	struct smtp_refusal		why;
	struct smtp_command		c;
	struct arena			a = ARENA_INIT;

	check_lenient(line, &a);
	if (smtp_command_parse(&c, line, NULL, &a, &why) == -1) {
		if (why.code < 500 || why.code > 599 || why.text == NULL)
			abort();
	} else if (c.verb == SMTP_MAIL) {
		check_path(&c.path, &a);
		if (smtp_mail_options(&mail, &c, ~0u, &why) == 0)
			check_printable(mail.envid);
	} else if (c.verb == SMTP_RCPT) {
		check_path(&c.path, &a);
		if (smtp_rcpt_options(&rcpt, &c, ~0u, true, &why) == 0) {
			check_notify(rcpt.notify);
			check_orcpt(rcpt.orcpt);
		}
	}
	check_xtext(line);
	arena_free(&a);
	return 0;
}
