/*
 * The pool alone, with ten thousand destinations: what is looked at to find,
 * keep and evict a connection is counted.  The clients are this file's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "event/loop.h"
#include "send/pool.h"

#define KEYS	10000

struct client {
	void			*arg;
	struct send_backend	 backend;
	char			 host[32];
	bool			 dead, quit;
	size_t			 asked;		/* whether it is usable */
};

/* ---- A client that does nothing ---------------------------------------- */

static size_t	quits;
static int	last_quit;	/* its number */
static int64_t	last_rest;

void
client_free(struct client **c)
{
	*c = NULL;
}

void
client_set_arg(struct client *c, void *arg)
{
	c->arg = arg;
}

const struct send_backend *
client_backend(const struct client *c)
{
	return &c->backend;
}

bool
client_usable(struct client *c)
{
	c->asked++;
	return !c->dead;
}

bool
client_suits(const struct client *c, const struct send_request *req)
{
	(void)c;
	return !req->smtputf8;		/* this test's way to say no */
}

size_t
client_transactions(const struct client *c)
{
	(void)c;
	return 1;
}

void
client_rest(struct client *c, int64_t idle_ms)
{
	(void)c;
	last_rest = idle_ms;
}

void
client_quit(struct client *c)
{
	c->quit = true;
	quits++;
	last_quit = atoi(c->host + 2);
}

/* ---- The fixture ------------------------------------------------------- */

static struct client	clients[KEYS];
static struct pooled	*pooled[KEYS];
static struct pool	pool;
static struct loop	*loop;
static char		told[64];	/* what the last grants heard */

static enum grant_answer
yes(void *arg, struct grant *g)
{
	(void)arg;
	(void)g;
	return GRANT_YES;
}

static void
tell(void *arg, struct grant *g, enum grant_event ev)
{
	static const char	letters[] = "DORUBLC";
	size_t			n = strlen(told);

	(void)arg;
	(void)g;
	if (n + 1 < sizeof told) {
		told[n] = letters[ev];
		told[n + 1] = '\0';
	}
}

static void
request(struct send_request *req, size_t i)
{
	*req = (struct send_request){ .backend = { .port = 25,
	    .helo = STR("us"), .username = STR("u"),
	    .password = STR("secret") } };
	(void)snprintf(clients[i].host, sizeof clients[i].host,
	    "mx%zu.example.net", i);
	req->backend.host = str_of(clients[i].host);
}

/* One connection to the i'th, which then rests. */
static void
add(size_t i)
{
	struct send_request	req;

	request(&req, i);
	clients[i] = (struct client){ .backend = req.backend };
	request(&req, i);
	pooled[i] = pool_add(&pool, &req, &clients[i],
	    calloc(1, sizeof(struct grant)));
	pool_rest(pooled[i]);
}

static void
begin(size_t total, size_t per_backend)
{
	struct send_limits	limits = { .idle_ms = 1000,
				    .transactions = 100, .idle_total = total,
				    .idle_per_backend = per_backend };

	if (loop == NULL)
		loop = loop_new(NULL);
	assert_non_null(loop);
	pool_init(&pool, loop, &limits);
	pool.granter = (struct granter){ .ask = yes, .told = tell };
	quits = 0;
	told[0] = '\0';
}

/* ---- The tests --------------------------------------------------------- */

static void
test_many(void **state)
{
	struct send_request	req;
	size_t			i, asked = 0;

	(void)state;
	begin(0, 0);
	for (i = 0; i < KEYS; i++)
		add(i);
	assert_int_equal(pool.keys.count, KEYS);
	assert_int_equal(pool.idle_count, KEYS);
	pool.keys.steps = 0;
	for (i = 0; i < KEYS; i++) {
		request(&req, i);
		assert_ptr_equal(pool_take(&pool, &req), pooled[i]);
		assert_null(pool_take(&pool, &req));
		asked += clients[i].asked;
	}
	assert_int_equal(asked, KEYS);
	assert_true(pool.keys.steps < KEYS * 4);	/* of two finds each */
	assert_int_equal(pool.idle_count, 0);
	for (i = 0; i < KEYS; i++)
		pool_rest(pooled[i]);
	assert_int_equal(pool.idle_count, KEYS);
	pool_fini(&pool);
}

/* Above the limit the one that rested longest goes, each time. */
static void
test_total(void **state)
{
	int	i;

	(void)state;
	begin(KEYS / 2, 0);
	for (i = 0; i < KEYS; i++) {
		add((size_t)i);
		if (i >= KEYS / 2)
			assert_int_equal(last_quit, i - KEYS / 2);
	}
	assert_int_equal(quits, KEYS / 2);
	assert_int_equal(pool.idle_count, KEYS / 2);
	pool_fini(&pool);
}

