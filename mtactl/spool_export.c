/*
 * mtactl spool export: each message of a spool as a file, and its envelope.
 *
 * The spool is read as verify reads it, so that nothing is written whose
 * checksum is wrong; what has ended and still lies there is written as well,
 * since only the queue's own book knows of that.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "spool/content.h"
#include "spool/fields.h"
#include "spool/verify.h"

#include "options.h"
#include "report.h"
#include "spool.h"
#include "verb.h"

struct export {
	struct disk	*disk;
	int		 dir;
	uint64_t	 written;
	struct err	 why;
};

static json_t *
export_text(struct str s)
{
	return json_stringn_nocheck(s.len > 0 ? s.p : "", s.len);
}

static json_t *
export_pairs(struct str pairs)
{
	json_t		*object = json_object();
	struct str	 key, value;

	while (fields_list_next(&pairs, &key) == 0 &&
	    fields_list_next(&pairs, &value) == 0)
		json_object_setn_new_nocheck(object, key.p, key.len,
		    export_text(value));
	return object;
}

static json_t *
export_envelope(const struct reader_entry *r)
{
	const struct spool_entry	*n = &r->entry;
	char				 txn[SPOOL_ID_TEXT];
	struct spool_id			 id = r->id;

	id.queue = 0;
	spool_id_text(txn, &id);
	return json_pack("{s:{s:s,s:I},s:f,s:o,s:o,s:o,s:o,s:o,s:I,s:I,s:b,"
	    "s:o}", "id", "transaction", txn, "queue", (json_int_t)n->queue,
	    "ts", (double)n->ts_us / 1e6,
	    "sender", export_text(n->sender),
	    "recipient", export_text(n->recipient),
	    "transportid", export_text(n->transportid),
	    "tenantid", export_text(n->tenantid),
	    "jobid", export_text(n->jobid),
	    "priority", (json_int_t)n->priority,
	    "size", (json_int_t)n->size,
	    "hold", (n->flags & ENTRY_HOLD) != 0,
	    "metadata", export_pairs(n->metadata));
}

/* A new file in the folder: its descriptor, or -1 with x->why. */
static int
export_file(struct export *x, const struct spool_id *id, const char *suffix)
{
	char	name[SPOOL_ID_TEXT + 8];
	int	fd;

	spool_id_text(name, id);
	name[UUID_TEXT - 1] = '_';	/* a colon is no name everywhere */
	(void)strlcat(name, suffix, sizeof name);
	fd = openat(x->dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0600);
	if (fd == -1)
		(void)err_errno(&x->why, "%s", name);
	return fd;
}

static int
export_close(struct export *x, int fd, int rc)
{
	if (rc == -1)
		(void)err_errno(&x->why, "write");
	if (close(fd) == -1 && rc == 0)
		rc = err_errno(&x->why, "close");
	return rc;
}

static int
export_json(struct export *x, const struct reader_entry *r)
{
	json_t	*envelope = export_envelope(r);
	int	 fd = export_file(x, &r->id, ".json"), rc = -1;

	if (fd != -1)
		rc = export_close(x, fd, json_dumpfd(envelope, fd,
		    JSON_INDENT(1)));
	json_decref(envelope);
	return rc;
}

static int
export_message(struct export *x, const struct reader_entry *r,
    struct disk_file *segment)
{
	struct content_place	place = { r->id, r->place.segment, r->body,
				    r->edits };
	struct content		c;
	struct str		piece;
	int			fd, rc;

	if (content_open(&c, x->disk, segment, &place, &x->why) == -1)
		return -1;
	if ((fd = export_file(x, &r->id, ".eml")) == -1) {
		content_close(&c);
		return -1;
	}
	while ((rc = content_next(&c, &piece, &x->why)) == 0) {
		if (fd_write_full(fd, piece.p, piece.len) == -1) {
			rc = err_errno(&x->why, "write");
			break;
		}
	}
	content_close(&c);
	return export_close(x, fd, rc == 1 ? 0 : rc);
}

static int
export_entry(void *arg, const struct reader_entry *r,
    struct disk_file *segment)
{
	struct export	*x = arg;

	if (export_message(x, r, segment) == -1 || export_json(x, r) == -1)
		return -1;
	x->written++;
	return 0;
}

static int
export_dir(const char *path, struct err *e)
{
	int	fd;

	if (mkdir(path, 0700) == -1 && errno != EEXIST)
		return err_errno(e, "%s", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd == -1 ? err_errno(e, "%s", path) : fd;
}

int
verb_spool_export(const struct ctl *c, int argc, char **argv)
{
	struct export		 x = { NULL, -1, 0, { "" } };
	struct verify_calls	 calls = { .entry = export_entry,
				    .arg = &x };
	struct verify_report	 report;
	struct options		 o;
	struct err		 e;
	int			 rc;

	if (options_parse(&o, "jT", argc, argv) == -1 || o.argc > 1 ||
	    o.to == NULL)
		return verb_usage();
	x.disk = spool_open(c, o.argc == 1 ? o.argv[0] : NULL);
	if (x.disk == NULL)
		return CTL_FAILED;
	rc = x.dir = export_dir(o.to, &e);
	if (rc != -1 && (rc = spool_verify(x.disk, &calls, &report,
	    &e)) == -1 && x.why.text[0] != '\0')
		e = x.why;
	disk_free(&x.disk);
	if (x.dir != -1)
		(void)close(x.dir);
	if (rc == -1)
		return verb_fail(&e);
	if (o.json)
		json_print(json_pack("{s:I,s:I}", "entries",
		    (json_int_t)x.written, "damaged",
		    (json_int_t)report.damaged));
	else
		(void)printf("%" PRIu64 " messages in %s, %" PRIu64
		    " damaged\n", x.written, o.to, report.damaged);
	return report.damaged > 0 ? CTL_FAILED : CTL_OK;
}
