/*
 * A story is a paragraph for each event:
 *
 *	2026-11-22
 *	05:10:18.123456  queued (smtpd)
 *	    a message is durable in the queue; the client is told after this
 *	    entries=2 size=1234 ms=3
 */
#include <sys/ioctl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "log_print.h"

enum { PRINT_WIDTH = 80, PRINT_LEAST = 40, PRINT_INDENT = 4,
	PRINT_DAY = 10 };

static void
print_terminal(struct log_print *p)
{
	struct winsize	 w;
	const char	*term = getenv("TERM");

	if (p->width != 0)
		return;
	p->width = PRINT_WIDTH;
	if (isatty(STDOUT_FILENO) != 1)
		return;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 &&
	    w.ws_col >= PRINT_LEAST)
		p->width = w.ws_col;
	p->bold = term != NULL && strcmp(term, "dumb") != 0 &&
	    getenv("NO_COLOR") == NULL;
}

static void
print_bold(struct log_print *p, struct str text)
{
	if (p->bold)
		buf_add_text(&p->out, "\033[1m");
	log_quote(&p->out, text);
	if (p->bold)
		buf_add_text(&p->out, "\033[m");
}

/* "2026-11-22T05:10:18.123456Z" by day and time; other times as they are. */
static void
print_time(struct log_print *p, struct str time)
{
	if (time.len != 27 || time.p[PRINT_DAY] != 'T' || time.p[26] != 'Z') {
		log_quote(&p->out, time);
		return;
	}
	if (memcmp(p->day, time.p, PRINT_DAY) != 0) {
		memcpy(p->day, time.p, PRINT_DAY);
		log_quote(&p->out, (struct str){ time.p, PRINT_DAY });
		buf_add_byte(&p->out, '\n');
	}
	log_quote(&p->out, (struct str){ time.p + PRINT_DAY + 1, 15 });
}

/* Words, broken at the width; *column is where the line is. */
static void
print_word(struct log_print *p, struct str word, size_t *column)
{
	if (*column == 0 || *column + 1 + word.len > p->width) {
		if (*column > 0)
			buf_add_byte(&p->out, '\n');
		buf_printf(&p->out, "%*s", PRINT_INDENT, "");
		*column = PRINT_INDENT;
	} else {
		buf_add_byte(&p->out, ' ');
		(*column)++;
	}
	buf_add_str(&p->out, word);
	*column += word.len;
}

static void
print_help(struct log_print *p, struct str event)
{
	struct str	text = str_of(log_event_help(event)), word;
	size_t		column = 0;

	while (text.len > 0) {
		word = str_split(text, ' ', &text);
		print_word(p, word, &column);
	}
	if (column > 0)
		buf_add_byte(&p->out, '\n');
}

static bool
print_hides(const struct log_print *p, const struct log_value *v)
{
	return (str_eq(v->name, STR("conn")) || str_eq(v->name, STR("txn"))) &&
	    (str_eq(v->text, p->hide[0]) || str_eq(v->text, p->hide[1]));
}

static void
print_fields(struct log_print *p, const struct log_line *l)
{
	struct buf	word = BUF_INIT;
	size_t		i, column = 0;

	for (i = 0; i < l->count; i++) {
		if (print_hides(p, &l->value[i]))
			continue;
		buf_clear(&word);
		log_quote(&word, l->value[i].name);
		buf_add_byte(&word, '=');
		log_quote(&word, l->value[i].text);
		print_word(p, buf_str(&word), &column);
	}
	if (column > 0)
		buf_add_byte(&p->out, '\n');
	buf_free(&word);
}

void
log_print_story(struct log_print *p, const struct log_line *l)
{
	print_terminal(p);
	p->count++;
	if (p->json) {
		buf_add_text(&p->out, p->count > 1 ? ",\n" : "\n");
		log_line_json(l, &p->out);
		return;
	}
	print_time(p, l->time);
	buf_add_text(&p->out, "  ");
	print_bold(p, l->event);
	if (l->program.p != NULL) {
		buf_add_text(&p->out, " (");
		log_quote(&p->out, l->program);
		if (!str_eq(l->level, STR("info"))) {
			buf_add_text(&p->out, ", ");
			log_quote(&p->out, l->level);
		}
		buf_add_byte(&p->out, ')');
	}
	buf_add_byte(&p->out, '\n');
	print_help(p, l->event);
	print_fields(p, l);
}

void
log_print_line(struct log_print *p, const struct log_line *l)
{
	p->count++;
	if (p->json)
		log_line_json(l, &p->out);
	else
		log_line_text(l, &p->out);
	buf_add_byte(&p->out, '\n');
}

void
log_print_other(struct log_print *p, struct str line)
{
	p->count++;
	if (p->json) {
		buf_add_text(&p->out, "{\"line\":");
		buf_add_json(&p->out, line);
		buf_add_byte(&p->out, '}');
	} else
		log_quote(&p->out, line);
	buf_add_byte(&p->out, '\n');
}

int
log_print_flush(struct log_print *p, struct err *e)
{
	struct str	s = buf_str(&p->out);
	size_t		n = s.len > 0 ? fwrite(s.p, 1, s.len, stdout) : 0;

	buf_clear(&p->out);
	return n == s.len && fflush(stdout) == 0 ? 0 :
	    err_errno(e, "standard output");
}

void
log_print_fini(struct log_print *p)
{
	buf_free(&p->out);
}
