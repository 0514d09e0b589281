/*
 * Who reads the log hangs, the disk is full: no write waits for ever, and
 * what comes afterwards is whole.  The alarm is what a test that waits ends
 * by.
 */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/net.h"
#include "base/system_log.h"

#define LINES	2000

static char	dir[] = "/tmp/halyard-log.XXXXXX";
static char	path[64];

static int
listen_at_path(void)
{
	struct netaddr	a;
	int		fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	assert_int_equal(netaddr_unix(&a, path, NULL), 0);
	(void)unlink(path);
	assert_int_equal(bind(fd, &a.u.sa, a.len), 0);
	return fd;
}

/* How many datagrams wait there; the last one in text. */
static int
drain(int fd, char *text, size_t size)
{
	ssize_t	n;
	int	count = 0;

	while ((n = recv(fd, text, size - 1, 0)) > 0) {
		text[n] = '\0';
		count++;
	}
	return count;
}

static void
test_syslogd_hangs(void **state)
{
	char	text[256] = "", want[64];
	int	i, fd = listen_at_path();

	(void)state;
	system_log_open(path, "halyard", LOG_MAIL);
	for (i = 0; i < LINES; i++)
		system_log(LOG_INFO, "a line");
	assert_in_range(drain(fd, text, sizeof text), 1, LINES - 1);
	assert_int_equal(strncmp(text, "<22>", 4), 0);
	(void)snprintf(want, sizeof want, " halyard[%ld]: a line",
	    (long)getpid());
	assert_non_null(strstr(text, want));
	system_log(LOG_INFO, "it reads again");
	assert_int_equal(drain(fd, text, sizeof text), 1);
	assert_non_null(strstr(text, ": it reads again"));
	(void)close(fd);
}

static void
test_syslogd_is_started_again(void **state)
{
	char	text[256];
	int	fd = listen_at_path();

	(void)state;
	system_log_open(path, "halyard", LOG_MAIL);
	(void)close(fd);
	fd = listen_at_path();
	system_log(LOG_ERR, "still there");
	assert_int_equal(drain(fd, text, sizeof text), 1);
	assert_int_equal(strncmp(text, "<19>", 4), 0);
	(void)close(fd);
}

static void
write_lines(int n)
{
	for (; n > 0; n--) {
		LOG(EV_SYSTEM_ERROR, NULL, LOG_NUM("left", n));
		if (n % 10 == 1)
			log_flush();
	}
}

/* Every line of text has an event, and only one. */
static void
assert_lines_whole(char *text)
{
	const char	*line;

	for (line = strtok(text, "\n"); line != NULL;
	    line = strtok(NULL, "\n"))
		if (strstr(line, "event=") != NULL)
			assert_null(strstr(strstr(line, "event=") + 1,
			    "event="));
}

static uint64_t	lost;

static void
count_lost(uint64_t lines)
{
	lost += lines;
}

/* What is not in the text is in its last line's number; half a line may look
 * like a whole one. */
static void
assert_lost_told(const char *text, uint64_t wrote)
{
	const char	*at;
	char		 want[64];
	uint64_t	 whole = 0;

	for (at = text; (at = strstr(at, "left=")) != NULL; at += 5)
		whole += at[strspn(at + 5, "0123456789") + 5] == '\n';
	assert_in_range(whole + lost, wrote, wrote + 1);
	(void)snprintf(want, sizeof want, "event=log-lost lines=%u\n",
	    (unsigned)lost);
	at = strstr(text, want);
	assert_non_null(at);
	assert_string_equal(at, want);
	assert_null(strstr(strstr(text, "event=log-lost") + 1,
	    "event=log-lost"));
	lost = 0;
}

static void
test_reader_of_stdout_hangs(void **state)
{
	static char	text[1 << 20];
	ssize_t		n;
	int		p[2];

	(void)state;
	assert_int_equal(pipe(p), 0);
	log_open("test", LOG_TO_FD, p[1]);
	write_lines(LINES);
	n = read(p[0], text, sizeof text - 1);
	assert_true(n > 0);
	write_lines(1);
	n += read(p[0], text + n, sizeof text - 1 - (size_t)n);
	text[n] = '\0';
	assert_non_null(strstr(text, "left=1\n"));
	assert_lost_told(text, LINES + 1);
	assert_lines_whole(text);
	log_replace_fd(STDERR_FILENO);
	(void)close(p[0]);
}

/* The half of a line that found room is not the beginning of another. */
static void
test_disk_is_full(void **state)
{
	static char	text[8192];
	char		name[80];
	struct rlimit	r, before;
	ssize_t		n;
	int		fd;

	(void)state;
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)snprintf(name, sizeof name, "%s/log", dir);
	fd = open(name, O_RDWR | O_CREAT | O_APPEND, 0600);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	r = before;
	r.rlim_cur = 1000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
	log_open("test", LOG_TO_FD, fd);
	write_lines(40);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	write_lines(1);
	n = pread(fd, text, sizeof text - 1, 0);
	assert_true(n > 1000);
	text[n] = '\0';
	assert_non_null(strstr(text, "left=1\n"));
	assert_lost_told(text, 41);
	assert_lines_whole(text);
	log_replace_fd(STDERR_FILENO);
	(void)unlink(name);
}

/* What a script echoes is whole up to its own bound; all else is short. */
static void
test_long_values(void **state)
{
	static char	value[LOG_WHOLE_MAX + 1], text[2 * LOG_WHOLE_MAX];
	char		name[80];
	ssize_t		n;
	int		fd;

	(void)state;
	memset(value, 'x', sizeof value);
	(void)snprintf(name, sizeof name, "%s/log", dir);
	fd = open(name, O_RDWR | O_CREAT | O_APPEND, 0600);
	log_open("test", LOG_TO_FD, fd);
	LOG(EV_HOOK_ECHO, NULL, LOG_WHOLE("text", ((struct str){ value,
	    sizeof value })));
	LOG(EV_HOOK_ECHO, NULL, LOG_BYTES("text", ((struct str){ value,
	    sizeof value })));
	log_flush();
	n = pread(fd, text, sizeof text - 1, 0);
	assert_true(n > 0);
	text[n] = '\0';
	assert_int_equal(strspn(strstr(text, "text=") + 5, "x"),
	    LOG_WHOLE_MAX);
	assert_int_equal(strspn(strstr(strchr(text, '\n'), "text=") + 5, "x"),
	    LOG_VALUE_MAX);
	log_replace_fd(STDERR_FILENO);
	(void)unlink(name);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_syslogd_hangs),
		cmocka_unit_test(test_syslogd_is_started_again),
		cmocka_unit_test(test_disk_is_full),
		cmocka_unit_test(test_long_values),
		cmocka_unit_test(test_reader_of_stdout_hangs),
	};
	int			failed;

	if (mkdtemp(dir) == NULL)
		return 1;
	(void)snprintf(path, sizeof path, "%s/socket", dir);
	(void)alarm(60);
	log_on_lost(count_lost);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)unlink(path);
	(void)rmdir(dir);
	return failed;
}