static void
test_per_backend(void **state)
{
	struct send_request	req;
	size_t			i;

	(void)state;
	begin(0, 2);
	add(9);
	for (i = 0; i < 4; i++) {
		request(&req, 9);
		clients[i] = (struct client){ .backend = req.backend };
		(void)snprintf(clients[i].host, sizeof clients[i].host,
		    "c %zu", i);
		pooled[i] = pool_add(&pool, &req, &clients[i],
		    calloc(1, sizeof(struct grant)));
		pool_rest(pooled[i]);
	}
	assert_int_equal(quits, 3);
	assert_int_equal(last_quit, 1);
	request(&req, 9);
	assert_ptr_equal(pool_take(&pool, &req), pooled[3]);
	pool_fini(&pool);
}

/* A dead one is closed, the next one taken; what suits none takes none. */
static void
test_take(void **state)
{
	struct send_request	req;
	size_t			i;

	(void)state;
	begin(0, 0);
	for (i = 0; i < 3; i++) {
		request(&req, 0);
		clients[i + 1] = (struct client){ .backend = req.backend,
		    .dead = i != 0 };
		pooled[i] = pool_add(&pool, &req, &clients[i + 1],
		    calloc(1, sizeof(struct grant)));
		pool_rest(pooled[i]);
	}
	req.smtputf8 = true;
	assert_null(pool_take(&pool, &req));
	req.smtputf8 = false;
	req.backend.password = STR("other");
	assert_null(pool_take(&pool, &req));
	req.backend.password = STR("secret");
	told[0] = '\0';
	assert_ptr_equal(pool_take(&pool, &req), pooled[0]);
	assert_string_equal(told, "CCU");
	clients[1].dead = true;
	pool_rest(pooled[0]);
	assert_null(pool_take(&pool, &req));	/* its key goes with it */
	assert_int_equal(pool.keys.count, 0);
	pool_fini(&pool);
}

/* What a granter hears of one connection, to an order of its own. */
static void
test_told(void **state)
{
	struct grant	*g;

	(void)state;
	begin(0, 0);
	add(1);
	g = pooled[1]->grant;
	assert_int_equal(g->state, GRANT_IDLE);
	grant_evict(g);
	assert_int_equal(g->state, GRANT_LEAVING);
	grant_evict(g);
	pool_close(pooled[1]);
	assert_string_equal(told, "ORLC");
	assert_int_equal(quits, 1);
	pool_fini(&pool);
}

static void
add_kept(size_t i, const struct send_keep *keep)
{
	struct send_request	req;

	request(&req, i);
	req.backend.keep = *keep;
	clients[i] = (struct client){ .backend = req.backend };
	pooled[i] = pool_add(&pool, &req, &clients[i],
	    calloc(1, sizeof(struct grant)));
	pool_rest(pooled[i]);
}

/* What a backend says of keeping goes before what the engine does. */
static void
test_keep(void **state)
{
	(void)state;
	begin(0, 0);
	add_kept(0, &(struct send_keep){ .idle_ms = 0 });
	assert_int_equal(last_rest, 1000);
	add_kept(1, &(struct send_keep){ .idle_ms = 70 });
	assert_int_equal(last_rest, 70);
	add_kept(2, &(struct send_keep){ .idle_ms = 70000,
	    .lifetime_ms = 600 });
	assert_in_range(last_rest, 1, 600);
	assert_int_equal(quits, 0);
	add_kept(3, &(struct send_keep){ .never = true });
	assert_int_equal(quits, 1);
	add_kept(4, &(struct send_keep){ .transactions = 1 });
	assert_int_equal(quits, 2);
	pool_fini(&pool);
}

/* What is of another scope is of another key, and who asks is known. */
static void
test_scope(void **state)
{
	struct send_request	req;
	int			me;

	(void)state;
	begin(0, 0);
	add(0);
	request(&req, 0);
	req.arg = &me;
	req.backend.scope = 1;
	assert_null(pool_take(&pool, &req));
	req.backend.scope = 0;
	assert_ptr_equal(pool_take(&pool, &req), pooled[0]);
	assert_ptr_equal(pooled[0]->grant->asker, &me);
	pool_fini(&pool);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_keep), cmocka_unit_test(test_scope),
		cmocka_unit_test(test_many), cmocka_unit_test(test_total),
		cmocka_unit_test(test_per_backend),
		cmocka_unit_test(test_take), cmocka_unit_test(test_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
