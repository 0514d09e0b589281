/*
 * mtactl log tail: the last lines, and what comes.
 *
 * The file is read from its end, in steps twice as long as the one before,
 * until one has as many lines as are wanted.  When following, the file is
 * looked at again and again; one that was rotated away is read to its end
 * once more, as who writes to it is told of the new one a moment later.
 */
#include <sys/stat.h>

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "conf/conf.h"
#include "log_args.h"
#include "log_files.h"
#include "log_print.h"
#include "log_source.h"

#define TAIL_STEP	(64 * 1024)
#define TAIL_WAIT_NS	200000000
#define TAIL_LAST_LOOKS	5

struct tail {
	const struct log_args	*args;
	const char		*path;
	struct log_source	 src;
	struct log_line		 line;
	struct log_print	 print;
	unsigned int		 looks;		/* since it was rotated */
};

/* The next line that is meant: 1, 0 at the end, or -1. */
static int
tail_next(struct tail *t, struct str *line, bool *ours, struct err *e)
{
	const struct log_filter	*f = &t->args->filter;
	struct str		 needle = log_filter_needle(f);
	int			 rc;

	while ((rc = log_source_next(&t->src, &needle, needle.len > 0, line,
	    e)) == 1) {
		*ours = log_line_parse(&t->line, *line) == 0;
		if (*ours ? log_filter_match(f, &t->line) : f->count == 0)
			break;
	}
	return rc;
}

static int
tail_count(struct tail *t, uint64_t *count, struct err *e)
{
	struct str	line;
	bool		ours;
	int		rc;

	*count = 0;
	while ((rc = tail_next(t, &line, &ours, e)) == 1)
		(*count)++;
	return rc;
}

/* What there is, but for the first so many of it. */
static int
tail_print(struct tail *t, uint64_t skip, struct err *e)
{
	struct str	line;
	bool		ours;
	int		rc;

	while ((rc = tail_next(t, &line, &ours, e)) == 1) {
		if (skip > 0) {
			skip--;
			continue;
		}
		if (ours)
			log_print_line(&t->print, &t->line);
		else
			log_print_other(&t->print, line);
		if (t->print.out.len >= LOG_PRINT_FLUSH &&
		    log_print_flush(&t->print, e) == -1)
			return -1;
	}
	return log_print_flush(&t->print, rc == -1 ? NULL : e) == -1 ? -1 : rc;
}

/* To where the last lines begin; *skip: so many too far back. */
static int
tail_find(struct tail *t, uint64_t *skip, struct err *e)
{
	int64_t		step = TAIL_STEP, from;
	struct stat	st;
	uint64_t	count;

	*skip = 0;
	if (fstat(t->src.fd, &st) == -1)
		return err_errno(e, "%s", t->path);
	if (t->args->lines == 0)
		return log_source_seek(&t->src, st.st_size, e);
	for (;; step *= 2) {
		from = st.st_size > step ? st.st_size - step : 0;
		if (log_source_seek(&t->src, from, e) == -1 ||
		    tail_count(t, &count, e) == -1)
			return -1;
		if (count >= t->args->lines || from == 0)
			break;
	}
	*skip = count > t->args->lines ? count - t->args->lines : 0;
	return log_source_seek(&t->src, from, e);
}

/* A pipe, or what gzip reads, has but one direction. */
static int
tail_all(struct tail *t, struct err *e)
{
	uint64_t	count;

	if (tail_count(t, &count, e) == -1)
		return -1;
	log_source_close(&t->src);
	if (log_source_open(&t->src, t->path, e) == -1)
		return -1;
	return tail_print(t, count > t->args->lines ? count - t->args->lines :
	    0, e);
}

/* ---- Following ----------------------------------------------------------- */

/* Another file has its name, or it was emptied. */
static bool
tail_is_rotated(const struct tail *t)
{
	struct stat	here, there;
	off_t		at = lseek(t->src.fd, 0, SEEK_CUR);

	if (fstat(t->src.fd, &here) == -1 || stat(t->path, &there) == -1)
		return false;
	return here.st_ino != there.st_ino || here.st_dev != there.st_dev ||
	    here.st_size < at;
}

static int
tail_follow(struct tail *t, struct err *e)
{
	const struct timespec	wait = { 0, TAIL_WAIT_NS };

	for (;;) {
		(void)nanosleep(&wait, NULL);
		if (tail_print(t, 0, e) == -1)
			return -1;
		if (!tail_is_rotated(t)) {
			t->looks = 0;
			continue;
		}
		if (++t->looks < TAIL_LAST_LOOKS)
			continue;
		log_source_close(&t->src);
		if (log_source_open(&t->src, t->path, e) == -1)
			return -1;
		t->src.growing = true;
		t->looks = 0;
	}
}

static int
tail_run(struct tail *t, struct err *e)
{
	uint64_t	skip;
	int		rc;

	if (log_source_open(&t->src, t->path, e) == -1)
		return -1;
	t->src.growing = t->args->follow;
	if (t->src.gzip != 0)
		rc = t->args->follow ? err_set(e, "%s: a rotated file does not "
		    "grow", t->path) : tail_all(t, e);
	else if ((rc = tail_find(t, &skip, e)) == 0 &&
	    (rc = tail_print(t, skip, e)) == 0 && t->args->follow)
		rc = tail_follow(t, e);
	log_source_close(&t->src);
	return rc;
}

int
verb_log_tail(const struct ctl *c, int argc, char **argv)
{
	struct tail	t = { .line = LOG_LINE_INIT, .print = LOG_PRINT_INIT };
	char		path[CONF_PATH_SIZE];
	struct log_args	a;
	struct err	e;
	int		rc;

	if (log_args_parse(&a, argc, argv, &e) == -1) {
		(void)verb_fail(&e);
		return verb_usage();
	}
	if (a.word != NULL || a.files > 1)
		return verb_usage();
	if (a.files == 0 && log_files_target(c, path, sizeof path, &e) == -1)
		return verb_fail(&e);
	t.args = &a;
	t.path = a.files > 0 ? a.file[0] : path;
	t.print.json = a.json;
	rc = tail_run(&t, &e);
	log_line_fini(&t.line);
	log_print_fini(&t.print);
	return rc == -1 ? verb_fail(&e) : CTL_OK;
}
