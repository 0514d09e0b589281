/*
 * kv: a store with a page that is not what was left there is found damaged by
 * the calls that meet it.  Opened again and again it comes to be made anew,
 * and is not in the way of its owner for ever.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "kv/kv.h"

#define KEYS	5000
#define PAGE	4096
#define OPENS	7
#define HANGS	1		/* seconds */

static char		 dir[] = "/tmp/halyard-kv.XXXXXX";
static struct kv_place	 place = { .dir = dir, .cache_bytes = 1 << 20 };

/* All keys are there, or none. */
static int
change_all(struct kv *kv, bool there, struct err *e)
{
	char		key[16];
	struct str	k = { key, 0 };
	int		i, rc = kv_begin(kv, e);

	for (i = 0; i < KEYS && rc == 0; i++) {
		k.len = (size_t)snprintf(key, sizeof key, "k%06d", i);
		rc = there ? kv_put(kv, k, STR("value"), e) :
		    kv_remove(kv, k, e);
	}
	if (rc == 0)
		rc = kv_commit(kv, e);
	if (rc == 0)
		return kv_flush(kv, e);
	kv_abort(kv);
	return -1;
}

static void
fill(void)
{
	struct kv	*kv;
	struct err	 e;

	assert_int_equal(kv_destroy(&kv_real, &place, &e), 0);
	assert_int_equal(kv_open(&kv, &kv_real, &place, &e), 0);
	assert_int_equal(change_all(kv, true, &e), 0);
	kv_close(&kv);
}

enum spoiled { PAGE_ZERO, PAGE_NOISE, PAGE_MAX };

static bool
spoil(int page, enum spoiled how)
{
	char	path[64], bytes[PAGE] = { 0 };
	int	fd, i;

	(void)snprintf(path, sizeof path, "%s/index.db", dir);
	assert_true((fd = open(path, O_RDWR)) != -1);
	for (i = 0; how == PAGE_NOISE && i < PAGE; i++)
		bytes[i] = (char)(i * 7 + page);
	if (lseek(fd, 0, SEEK_END) <= (off_t)page * PAGE) {
		(void)close(fd);
		return false;
	}
	assert_int_equal(pwrite(fd, bytes, PAGE, (off_t)page * PAGE), PAGE);
	(void)close(fd);
	return true;
}

/* Exits 0: it works, or it is to be made anew. */
static void
use(void)
{
	struct kv	*kv;
	struct err	 e;
	int		 rc = kv_open(&kv, &kv_real, &place, &e);

	if (rc != 0)
		_exit(rc != KV_DAMAGED);
	rc = change_all(kv, false, &e);
	kv_close(&kv);
	_exit(rc != 0);
}

/* In a child, who may crash, or loop until he is killed as master does. */
static bool
used(void)
{
	int	status;
	pid_t	pid = fork();

	if (pid == 0) {
		(void)alarm(HANGS);
		use();
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status == 0;
}

static void
test_given_up(void **state)
{
	struct err	e;
	int		how, page, n;

	(void)state;
	if (strncmp(kv_real_name, "Berkeley", 8) != 0)
		skip();
	assert_non_null(mkdtemp(dir));
	for (how = 0; how < PAGE_MAX; how++)
		for (page = 1; page < 5; page += 3) {
			fill();
			if (!spoil(page, (enum spoiled)how))
				break;
			for (n = 0; n < OPENS && !used(); n++)
				;
			if (n == OPENS)
				fail_msg("page %d, %d: for ever", page, how);
		}
	assert_int_equal(kv_destroy(&kv_real, &place, &e), 0);
	assert_int_equal(rmdir(dir), 0);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
