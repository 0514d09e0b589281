/*
 * The store's promises, held by the model and by the back end that configure
 * chose; and by the latter over SIGKILL and files that were damaged or lost.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/mem.h"
#include "kv/kv.h"
#include "kv/kv_model.h"

#define CACHE		(1U << 20)
#define PATH_ROOM	400

struct world {
	const struct kv_ops	*ops;
	void			*arg;
	struct kv		*kv;
	struct kv_model		*model;
	struct kv_place		 place;
	char			 dir[64];
};

static int
world_new(void **state)
{
	struct world	*w = xcalloc(1, sizeof *w);
	char		 top[] = "/tmp/halyard-kv-XXXXXX";

	assert_non_null(mkdtemp(top));
	(void)snprintf(w->dir, sizeof w->dir, "%s/index", top);
	w->place = (struct kv_place){ w->dir, CACHE };
	w->ops = &kv_real;
	w->arg = &w->place;
	*state = w;
	return 0;
}

static int
world_model(void **state)
{
	struct world	*w;

	(void)world_new(state);
	w = *state;
	w->model = kv_model_new();
	w->ops = &kv_model_ops;
	w->arg = w->model;
	return 0;
}

static int
world_free(void **state)
{
	struct world	*w = *state;
	struct err	 e;

	kv_close(&w->kv);
	(void)kv_destroy(&kv_real, &w->place, &e);
	(void)rmdir(w->dir);
	*strrchr(w->dir, '/') = '\0';
	(void)rmdir(w->dir);
	kv_model_free(&w->model);
	free(w);
	return 0;
}

static void
world_open(struct world *w)
{
	struct err	e;

	if (kv_open(&w->kv, w->ops, w->arg, &e) != 0)
		fail_msg("%s", e.text);
}

/* "k0000042" */
static struct str
world_key(char room[16], uint32_t n)
{
	return (struct str){ room, (size_t)snprintf(room, 16, "k%07u", n) };
}

static void
world_put(struct world *w, uint32_t n, uint32_t value)
{
	char		key[16], text[16];
	struct err	e;

	if (kv_put(w->kv, world_key(key, n), (struct str){ text,
	    (size_t)snprintf(text, sizeof text, "v%u", value) }, &e) != 0)
		fail_msg("%s", e.text);
}

/* The value of the key, or -1 if it is not there. */
static int64_t
world_get(struct world *w, uint32_t n)
{
	char		key[16], text[16];
	struct str	v;
	struct err	e;
	int		rc;

	if ((rc = kv_get(w->kv, world_key(key, n), &v, &e)) == -1)
		fail_msg("%s", e.text);
	if (rc == 1)
		return -1;
	assert_true(v.len > 1 && v.len < sizeof text && v.p[0] == 'v');
	memcpy(text, v.p, v.len);
	text[v.len] = '\0';
	return atoll(text + 1);
}

static void
world_begin(struct world *w)
{
	struct err	e;

	if (kv_begin(w->kv, &e) != 0)
		fail_msg("%s", e.text);
}

static void
world_commit(struct world *w)
{
	struct err	e;

	if (kv_commit(w->kv, &e) != 0)
		fail_msg("%s", e.text);
}

/* Keys from..below, one transaction, each with its number as its value. */
static void
world_fill(struct world *w, uint32_t from, uint32_t below)
{
	world_begin(w);
	while (from < below) {
		world_put(w, from, from);
		from++;
	}
	world_commit(w);
}

/* ---- Both ---------------------------------------------------------------- */

static void
test_changes(void **state)
{
	struct world	*w = *state;
	char		 key[16];
	struct err	 e;

	world_open(w);
	assert_int_equal(world_get(w, 1), -1);
	world_fill(w, 0, 10);
	world_begin(w);
	world_put(w, 3, 33);
	assert_int_equal(kv_remove(w->kv, world_key(key, 4), &e), 0);
	assert_int_equal(kv_remove(w->kv, world_key(key, 99), &e), 0);
	assert_int_equal(world_get(w, 3), 33);
	assert_int_equal(world_get(w, 4), -1);
	kv_abort(w->kv);
	assert_int_equal(world_get(w, 3), 3);
	assert_int_equal(world_get(w, 4), 4);
	world_begin(w);
	world_put(w, 3, 333);
	assert_int_equal(kv_remove(w->kv, world_key(key, 4), &e), 0);
	world_commit(w);
	assert_int_equal(kv_flush(w->kv, &e), 0);
	kv_close(&w->kv);
	world_open(w);
	assert_int_equal(world_get(w, 3), 333);
	assert_int_equal(world_get(w, 4), -1);
	assert_true(kv_sound(w->kv));
}

