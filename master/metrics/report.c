/*
 * Pages are summed by service first: a page is its worker's to write, so that
 * no name in it is trusted to end, nor to be text.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/version.h"
#include "proc/daemon.h"

#include "report.h"

struct sum {
	char			service[BOARD_SERVICE_MAX];
	uint64_t		value[COUNTER_MAX];
	uint64_t		bucket[HISTOGRAM_MAX][HISTOGRAM_BUCKETS];
	uint64_t		sum_ms[HISTOGRAM_MAX];
	struct board_backend	backend[BOARD_BACKENDS];
	int64_t			certificate_ends;
	unsigned		accepting;	/* workers that do */
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

static void
sum_add(struct sum *sum, const struct board *b)
{
	int64_t	ends = b->certificate_ends;
	int	i, k;

	for (i = 0; i < COUNTER_MAX; i++)
		sum->value[i] += board_get(b, (enum counter)i);
	for (i = 0; i < HISTOGRAM_MAX; i++) {
		for (k = 0; k < HISTOGRAM_BUCKETS; k++)
			sum->bucket[i][k] += board_duration(b,
			    (enum histogram)i, k);
		sum->sum_ms[i] += board_duration(b, (enum histogram)i, k);
	}
	board_backends_add(sum->backend, b->backend);
	if (ends != 0 && (sum->certificate_ends == 0 ||
	    ends < sum->certificate_ends))
		sum->certificate_ends = ends;
	if (b->accepting != 0)
		sum->accepting++;
}

static void
sums_make(struct sums *s, const struct worker *w)
{
	const struct page	*p;
	char			 service[BOARD_SERVICE_MAX];

	STAILQ_FOREACH(p, &w->pages, link) {
		memcpy(service, p->board->service, sizeof service);
		service[sizeof service - 1] = '\0';
		if (service[0] != '\0')
			sum_add(sums_of(s, service), p->board);
	}
}

/* ---- The text format of Prometheus ------------------------------------- */

/* A label escapes "\\" and quotes; what is not printable ASCII becomes "?". */
static void
metric_label(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, "%s=\"", name);
	for (; *value != '\0'; value++) {
		if (*value == '\\' || *value == '"')
			buf_add_byte(out, '\\');
		buf_add_byte(out, *value < ' ' || *value >= 0x7f ? '?' :
		    *value);
	}
	buf_add_byte(out, '"');
}

static void
metric_head(struct buf *out, const char *name, const char *type,
    const char *help)
{
	buf_printf(out, "# HELP halyard_%s %s\n# TYPE halyard_%s %s\n", name,
	    help, name, type);
}

static void
metric_sample(struct buf *out, const char *name, const struct sum *sum)
{
	buf_printf(out, "halyard_%s{", name);
	metric_label(out, "service", sum->service);
}

static void
report_counter(struct buf *out, const struct sums *s, int i)
{
	const struct counter_row	*row = &counter_rows[i];
	size_t				 k;

	metric_head(out, row->metric, row->gauge ? "gauge" : "counter",
	    row->help);
	for (k = 0; k < s->count; k++) {
		metric_sample(out, row->metric, &s->list[k]);
		buf_printf(out, "} %" PRIu64 "\n", s->list[k].value[i]);
	}
}

static void
report_buckets(struct buf *out, const struct sum *sum, int i)
{
	const char	*name = histogram_rows[i].metric;
	uint64_t	 n = 0;
	int		 k;

	for (k = 0; k < HISTOGRAM_BUCKETS; k++) {
		n += sum->bucket[i][k];
		buf_printf(out, "halyard_%s_bucket{", name);
		metric_label(out, "service", sum->service);
		if (k == HISTOGRAM_BUCKETS - 1)
			buf_add_text(out, ",le=\"+Inf\"} ");
		else
			buf_printf(out, ",le=\"%g\"} ",
			    (double)histogram_bounds_ms[k] / 1000);
		buf_printf(out, "%" PRIu64 "\n", n);
	}
	buf_printf(out, "halyard_%s_sum{", name);
	metric_label(out, "service", sum->service);
	buf_printf(out, "} %.3f\nhalyard_%s_count{",
	    (double)sum->sum_ms[i] / 1000, name);
	metric_label(out, "service", sum->service);
	buf_printf(out, "} %" PRIu64 "\n", n);
}

