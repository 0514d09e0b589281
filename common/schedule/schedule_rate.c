/*
 * schedule_rate - tokens, as one number
 *
 * Spread and bucket keep the theoretical arrival time of the next token (the
 * generic cell rate algorithm): it moves on by an interval per token, and a
 * token is there when that time has come.  How far it may lie in the past is
 * what may go at once: a bucket, its whole size; when spread, half an interval
 * or, where tokens are closer than turns of the event loop are, ten
 * milliseconds or a fiftieth of the rate's time, so that being late costs
 * nothing.
 *
 * A fixed window keeps its own beginning, plus a nanosecond per token taken.
 *
 * Where limits change, what was spent is taken over:
 *
 *	bucket -> bucket		the same number is missing
 *	both -> spread			the next is a new interval after the
 *	spread -> bucket		last, and nothing is saved up
 *	all -> window			the most that can have been taken since
 *					the window began
 *	window -> spread, bucket	as if they had been taken one by one
 *					since the window began
 */
#include "schedule_rate.h"

#define RATE_MS		INT64_C(1000000)
#define RATE_LONGEST_MS	(INT64_C(400) * 86400 * 1000)
#define RATE_LATE_NS	(10 * RATE_MS)
#define RATE_LATE_PART	50		/* of its time */

/* Between two tokens, rounded up. */
static int64_t
rate_interval(const struct schedule_limits *l)
{
	uint64_t per = (uint64_t)l->rate.per_ms * RATE_MS;
	uint64_t n = l->rate.thousandths;

	return (int64_t)(per / n * 1000 + (per % n * 1000 + n - 1) / n);
}

static int64_t
rate_tolerance(const struct schedule_limits *l, int64_t interval)
{
	int64_t size = (int64_t)(l->rate.thousandths / 1000);
	int64_t late = l->rate.per_ms * RATE_MS / RATE_LATE_PART;

	if (l->algorithm == SCHEDULE_TOKENBUCKET)
		return size < 2 ? 0 : (size - 1) * interval;
	if (late > RATE_LATE_NS)
		late = RATE_LATE_NS;
	return interval / 2 > late ? interval / 2 : late;
}

/* A window's length and its whole number of tokens. */
static void
rate_window(const struct schedule_limits *l, int64_t *ns, int64_t *tokens)
{
	uint64_t n = l->rate.thousandths;
	uint64_t times = 1;

	while (n * times % 1000 != 0 && times < 1000)
		times *= 10;
	*ns = l->rate.per_ms * RATE_MS * (int64_t)times;
	*tokens = (int64_t)(n * times / 1000);
	if (*tokens >= *ns)
		*tokens = *ns - 1;
}

/* What is too old to count is as of now. */
static int64_t
rate_current(const struct schedule_limits *l, int64_t tat_ns, int64_t now)
{
	int64_t ns, tokens, oldest;

	if (l->algorithm == SCHEDULE_FIXEDWINDOW) {
		rate_window(l, &ns, &tokens);
		oldest = now - now % ns;
	} else {
		oldest = now - rate_tolerance(l, rate_interval(l));
	}
	return tat_ns < oldest ? oldest : tat_ns;
}

int64_t
rate_cold(const struct schedule_limits *l, int64_t start_ms)
{
	int64_t ns, tokens, at = start_ms * RATE_MS;

	if (l->rate.thousandths == 0)
		return INT64_MIN / 2;
	if (l->algorithm != SCHEDULE_FIXEDWINDOW)
		return at + rate_interval(l);
	rate_window(l, &ns, &tokens);
	return at - at % ns + tokens;
}

uint32_t
rate_tokens(const struct schedule_limits *l, int64_t tat_ns, int64_t now_ms,
    uint32_t most)
{
	int64_t now = now_ms * RATE_MS, ns, tokens;

	if (l->rate.thousandths == 0)
		return most;
	tat_ns = rate_current(l, tat_ns, now);
	if (l->algorithm == SCHEDULE_FIXEDWINDOW) {
		rate_window(l, &ns, &tokens);
		tokens -= tat_ns % ns;
	} else {
		tokens = tat_ns > now ? 0 :
		    (now - tat_ns) / rate_interval(l) + 1;
	}
	if (tokens < 0)
		tokens = 0;
	return tokens < (int64_t)most ? (uint32_t)tokens : most;
}

int64_t
rate_take(const struct schedule_limits *l, int64_t tat_ns, int64_t now_ms,
    uint32_t count)
{
	if (l->rate.thousandths == 0)
		return tat_ns;
	tat_ns = rate_current(l, tat_ns, now_ms * RATE_MS);
	return l->algorithm == SCHEDULE_FIXEDWINDOW ? tat_ns + count :
	    tat_ns + rate_interval(l) * count;
}

int64_t
rate_give(const struct schedule_limits *l, int64_t tat_ns, int64_t now_ms,
    uint32_t count)
{
	int64_t now = now_ms * RATE_MS, ns, tokens, taken;

	if (l->rate.thousandths == 0)
		return tat_ns;
	if (l->algorithm != SCHEDULE_FIXEDWINDOW)
		return tat_ns - rate_interval(l) * count;
	rate_window(l, &ns, &tokens);
	if (tat_ns < now - now % ns)
		return tat_ns;
	taken = tat_ns % ns;
	return tat_ns - (taken < count ? taken : (int64_t)count);
}

