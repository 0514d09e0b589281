/*
 * schedule_rate - tokens, as one number
 *
 * Spread and bucket keep the theoretical arrival time of the next token (the
 * generic cell rate algorithm): it moves on by an interval per token, and a
 * token is there when that time has come.  How far it may lie in the past is
 * what may go at once: a bucket, its whole size; when spread, half an interval
 * or, where tokens are closer than the clock's ticks, two milliseconds, so
 * that being late costs nothing.
 *
 * A fixed window keeps its own beginning, plus a nanosecond per token taken.
 */
#include "schedule_rate.h"

#define RATE_MS		INT64_C(1000000)
#define RATE_LATE_NS	(2 * RATE_MS)

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
	int64_t size;

	if (l->algorithm == SCHEDULE_TOKENBUCKET) {
		size = l->rate.per_ms * RATE_MS - interval;
		return size < 0 ? 0 : size;
	}
	return interval / 2 > RATE_LATE_NS ? interval / 2 : RATE_LATE_NS;
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