static void
test_limits(void **state)
{
	struct world	*w = *state;
	char		 room[KV_KEY_MAX + 1] = "", back[KV_VALUE_MAX];
	struct str	 longest = { room, KV_KEY_MAX };
	struct str	 too_long = { room, KV_KEY_MAX + 1 }, v;
	struct err	 e;

	world_open(w);
	world_begin(w);
	assert_int_equal(kv_put(w->kv, longest, longest, &e), 0);
	assert_int_equal(kv_put(w->kv, STR("none"), STR_NONE, &e), 0);
	world_commit(w);
	assert_int_equal(kv_get(w->kv, longest, &v, &e), 0);
	assert_int_equal(v.len, KV_VALUE_MAX);
	memcpy(back, v.p, v.len);
	assert_memory_equal(back, room, KV_VALUE_MAX);
	assert_int_equal(kv_get(w->kv, STR("none"), &v, &e), 0);
	assert_int_equal(v.len, 0);
	world_begin(w);
	assert_int_equal(kv_put(w->kv, too_long, STR("x"), &e), -1);
	assert_int_equal(kv_put(w->kv, STR("x"), too_long, &e), -1);
	assert_int_equal(kv_put(w->kv, STR_NONE, STR("x"), &e), -1);
	kv_abort(w->kv);
}

static void
test_walk(void **state)
{
	struct world	*w = *state;
	char		 key[16];
	struct str	 k, v;
	struct err	 e;
	uint32_t	 n;

	world_open(w);
	assert_int_equal(kv_seek(w->kv, STR("a"), &e), 0);
	assert_int_equal(kv_next(w->kv, &k, &v, &e), 1);
	world_fill(w, 0, 3000);
	assert_int_equal(kv_seek(w->kv, STR("a"), &e), 0);
	for (n = 0; kv_next(w->kv, &k, &v, &e) == 0; n++)
		assert_true(str_eq(k, world_key(key, n)));
	assert_int_equal(n, 3000);
	/* Between two keys. */
	assert_int_equal(kv_seek(w->kv, STR("k0000041x"), &e), 0);
	assert_int_equal(kv_next(w->kv, &k, &v, &e), 0);
	assert_true(str_eq(k, STR("k0000042")));
	assert_true(str_eq(v, STR("v42")));
	assert_int_equal(kv_seek(w->kv, STR("l"), &e), 0);
	assert_int_equal(kv_next(w->kv, &k, &v, &e), 1);
}

/* More than the cache holds, flushed and trickled on the way. */
static void
test_many(void **state)
{
	struct world	*w = *state;
	struct err	 e;
	uint32_t	 n, steps = 0;
	int		 rc = 0;

	world_open(w);
	for (n = 0; n < 60000; n += 500) {
		world_fill(w, n, n + 500);
		if ((rc = kv_step(w->kv, &e)) == -1)
			fail_msg("%s", e.text);
	}
	while ((rc = kv_step(w->kv, &e)) == 1 && steps++ < 100000)
		;
	assert_int_equal(rc, 0);
	assert_int_equal(kv_flush(w->kv, &e), 0);
	for (n = 0; n < 60000; n += 97)
		assert_int_equal(world_get(w, n), n);
}

/* ---- The real one -------------------------------------------------------- */

#define ROUNDS	50
#define KEYS	40

/*
 * Commits for ever: transaction n writes n to KEYS keys, so that any state
 * after a commit has the same in all.  What was flushed is told by the pipe.
 */
static void
kill_child(struct world *w, uint32_t n, int out)
{
	struct err	e;
	uint32_t	i;

	if (kv_open(&w->kv, w->ops, w->arg, &e) != 0)
		_exit(1);
	for (;; n++) {
		if (kv_begin(w->kv, &e) == -1)
			_exit(1);
		for (i = 0; i < KEYS; i++)
			world_put(w, i * 1000, n);
		world_put(w, KEYS * 1000 + n % 5000, n);
		if (kv_commit(w->kv, &e) == -1)
			_exit(1);
		if (n % 16 == 0 && kv_flush(w->kv, &e) == 0 &&
		    write(out, &n, sizeof n) == -1)
			_exit(0);
		(void)kv_step(w->kv, &e);
	}
}