int64_t
rate_when(const struct schedule_limits *l, int64_t tat_ns, int64_t now_ms)
{
	int64_t ns, tokens, at;

	if (rate_tokens(l, tat_ns, now_ms, 1) > 0)
		return now_ms;
	if (l->algorithm == SCHEDULE_FIXEDWINDOW) {
		rate_window(l, &ns, &tokens);
		at = tat_ns - tat_ns % ns + ns;
	} else {
		at = tat_ns;
	}
	return (at + RATE_MS - 1) / RATE_MS;
}

int64_t
rate_full(const struct schedule_limits *l, int64_t tat_ns)
{
	int64_t interval, ns, tokens;

	if (l->rate.thousandths == 0)
		return INT64_MIN;
	if (l->algorithm == SCHEDULE_FIXEDWINDOW) {
		rate_window(l, &ns, &tokens);
		return (tat_ns - tat_ns % ns + ns) / RATE_MS;
	}
	interval = rate_interval(l);
	return (tat_ns + rate_tolerance(l, interval)) / RATE_MS + 1;
}

int64_t
rate_until(const struct schedule_limits *l, int64_t full_ms, int64_t now_ms)
{
	int64_t last, ns, tokens;

	if (l->rate.thousandths == 0 || full_ms <= 0)
		return INT64_MIN / 2;
	if (full_ms > RATE_LONGEST_MS)
		full_ms = RATE_LONGEST_MS;
	last = (now_ms + full_ms) * RATE_MS - 1;
	if (l->algorithm != SCHEDULE_FIXEDWINDOW)
		return last - rate_tolerance(l, rate_interval(l));
	rate_window(l, &ns, &tokens);
	return last - last % ns + tokens;
}

/* ---- Other limits ------------------------------------------------------- */

static int64_t
rate_least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The most tokens that can have been taken since then, by what is kept. */
static int64_t
rate_taken_since(const struct schedule_limits *l, int64_t tat_ns,
    int64_t since)
{
	int64_t ns, tokens, interval, taken;

	if (l->algorithm == SCHEDULE_FIXEDWINDOW) {
		rate_window(l, &ns, &tokens);
		taken = tat_ns % ns;
		tat_ns -= taken;
		if (tat_ns > since)	/* the windows before it were full */
			return taken + (tat_ns - since + ns - 1) / ns * tokens;
		return tat_ns + ns > since ? taken : 0;
	}
	interval = rate_interval(l);
	since -= rate_tolerance(l, interval);
	return tat_ns <= since ? 0 : (tat_ns - since + interval - 1) / interval;
}

static int64_t
rate_to_window(const struct schedule_limits *from,
    const struct schedule_limits *to, int64_t tat_ns, int64_t now)
{
	int64_t ns, tokens, since;

	rate_window(to, &ns, &tokens);
	since = now - now % ns;
	return since + rate_least(tokens,
	    rate_taken_since(from, tat_ns, since));
}

/* A window that is over has no tokens to take over.  Whoever waits does so to
 * the window's end at most, or for one token. */
static int64_t
rate_from_window(const struct schedule_limits *from,
    const struct schedule_limits *to, int64_t tat_ns, int64_t now)
{
	int64_t ns, tokens, since, taken, interval = rate_interval(to), next;

	rate_window(from, &ns, &tokens);
	since = now - now % ns;
	taken = tat_ns < since ? 0 : tat_ns % ns;
	if (taken == 0)
		return INT64_MIN / 2;
	next = since + ns > now + interval ? since + ns : now + interval;
	since -= rate_tolerance(to, interval);
	if (taken > (next - since) / interval)
		return next;
	return since + taken * interval;
}

static int64_t
rate_from_interval(const struct schedule_limits *from,
    const struct schedule_limits *to, int64_t tat_ns, int64_t now)
{
	int64_t interval = rate_interval(to), late, old, last, missing;

	late = rate_tolerance(to, interval);
	if (from->algorithm == SCHEDULE_TOKENBUCKET &&
	    to->algorithm == SCHEDULE_TOKENBUCKET) {
		missing = rate_taken_since(from, tat_ns, now);
		if (missing > late / interval)
			return now + interval;
		return now - late + missing * interval;
	}
	old = rate_interval(from);
	last = rate_least(tat_ns - old + rate_tolerance(from, old), now);
	return last + interval - (to->algorithm == SCHEDULE_SPREAD ? late : 0);
}

int64_t
rate_convert(const struct schedule_limits *from,
    const struct schedule_limits *to, int64_t tat_ns, int64_t now_ms)
{
	int64_t now = now_ms * RATE_MS;

	if (from->rate.thousandths == 0 || to->rate.thousandths == 0 ||
	    tat_ns == INT64_MIN / 2)
		return INT64_MIN / 2;	/* nothing was counted, or will be */
	if (to->algorithm == SCHEDULE_FIXEDWINDOW)
		return rate_to_window(from, to, tat_ns, now);
	if (from->algorithm == SCHEDULE_FIXEDWINDOW)
		return rate_from_window(from, to, tat_ns, now);
	return rate_from_interval(from, to, tat_ns, now);
}
