#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "proc/daemon.h"

#include "report.h"

struct sum {
	char		service[BOARD_SERVICE_MAX];
	uint64_t	value[COUNTER_MAX];
};

struct sums {
	struct sum	*list;
	size_t		 count;
};

static struct sum *
sums_of(struct sums *s, const char *service)
{
	size_t	i;

	for (i = 0; i < s->count; i++)
		if (strcmp(s->list[i].service, service) == 0)
			return &s->list[i];
	s->list = xreallocarray(s->list, s->count + 1, sizeof *s->list);
	memset(&s->list[s->count], 0, sizeof *s->list);
	(void)strlcpy(s->list[s->count].service, service, BOARD_SERVICE_MAX);
	return &s->list[s->count++];
}

/* A page is its worker's to write: its name may be any bytes. */
static void
sums_make(struct sums *s, const struct worker *w)
{
	const struct page	*p;
	struct sum		*sum;
	char			 service[BOARD_SERVICE_MAX];
	int			 i;

	STAILQ_FOREACH(p, &w->pages, link) {
		memcpy(service, p->board->service, sizeof service);
		service[sizeof service - 1] = '\0';
		if (service[0] == '\0')
			continue;
		sum = sums_of(s, service);
		for (i = 0; i < COUNTER_MAX; i++)
			sum->value[i] += board_get(p->board,
			    (enum counter)i);
	}
}

static void
report_row(struct buf *out, const struct sums *s, int i)
{
	size_t	k;

	buf_printf(out, "# HELP halyard_%s %s\n# TYPE halyard_%s %s\n",
	    counter_rows[i].name, counter_rows[i].help, counter_rows[i].name,
	    counter_rows[i].gauge ? "gauge" : "counter");
	for (k = 0; k < s->count; k++) {
		buf_printf(out, "halyard_%s{service=", counter_rows[i].name);
		buf_add_json(out, str_of(s->list[k].service));
		buf_add_text(out, "} ");
		buf_add_uint(out, s->list[k].value[i]);
		buf_add_byte(out, '\n');
	}
}

void
report_prometheus(const struct worker *w, struct buf *out)
{
	struct sums	s = { NULL, 0 };
	int		i;

	sums_make(&s, w);
	for (i = 0; i < COUNTER_MAX; i++)
		report_row(out, &s, i);
	free(s.list);
}

void
report_json(const struct worker *w, struct buf *out)
{
	struct sums	s = { NULL, 0 };
	size_t		k;
	int		i;

	sums_make(&s, w);
	buf_add_byte(out, '{');
	for (k = 0; k < s.count; k++) {
		if (k > 0)
			buf_add_byte(out, ',');
		buf_add_json(out, str_of(s.list[k].service));
		buf_add_byte(out, ':');
		for (i = 0; i < COUNTER_MAX; i++) {
			buf_add_byte(out, i == 0 ? '{' : ',');
			buf_add_json(out, str_of(counter_rows[i].name));
			buf_add_byte(out, ':');
			buf_add_uint(out, s.list[k].value[i]);
		}
		buf_add_byte(out, '}');
	}
	buf_add_text(out, "}\n");
	free(s.list);
}
