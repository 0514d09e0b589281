/* This process is the guest; its user is everybody's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "event/guests.h"

static int	fds[2];

static void
test_per_process(void **state)
{
	struct guests	g;
	struct guest_id	id[3];

	(void)state;
	guests_init(&g, 2, 10);
	assert_true(guests_enter(&g, fds[0], &id[0]));
	assert_true(guests_enter(&g, fds[0], &id[1]));
	assert_false(guests_enter(&g, fds[0], &id[2]));
	/* One that was turned away has nothing to give back. */
	guests_leave(&g, &id[2]);
	assert_false(guests_enter(&g, fds[0], &id[2]));
	guests_leave(&g, &id[0]);
	assert_true(guests_enter(&g, fds[0], &id[0]));
	guests_fini(&g);
}

static void
test_per_user(void **state)
{
	struct guests	g;
	struct guest_id	id[2], other;
	int		theirs[2];

	(void)state;
	guests_init(&g, 2, 3);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, theirs), 0);
	assert_true(guests_enter(&g, fds[0], &id[0]));
	assert_true(guests_enter(&g, fds[1], &id[1]));
	assert_false(guests_enter(&g, theirs[0], &other));
	guests_leave(&g, &id[0]);
	guests_leave(&g, &id[1]);
	guests_init(&g, 5, 1);
	assert_true(guests_enter(&g, fds[0], &id[0]));
	assert_false(guests_enter(&g, theirs[0], &other));
	guests_leave(&g, &id[0]);
	assert_true(guests_enter(&g, theirs[0], &other));
	guests_fini(&g);
	(void)close(theirs[0]);
	(void)close(theirs[1]);
}

/* No name, no count. */
static void
test_unknown(void **state)
{
	struct guests	g;
	struct guest_id	id;
	int		fd = socket(AF_INET, SOCK_STREAM, 0), i;

	(void)state;
	guests_init(&g, 1, 1);
	for (i = 0; i < 5; i++) {
		assert_true(guests_enter(&g, fd, &id));
		assert_false(id.known);
	}
	guests_leave(&g, &id);
	guests_fini(&g);
	(void)close(fd);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_per_process),
		cmocka_unit_test(test_per_user),
		cmocka_unit_test(test_unknown),
	};

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == -1)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
