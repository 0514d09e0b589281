/*
 * Lines are built in one buffer and leave by log_flush(), or when the buffer
 * is full.  write() to a descriptor opened for appending is atomic among
 * processes for a file; a line is never cut between two calls.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "fd.h"
#include "log.h"
#include "system_log.h"

#define LOG_COLLECT_MAX	(32 * 1024)

static const struct {
	const char	*text;
	enum log_level	 level;
} log_events[EV_MAX] = {
#define EVENT(name, text, level, fields, help)				\
	[EV_##name] = { text, LOG_LEVEL_##level },
#include "base/events.def"
#undef EVENT
};

static const char *const	log_level_names[] = { "error", "warn", "info",
				    "debug" };

static struct {
	const char	*program;
	enum log_target	 target;
	enum log_format	 format;
	enum log_level	 level;
	int		 fd;
	bool		 cut;		/* what left last is half a line */
	uint64_t	 untold;	/* lines lost since event=log-lost */
	void		(*on_lost)(uint64_t lines);
	int64_t		 shut_ms;	/* see fd_room() */
	struct buf	 lines;
} logger = { "halyard", LOG_TO_FD, LOG_FORMAT_TEXT, LOG_LEVEL_INFO,
	STDERR_FILENO, .cut = false, .lines = BUF_INIT };

void
log_open(const char *program, enum log_target target, int fd)
{
	logger.program = program;
	logger.target = target;
	if (target == LOG_TO_SYSLOG)
		system_log_open(_PATH_LOG, "halyard", LOG_MAIL);
	else
		log_replace_fd(fd);
}

void
log_set_format(enum log_format format)
{
	logger.format = format;
}

void
log_set_level(enum log_level level)
{
	logger.level = level;
}

void
log_on_lost(void (*fn)(uint64_t lines))
{
	logger.on_lost = fn;
}

