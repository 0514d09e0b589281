/*
 * dsn_make [NAME=VALUE ...]: writes the notification that an order makes, for
 * tests with other people's parsers.  NAME is order.FIELD or entry.FIELD of
 * the tables; template is a directory, language, size_limit and hostname are
 * as the parameters, original is a file.  A value of a LIST or of PAIRS is
 * one item, or two at its first "=", and may be given again.  \n and the like
 * are not known: a shell has them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dsn/notification.h"
#include "spool/fields.h"

struct maker {
	struct spool_entry		 entry;
	struct dsn_order		 order;
	struct notification_request	 rq;
	struct templates		*templates;
	struct buf			 original;
	size_t				 shown;
};

static void
maker_UINT(uint64_t *to, const char *value, struct str *unused)
{
	(void)unused;
	*to = strtoull(value, NULL, 10);
}

static void
maker_TEXT(struct str *to, const char *value, struct str *unused)
{
	(void)unused;
	*to = str_of(value);
}

/* Its bytes live as long as the process. */
static void
maker_add(struct str *to, struct str item)
{
	struct buf	b = BUF_INIT;

	buf_add_str(&b, *to);
	fields_list_add(&b, item);
	*to = buf_str(&b);
}

static void
maker_LIST(struct str *to, const char *value, struct str *unused)
{
	(void)unused;
	maker_add(to, str_of(value));
}

static void
maker_PAIRS(struct str *to, const char *value, struct str *unused)
{
	struct str	second, first = str_split(str_of(value), '=', &second);

	(void)unused;
	maker_add(to, first);
	maker_add(to, second);
}

static int
maker_set(struct maker *m, const char *name, const char *value)
{
#define ORDER_FIELD(tag, kind, field, max, what) \
	if (strcmp(name, "order." #field) == 0) \
		return maker_##kind(&m->order.field, value, NULL), 0;
#include "dsn/order.def"
#undef ORDER_FIELD
#define ENTRY_FIELD(tag, kind, field, max, what) \
	if (strcmp(name, "entry." #field) == 0) \
		return maker_##kind(&m->entry.field, value, NULL), 0;
#include "spool/entry.def"
#undef ENTRY_FIELD
	return -1;
}

static int
maker_read(struct maker *m, const char *path)
{
	FILE	*f = fopen(path, "rb");
	size_t	 n;

	if (f == NULL)
		return -1;
	while ((n = fread(buf_reserve(&m->original, 4096), 1, 4096, f)) > 0)
		buf_added(&m->original, n);
	return fclose(f);
}

static int
maker_load(struct maker *m, const char *directory)
{
	struct template_fault	f;

	if (templates_load(m->templates, directory, &f) == 0)
		return 0;
	(void)fprintf(stderr, "%s:%d:%d: %s\n", f.file, f.line, f.column,
	    f.err.text);
	return -1;
}

/* The original in pieces of seven bytes. */
static int
maker_next(void *arg, struct str *piece, struct err *e)
{
	struct maker	*m = arg;
	struct str	 s = buf_str(&m->original);

	(void)e;
	*piece = (struct str){ s.p + m->shown, s.len - m->shown < 7 ?
	    s.len - m->shown : 7 };
	m->shown += piece->len;
	return piece->len == 0;
}

static int
maker_option(struct maker *m, const char *name, const char *value)
{
	if (strcmp(name, "original") == 0) {
		m->rq.next = maker_next;
		return maker_read(m, value);
	}
	if (strcmp(name, "templates") == 0)
		return maker_load(m, value);
	if (strcmp(name, "language") == 0)
		m->rq.language = str_of(value);
	else if (strcmp(name, "hostname") == 0)
		m->rq.hostname = str_of(value);
	else if (strcmp(name, "size_limit") == 0)
		m->rq.size_limit = strtoull(value, NULL, 10);
	else
		return maker_set(m, name, value);
	return 0;
}

int
main(int argc, char **argv)
{
	static struct maker	m = { .entry = { .ts_us = 1700000000000000,
	    .sender = { "sender@a.example", 16 },
	    .recipient = { "recipient@b.example", 19 } },
	    .order = { .action = ENTRY_ACTION_FAILED, .id = {
	    "018c190a-0000-7000-8000-000000000001", 36 } },
	    .rq = { .id = { "018c190a-0000-7000-8000-000000000000:1", 38 },
	    .language = { "en", 2 }, .hostname = { "mx.example.org", 14 },
	    .size_limit = 51200, .now_us = 1700000100000000 } };
	struct notification	n;
	struct err		e;
	char			*value;
	int			 i;

	m.templates = templates_new();
	for (i = 1; i < argc; i++) {
		value = strchr(argv[i], '=');
		if (value != NULL)
			*value++ = '\0';
		if (value == NULL || maker_option(&m, argv[i], value) == -1) {
			(void)fprintf(stderr, "dsn_make: %s\n", argv[i]);
			return 2;
		}
	}
	m.rq.entry = &m.entry;
	m.rq.order = &m.order;
	m.rq.templates = m.templates;
	m.rq.arg = &m;
	if (notification_make(&n, &m.rq, &e) == -1) {
		(void)fprintf(stderr, "dsn_make: %s\n", e.text);
		return 1;
	}
	if (n.trouble.text[0] != '\0')
		(void)fprintf(stderr, "trouble: %s\n", n.trouble.text);
	(void)fwrite(buf_data(&n.message), 1, n.message.len, stdout);
	notification_fini(&n);
	templates_free(&m.templates);
	return 0;
}
