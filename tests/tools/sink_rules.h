/*
 * sink - what others see of it while it runs, and whom it refuses.  Included
 * by sink.c alone.
 */
#ifndef TESTS_TOOLS_SINK_RULES_H
#define TESTS_TOOLS_SINK_RULES_H

#include "sink.h"

/* So many bytes that others see; NULL: they can't be had. */
static void *
sink_map(const char *path, size_t size)
{
	int	 fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	void	*p;

	if (fd == -1 || ftruncate(fd, (off_t)size) == -1) {
		perror(path);
		return NULL;
	}
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	return p == MAP_FAILED ? NULL : p;
}

/* ---- The ledger: one byte a number, of recipients as "n17@..." ---------- */

static int
sink_ledger_open(struct sink *s, const char *arg)
{
	struct str	count, path = str_split(str_of(arg), ':', &count);
	char		*name = xasprintf("%.*s", (int)path.len, path.p);

	if (str_uint(count, 1u << 30, &s->ledger_size) == -1 ||
	    s->ledger_size == 0)
		fprintf(stderr, "sink: %s: not FILE:COUNT\n", arg);
	else
		s->ledger = sink_map(name, s->ledger_size);
	free(name);
	return s->ledger != NULL ? 0 : -1;
}

/* One recipient more; one that has no number has one beyond the ledger. */
static void
sink_ledger_note(struct client *c, struct str local)
{
	uint64_t	n;

	if (c->sink->ledger == NULL)
		return;
	if (local.len < 2 || local.p[0] != 'n' || str_uint((struct str){
	    local.p + 1, local.len - 1 }, c->sink->ledger_size - 1, &n) == -1)
		n = UINT64_MAX;
	if (c->rcpts >= c->numbers_cap) {
		c->numbers_cap = c->rcpts + 64;
		c->numbers = xreallocarray(c->numbers, c->numbers_cap,
		    sizeof *c->numbers);
	}
	c->numbers[c->rcpts] = n;
}

static void
sink_ledger_take(struct client *c)
{
	unsigned char	*seen;
	size_t		 i;

	for (i = 0; c->sink->ledger != NULL && i < c->rcpts; i++) {
		if (c->numbers[i] == UINT64_MAX)
			continue;
		seen = &c->sink->ledger[c->numbers[i]];
		*seen = (unsigned char)(*seen + (*seen < 255));
	}
}

/* ---- Who is refused ----------------------------------------------------- */

/* PREFIX=FROM-TO:TEXT */
static int
sink_refusal_add(struct sink *s, const char *arg)
{
	struct sink_refusal	*r = &s->refusal[s->refusals];
	struct str		 when, from, to, text;

	if (s->refusals == SINK_REFUSALS)
		return -1;
	r->prefix = str_split(str_of(arg), '=', &when);
	when = str_split(when, ':', &text);
	from = str_split(when, '-', &to);
	if (str_uint(from, UINT32_MAX, &r->from) == -1 ||
	    str_uint(to, UINT32_MAX, &r->to) == -1 || text.len == 0) {
		fprintf(stderr, "sink: %s: not PREFIX=FROM-TO:TEXT\n", arg);
		return -1;
	}
	r->text = text.p;
	s->refusals++;
	return 0;
}

/* Its answer, if there is one. */
static const char *
sink_refuse(const struct sink *s, struct str domain)
{
	uint64_t	now = (uint64_t)(clock_mono_ms() - s->start) / 1000;
	size_t		i;

	for (i = 0; i < s->refusals; i++)
		if (str_caseprefix(domain, s->refusal[i].prefix) &&
		    now >= s->refusal[i].from &&
		    (s->refusal[i].to == 0 || now < s->refusal[i].to))
			return s->refusal[i].text;
	return NULL;
}

#endif