void
log_replace_fd(int fd)
{
	struct stat	st;

	log_flush();
	if (logger.fd != STDERR_FILENO && logger.fd != fd)
		(void)close(logger.fd);
	logger.fd = fd;
	logger.cut = false;
	/* log_flush() must not wait for a reader that is slow. */
	if (fd != -1 && fstat(fd, &st) == 0 &&
	    (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
		(void)fd_nonblock(fd);
}

/* Writes ".123456Z", without printf(): it is in every line. */
static size_t
log_micro(char out[8], int n)
{
	int	i;

	out[0] = '.';
	for (i = 6; i > 0; i--) {
		out[i] = (char)('0' + n % 10);
		n /= 10;
	}
	out[7] = 'Z';
	return 8;
}

/* 2026-11-22T05:10:18.123456Z; the date part is made once a second. */
static void
log_time(struct buf *b)
{
	static char	second[32];
	static time_t	made;
	int64_t		now = clock_wall_us();
	time_t		t = (time_t)(now / 1000000);
	char		micro[8];
	struct tm	tm;

	if (t != made || second[0] == '\0') {
		if (gmtime_r(&t, &tm) == NULL ||
		    strftime(second, sizeof second, "%Y-%m-%dT%H:%M:%S", &tm)
		    == 0)
			second[0] = '\0';
		made = t;
	}
	buf_add_text(b, second);
	buf_add(b, micro, log_micro(micro, (int)(now % 1000000)));
}

/* Bytes that are not written without quotes: controls and blanks, `"`, `=`,
 * `\`, DEL and all that is not ASCII. */
#define ALL	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1
static const unsigned char	log_special[256] = {
	ALL, ALL, [' '] = 1, ['"'] = 1, ['='] = 1, ['\\'] = 1,
	[0x7f] = 1, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL
};
#undef ALL

/* Without a branch for each byte: values are short, and many in a line. */
static bool
log_plain(struct str s)
{
	unsigned	special = s.len == 0;
	size_t		i;

	for (i = 0; i < s.len; i++)
		special |= log_special[(unsigned char)s.p[i]];
	return special == 0;
}

static struct str
log_cut(const struct logfield *f)
{
	struct str	s = f->text;
	size_t		most = f->whole ? LOG_WHOLE_MAX : LOG_VALUE_MAX;

	if (s.len > most)
		s.len = most;
	return s;
}

void
log_quote(struct buf *b, struct str s)
{
	if (log_plain(s))
		buf_add_str(b, s);
	else
		buf_add_json(b, s);
}

static void
log_number(struct buf *b, int64_t n)
{
	if (n < 0) {
		buf_add_byte(b, '-');
		buf_add_uint(b, 0ULL - (unsigned long long)n);
	} else
		buf_add_uint(b, (unsigned long long)n);
}

/* ` key=`; the key is ours. */
static void
log_text_key(struct buf *b, const char *key)
{
	size_t	n = strlen(key);
	char	*p = buf_reserve(b, n + 2);

	*p = ' ';
	memcpy(p + 1, key, n);
	p[n + 1] = '=';
	buf_added(b, n + 2);
}

/* `,"key":` */
static void
log_json_key(struct buf *b, const char *key)
{
	size_t	n = strlen(key);
	char	*p = buf_reserve(b, n + 4);

	p[0] = ',';
	p[1] = '"';
	memcpy(p + 2, key, n);
	p[n + 2] = '"';
	p[n + 3] = ':';
	buf_added(b, n + 4);
}

static void
log_field(struct buf *b, const struct logfield *f)
{
	if (logger.format == LOG_FORMAT_JSON)
		log_json_key(b, f->key);
	else
		log_text_key(b, f->key);
	if (f->is_number)
		log_number(b, f->number);
	else if (logger.format == LOG_FORMAT_JSON)
		buf_add_json(b, log_cut(f));
	else
		log_quote(b, log_cut(f));
}

static void
log_head(struct buf *b, enum log_event event)
{
	const char	*level = log_level_names[log_events[event].level];

	if (logger.format == LOG_FORMAT_JSON) {
		buf_add_text(b, "{\"time\":\"");
		log_time(b);
		buf_printf(b, "\",\"level\":\"%s\",\"program\":\"%s\","
		    "\"pid\":%ld,\"event\":\"%s\"", level, logger.program,
		    (long)getpid(), log_events[event].text);
		return;
	}
	if (logger.target == LOG_TO_FD) {
		log_time(b);
		buf_add_byte(b, ' ');
		buf_add_text(b, level);
		buf_add_byte(b, ' ');
		buf_add_text(b, logger.program);
		buf_add_byte(b, '[');
		buf_add_uint(b, (unsigned long long)getpid());
		buf_add_text(b, "]: ");
	}
	buf_add_text(b, "event=");
	buf_add_text(b, log_events[event].text);
}

/* An id has nothing to quote. */
static void
log_id(struct buf *b, const char *key, const char *id)
{
	if (id == NULL)
		return;
	if (logger.format == LOG_FORMAT_JSON) {
		log_json_key(b, key);
		buf_add_json(b, str_of(id));
		return;
	}
	log_text_key(b, key);
	buf_add_text(b, id);
}

static void
log_ids(struct buf *b, const struct logctx *ctx)
{
	if (ctx == NULL)
		return;
	log_id(b, "conn", ctx->conn);
	log_id(b, "txn", ctx->txn);
}

/* False if the line can't be written, now or ever. */
static bool
log_put(struct str *s)
{
	ssize_t	n = write(logger.fd, s->p, s->len);

	if (n == -1 && errno == EINTR)
		return true;
	if (n == -1 && errno == EAGAIN)
		return fd_room(logger.fd, &logger.shut_ms);
	if (n <= 0)
		return false;
	logger.cut = s->p[n - 1] != '\n';
	s->p += n;
	s->len -= (size_t)n;
	return true;
}

static void
log_lost(uint64_t lines)
{
	logger.untold += lines;
	if (logger.on_lost != NULL)
		logger.on_lost(lines);
}

/* A line that left in part is lost, too. */
static uint64_t
log_count_lines(struct str s)
{
	uint64_t	n = 0;

	for (; s.len > 0; n++)
		(void)str_split(s, '\n', &s);
	return n;
}

/*
 * A full disk or a slow reader of standard output must not stop mail: what
 * can't be written now is dropped.  What comes next is a line of its own.
 */
static bool
log_put_lines(void)
{
	struct str	s = buf_str(&logger.lines), end = STR("\n");

	while (logger.cut && log_put(&end))
		;
	if (!logger.cut)
		while (s.len > 0 && log_put(&s))
			;
	if (s.len > 0)
		log_lost(log_count_lines(s));
	buf_clear(&logger.lines);
	return s.len == 0;
}

/*
 * The log works again.  If it doesn't, this line is one more that is lost,
 * and the next one tells of it, too.
 */
static void
log_tell_lost(void)
{
	uint64_t	n = logger.untold;

	logger.untold = 0;
	LOG(EV_LOG_LOST, NULL, LOG_NUM("lines", (int64_t)n));
	if (logger.lines.len > 0)
		(void)log_put_lines();
	if (logger.untold != 0)
		logger.untold += n;
}

static void
log_to_syslog(enum log_level level)
{
	static const int	priority[] = { LOG_ERR, LOG_WARNING, LOG_INFO,
				    LOG_DEBUG };
	int			rc;

	rc = system_log(priority[level], buf_cstr(&logger.lines));
	buf_clear(&logger.lines);
	if (rc == -1)
		log_lost(1);
	else if (logger.untold > 0)
		log_tell_lost();
}

bool
log_wants(enum log_event event)
{
	return log_events[event].level <= logger.level;
}

void
log_write(enum log_event event, const struct logctx *ctx,
    const struct logfield *fields)
{
	struct buf	*b = &logger.lines;

	if (!log_wants(event))
		return;
	log_head(b, event);
	log_ids(b, ctx);
	for (; fields->key != NULL; fields++)
		if (fields->is_number || fields->text.p != NULL)
			log_field(b, fields);
	if (logger.format == LOG_FORMAT_JSON)
		buf_add_byte(b, '}');
	if (logger.target == LOG_TO_SYSLOG) {
		log_to_syslog(log_events[event].level);
		return;
	}
	buf_add_byte(b, '\n');
	if (b->len >= LOG_COLLECT_MAX)
		log_flush();
}

void
log_flush(void)
{
	if (logger.lines.len > 0 && log_put_lines() && logger.untold > 0)
		log_tell_lost();
}