static uint32_t
kill_round(struct world *w, uint32_t begin)
{
	uint32_t	n, flushed = 0;
	int		fds[2], status;
	pid_t		pid;

	assert_int_equal(pipe(fds), 0);
	if ((pid = fork()) == 0) {
		(void)close(fds[0]);
		kill_child(w, begin, fds[1]);
	}
	(void)close(fds[1]);
	(void)usleep((useconds_t)(rand() % 40000));
	(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	while (read(fds[0], &n, sizeof n) == (ssize_t)sizeof n)
		flushed = n;
	(void)close(fds[0]);
	return flushed;
}

static void
test_kill(void **state)
{
	struct world	*w = *state;
	int64_t		 seen = 0;
	struct err	 e;
	uint32_t	 flushed;
	int		 round, i;

	srand(1);
	for (round = 0; round < ROUNDS; round++) {
		flushed = kill_round(w, (uint32_t)seen + 1);
		if (flushed < seen)
			flushed = (uint32_t)seen;
		/* Killed before its files were made. */
		if (flushed == 0 && kv_open(&w->kv, w->ops, w->arg, &e) ==
		    KV_DAMAGED)
			assert_int_equal(kv_destroy(w->ops, w->arg, &e), 0);
		if (w->kv == NULL)
			world_open(w);
		seen = world_get(w, 0);
		if (seen == -1)
			seen = 0;
		assert_true(seen >= (int64_t)flushed);
		for (i = 1; i < KEYS && seen > 0; i++)
			assert_int_equal(world_get(w, (uint32_t)i * 1000),
			    seen);
		kv_close(&w->kv);
	}
	assert_true(seen > 0);
}

/* ---- Files that are not what they were ----------------------------------- */

static void
world_path(const struct world *w, const char *name, char path[PATH_ROOM])
{
	(void)snprintf(path, PATH_ROOM, "%s/%s", w->dir, name);
}

/* fn() for each file. */
static void
world_each(const struct world *w, void (*fn)(const char *path))
{
	char		 path[PATH_ROOM];
	struct dirent	*f;
	DIR		*d = opendir(w->dir);

	assert_non_null(d);
	while ((f = readdir(d)) != NULL) {
		if (f->d_name[0] == '.')
			continue;
		world_path(w, f->d_name, path);
		fn(path);
	}
	(void)closedir(d);
}

static void
spoil_random(const char *path)
{
	struct stat	 st;
	unsigned char	 garbage[700];
	size_t		 i;
	int		 fd = open(path, O_RDWR), n;

	assert_true(fd != -1 && fstat(fd, &st) == 0);
	for (n = 0; n < 8 && st.st_size > 0; n++) {
		for (i = 0; i < sizeof garbage; i++)
			garbage[i] = (unsigned char)rand();
		assert_true(pwrite(fd, garbage, sizeof garbage,
		    rand() % st.st_size) > 0);
	}
	(void)close(fd);
}

static void
spoil_first(const char *path)
{
	unsigned char	ones[512];
	int		fd = open(path, O_RDWR);

	memset(ones, 0xff, sizeof ones);
	assert_true(fd != -1 && pwrite(fd, ones, sizeof ones, 0) > 0);
	(void)close(fd);
}

static void
spoil_half(const char *path)
{
	struct stat	st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(truncate(path, st.st_size / 2), 0);
}

static void
spoil_empty(const char *path)
{
	assert_int_equal(truncate(path, 0), 0);
}

static void
spoil_remove(const char *path)
{
	assert_int_equal(unlink(path), 0);
}

static void
spoil_log(const char *path)
{
	if (strstr(path, "/log.") != NULL)
		assert_int_equal(unlink(path), 0);
}

static void
spoil_tree(const char *path)
{
	if (strstr(path, "/log.") == NULL)
		assert_int_equal(unlink(path), 0);
}

/*
 * Whatever was done to the files: the store says that it is damaged, or a
 * call fails, or what it shows is what was put, or nothing.  In a child, so
 * that a crash or a hang is a failure of the test.
 */
static void
spoil_look(struct world *w)
{
	struct str	k, v;
	struct err	e;
	uint32_t	seen = 0;
	int		rc;

	(void)alarm(60);
	rc = kv_open(&w->kv, w->ops, w->arg, &e);
	if (rc == KV_DAMAGED && kv_destroy(w->ops, w->arg, &e) == 0)
		rc = kv_open(&w->kv, w->ops, w->arg, &e);
	if (rc != 0)
		_exit(2);
	if ((rc = kv_seek(w->kv, STR("k"), &e)) == 0)
		while ((rc = kv_next(w->kv, &k, &v, &e)) == 0 &&
		    seen++ < 100000)
			;
	if (rc == 0 || seen > 20000)
		_exit(3);
	/* It can be used. */
	if (kv_begin(w->kv, &e) == 0 && kv_put(w->kv, STR("k"), STR("v1"),
	    &e) == 0) {
		if (kv_commit(w->kv, &e) == 0)
			(void)kv_flush(w->kv, &e);
	} else
		kv_abort(w->kv);
	kv_close(&w->kv);
	_exit(0);
}

static void
spoil(struct world *w, const char *name, void (*fn)(const char *path),
    bool flushed)
{
	struct err	e;
	int		status;
	pid_t		pid;

	assert_int_equal(kv_destroy(w->ops, w->arg, &e), 0);
	if ((pid = fork()) == 0) {
		world_open(w);
		world_fill(w, 0, 10000);
		if (flushed)
			(void)kv_flush(w->kv, &e);
		world_fill(w, 10000, 20000);
		(void)kv_step(w->kv, &e);
		_exit(0);		/* as if it were killed */
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	world_each(w, fn);
	if ((pid = fork()) == 0)
		spoil_look(w);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0)
		fail_msg("%s, flushed %d: status %x", name, flushed,
		    (unsigned int)status);
}

static void
test_spoiled(void **state)
{
	static const struct {
		const char	*name;
		void		(*fn)(const char *path);
		int		 times;
	} cases[] = {
		{ "random bytes", spoil_random, 10 },
		{ "first block", spoil_first, 1 },
		{ "half", spoil_half, 1 },
		{ "empty", spoil_empty, 1 },
		{ "removed", spoil_remove, 1 },
		{ "no log", spoil_log, 1 },
		{ "no tree", spoil_tree, 1 },
	};
	struct world	*w = *state;
	size_t		 i;
	int		 n;

	srand(2);
	for (i = 0; i < sizeof cases / sizeof *cases; i++)
		for (n = 0; n < cases[i].times; n++) {
			spoil(w, cases[i].name, cases[i].fn, false);
			spoil(w, cases[i].name, cases[i].fn, true);
		}
}

/* One that lost a file that mattered is not taken for an empty one. */
static void
test_half_there(void **state)
{
	struct world	*w = *state;
	struct err	 e;

	world_open(w);
	world_fill(w, 0, 1000);
	assert_int_equal(kv_flush(w->kv, &e), 0);
	kv_close(&w->kv);
	world_each(w, spoil_first);
	assert_int_equal(kv_open(&w->kv, w->ops, w->arg, &e), KV_DAMAGED);
	assert_int_equal(kv_destroy(w->ops, w->arg, &e), 0);
	world_open(w);
	assert_int_equal(world_get(w, 1), -1);
}

int
main(void)
{
	const struct CMUnitTest	model[] = {
#define EACH(fn) cmocka_unit_test_setup_teardown(fn, world_model, world_free)
		EACH(test_changes), EACH(test_limits), EACH(test_walk),
#undef EACH
	};
	const struct CMUnitTest	real[] = {
#define EACH(fn) cmocka_unit_test_setup_teardown(fn, world_new, world_free)
		EACH(test_changes), EACH(test_limits), EACH(test_walk),
		EACH(test_many), EACH(test_kill), EACH(test_spoiled),
		EACH(test_half_there),
#undef EACH
	};
	int	failed = cmocka_run_group_tests(model, NULL, NULL);

	return failed + cmocka_run_group_tests_name(kv_real_name, real, NULL,
	    NULL);
}
