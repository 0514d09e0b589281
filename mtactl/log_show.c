/*
 * mtactl log show: the story of one message.
 *
 * Its lines name its id.  Those of the connection that it came over name the
 * connection's alone, and what became of notifications that tell of it is said
 * by their own ids: a first pass looks for these, the second prints.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/uuid.h"
#include "conf/conf.h"
#include "log_args.h"
#include "log_files.h"
#include "log_print.h"
#include "log_source.h"

/* A connection may have begun, and a clock been wrong, for that long. */
#define SHOW_SLACK	86400

struct show {
	char		 id[UUID_TEXT];
	uint32_t	 queue;
	char		 conn[UUID_TEXT];	/* empty: not known */
	/* Ids of notifications, sorted for the second pass. */
	char		(*told)[UUID_TEXT];
	size_t		 told_count, told_room;
	struct log_line	 line;
	struct log_print print;
};

typedef void	show_fn(struct show *s);

/* UUID, or UUID:N; *since is when a message with that id began. */
static int
show_id(struct show *s, const char *text, int64_t *since)
{
	struct str	queue, id = str_split(str_of(text), ':', &queue);
	unsigned char	b[UUID_SIZE];
	uint64_t	n = 0;
	int64_t		ms = 0;
	size_t		i;

	if (uuid_parse(id.p, id.len, b) == -1 || (queue.p != NULL &&
	    strchr(text, ':') != NULL && (str_uint(queue, UINT32_MAX, &n) ==
	    -1 || n == 0)))
		return -1;
	uuid_text(b, s->id);
	s->queue = (uint32_t)n;
	for (i = 0; i < 6; i++)
		ms = ms << 8 | b[i];
	*since = b[6] >> 4 == 7 ? ms / 1000 - SHOW_SLACK : 0;
	return 0;
}

static void
show_learn_conn(struct show *s)
{
	struct str	conn = log_line_get(&s->line, STR("conn"));

	if (s->conn[0] != '\0' || !log_line_is_of(&s->line, str_of(s->id),
	    0) || conn.len == 0 || conn.len >= sizeof s->conn)
		return;
	memcpy(s->conn, conn.p, conn.len);
	s->conn[conn.len] = '\0';
}

/* The id of a notification that tells of the message, or of its entry. */
static void
show_learn_told(struct show *s)
{
	struct str	parent = log_line_get(&s->line, STR("parent")), queue;
	struct str	txn = log_line_get(&s->line, STR("txn"));
	uint64_t	n;

	if (!str_eq(s->line.event, STR("dsn-made")) ||
	    !str_eq(str_split(parent, ':', &queue), str_of(s->id)) ||
	    txn.len != UUID_TEXT - 1)
		return;
	if (s->queue != 0 && (str_uint(queue, UINT32_MAX, &n) == -1 ||
	    n != s->queue))
		return;
	if (s->told_count == s->told_room) {
		s->told_room = s->told_room * 2 + 4;
		s->told = xreallocarray(s->told, s->told_room,
		    sizeof *s->told);
	}
	memcpy(s->told[s->told_count], txn.p, txn.len);
	s->told[s->told_count++][txn.len] = '\0';
}

static void
show_learn(struct show *s)
{
	show_learn_conn(s);
	show_learn_told(s);
}

static int
show_order(const void *a, const void *b)
{
	return memcmp(a, b, UUID_TEXT);
}

/* Is it said of a notification, as its transaction or its entry? */
static bool
show_is_told(const struct show *s)
{
	struct str	id = log_line_get(&s->line, STR("txn"));
	char		key[UUID_TEXT] = "";

	if (id.p == NULL)
		id = log_line_get(&s->line, STR("queue"));
	if (s->told_count == 0 || id.len < UUID_TEXT - 1)
		return false;
	memcpy(key, id.p, UUID_TEXT - 1);
	return bsearch(key, s->told, s->told_count, sizeof *s->told,
	    show_order) != NULL;
}

/* Of the connection what belongs to no message, too. */
static void
show_line(struct show *s)
{
	if (log_line_is_of(&s->line, str_of(s->id), s->queue) ||
	    (s->conn[0] != '\0' && log_line_get(&s->line, STR("txn")).p ==
	    NULL && str_eq(log_line_get(&s->line, STR("conn")),
	    str_of(s->conn))) || show_is_told(s))
		log_print_story(&s->print, &s->line);
}