/* A service that takes no mail has none of these. */
static bool
sum_has_histogram(const struct sum *sum, int i)
{
	int	k;

	for (k = 0; k < HISTOGRAM_BUCKETS; k++)
		if (sum->bucket[i][k] != 0)
			return true;
	return false;
}

static void
report_histogram(struct buf *out, const struct sums *s, int i)
{
	size_t	k;

	metric_head(out, histogram_rows[i].metric, "histogram",
	    histogram_rows[i].help);
	for (k = 0; k < s->count; k++)
		if (sum_has_histogram(&s->list[k], i))
			report_buckets(out, &s->list[k], i);
}

static void
report_backend(struct buf *out, const struct sum *sum,
    const struct board_backend *b)
{
	static const char *const	results[] = {
		[BACKEND_ACCEPTED] = "accepted",
		[BACKEND_DEFERRED] = "deferred",
		[BACKEND_REJECTED] = "rejected",
		[BACKEND_FAILED] = "failed",
	};
	int				i;

	for (i = 0; i < BACKEND_RESULTS; i++) {
		metric_sample(out, "backend_deliveries_total", sum);
		buf_add_byte(out, ',');
		metric_label(out, "backend", b->name);
		buf_printf(out, ",result=\"%s\"} %" PRIu64 "\n", results[i],
		    b->result[i]);
	}
}

static void
report_backends(struct buf *out, const struct sums *s)
{
	size_t	k;
	int	i;

	metric_head(out, "backend_deliveries_total", "counter",
	    "In-line deliveries by backend and how they ended");
	for (k = 0; k < s->count; k++)
		for (i = 0; i < BOARD_BACKENDS; i++)
			if (s->list[k].backend[i].name[0] != '\0')
				report_backend(out, &s->list[k],
				    &s->list[k].backend[i]);
}

static void
report_certificates(struct buf *out, const struct sums *s)
{
	size_t	k;

	metric_head(out, "certificate_expiry_timestamp_seconds", "gauge",
	    "When the service's first certificate ends, in unix time");
	for (k = 0; k < s->count; k++) {
		if (s->list[k].certificate_ends == 0)
			continue;
		metric_sample(out, "certificate_expiry_timestamp_seconds",
		    &s->list[k]);
		buf_printf(out, "} %" PRId64 "\n",
		    s->list[k].certificate_ends);
	}
}

static void
report_accepting(struct buf *out, const struct sums *s)
{
	size_t	k;

	metric_head(out, "workers_accepting", "gauge",
	    "Workers of the service that accept connections");
	for (k = 0; k < s->count; k++) {
		metric_sample(out, "workers_accepting", &s->list[k]);
		buf_printf(out, "} %u\n", s->list[k].accepting);
	}
}

void
report_prometheus(const struct worker *w, struct buf *out)
{
	struct sums	s = { NULL, 0 };
	int		i;

	sums_make(&s, w);
	metric_head(out, "build_info", "gauge",
	    "Which Halyard this is; the value is always 1");
	buf_printf(out, "halyard_build_info{version=\"%s\"} 1\n",
	    halyard_version());
	for (i = 0; i < COUNTER_MAX; i++)
		report_counter(out, &s, i);
	for (i = 0; i < HISTOGRAM_MAX; i++)
		report_histogram(out, &s, i);
	report_backends(out, &s);
	report_certificates(out, &s);
	report_accepting(out, &s);
	free(s.list);
}

bool
report_ready(const struct worker *w, struct buf *out)
{
	struct sums	s = { NULL, 0 };
	bool		ready = false, missing = false;
	size_t		k;

	sums_make(&s, w);
	for (k = 0; k < s.count; k++) {
		/* Only services of sessions have workers that accept. */
		if (s.list[k].accepting > 0)
			ready = true;
		else if (s.list[k].value[COUNTER_sessions_total] > 0) {
			missing = true;
			buf_printf(out, "%s accepts nothing\n",
			    s.list[k].service);
		}
	}
	free(s.list);
	if (!ready && !missing)
		buf_add_text(out, "no service accepts connections\n");
	if (ready && !missing)
		buf_add_text(out, "ready\n");
	return ready && !missing;
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