/* What the lines hold that are wanted; 0: too much, all are looked at. */
static size_t
show_needles(const struct show *s, struct str needle[LOG_NEEDLES])
{
	size_t	n = 0, i;

	needle[n++] = str_of(s->id);
	if (s->conn[0] != '\0')
		needle[n++] = str_of(s->conn);
	if (n + s->told_count > LOG_NEEDLES)
		return 0;
	for (i = 0; i < s->told_count; i++)
		needle[n++] = str_of(s->told[i]);
	return n;
}

static int
show_file(struct show *s, const char *path, show_fn *fn, struct err *e)
{
	struct str		needle[LOG_NEEDLES];
	size_t			count = fn == show_learn ? 1 :
				    show_needles(s, needle);
	struct log_source	src;
	struct str		line;
	int			rc;

	if (fn == show_learn)
		needle[0] = str_of(s->id);
	if (log_source_open(&src, path, e) == -1)
		return -1;
	while ((rc = log_source_next(&src, needle, count, &line, e)) == 1) {
		if (log_line_parse(&s->line, line) == -1)
			continue;
		fn(s);
		if (s->print.out.len >= LOG_PRINT_FLUSH &&
		    log_print_flush(&s->print, e) == -1) {
			rc = -1;
			break;
		}
	}
	log_source_close(&src);
	return rc;
}

static int
show_files(struct show *s, const struct log_files *f, show_fn *fn,
    struct err *e)
{
	size_t	i;

	for (i = 0; i < f->count; i++)
		if (show_file(s, f->path[i], fn, e) == -1)
			return -1;
	return 0;
}

static int
show_print(struct show *s, const struct log_files *f, struct err *e)
{
	if (show_files(s, f, show_learn, e) == -1)
		return -1;
	if (s->told_count > 0)
		qsort(s->told, s->told_count, sizeof *s->told, show_order);
	s->print.hide[0] = str_of(s->id);
	s->print.hide[1] = str_of(s->conn);
	if (s->print.json)
		buf_printf(&s->print.out, "{\"id\":\"%s\",\"lines\":[", s->id);
	if (show_files(s, f, show_line, e) == -1)
		return -1;
	if (s->print.json)
		buf_add_text(&s->print.out, "\n]}\n");
	if (log_print_flush(&s->print, e) == -1)
		return -1;
	return s->print.count > 0 ? 0 : err_set(e, "the log says nothing of "
	    "%s (%zu files)", s->id, f->count);
}

static int
show_run(const struct ctl *c, const struct log_args *a, struct show *s,
    int64_t since)
{
	char			path[CONF_PATH_SIZE];
	struct log_files	f = { (char **)(uintptr_t)a->file, a->files };
	struct err		e;
	int			rc = 0;

	if (a->files == 0) {
		if (log_files_target(c, path, sizeof path, &e) == -1)
			return verb_fail(&e);
		log_files_find(&f, path, since);
	}
	rc = show_print(s, &f, &e);
	if (a->files == 0)
		log_files_fini(&f);
	return rc == -1 ? verb_fail(&e) : CTL_OK;
}

int
verb_log_show(const struct ctl *c, int argc, char **argv)
{
	struct show	s = { .line = LOG_LINE_INIT, .print = LOG_PRINT_INIT };
	struct log_args	a;
	struct err	e;
	int64_t		since;
	int		rc;

	if (log_args_parse(&a, argc, argv, &e) == -1) {
		(void)verb_fail(&e);
		return verb_usage();
	}
	if (a.word == NULL || a.follow || a.filter.count > 0)
		return verb_usage();
	if (show_id(&s, a.word, &since) == -1) {
		(void)err_set(&e, "%s: not the id of a message, UUID or "
		    "UUID:N", a.word);
		(void)verb_fail(&e);
		return verb_usage();
	}
	s.print.json = a.json;
	rc = show_run(c, &a, &s, since);
	log_line_fini(&s.line);
	log_print_fini(&s.print);
	free(s.told);
	return rc;
}
