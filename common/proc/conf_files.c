/*
 * One entry for each name that ever came: there are few.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ipc/ipc.h"

#include "conf_files.h"

#define FILES_MAX	128	/* with those of lists */
#define TEXT_MAX	(64u * 1024 * 1024)

void
conf_files_init(struct conf_files *f)
{
	STAILQ_INIT(f);
}

void
conf_files_fini(struct conf_files *f)
{
	struct conf_file	*one;

	while ((one = STAILQ_FIRST(f)) != NULL) {
		STAILQ_REMOVE_HEAD(f, link);
		buf_free(&one->coming);
		buf_free(&one->text);
		free(one);
	}
}

static struct conf_file *
conf_files_find(const struct conf_files *f, const char *name)
{
	struct conf_file	*one;

	STAILQ_FOREACH(one, f, link)
		if (strcmp(one->name, name) == 0)
			return one;
	return NULL;
}

static struct conf_file *
conf_files_make(struct conf_files *f, const char *name)
{
	struct conf_file	*one;
	int			 n = 0;

	if ((one = conf_files_find(f, name)) != NULL)
		return one;
	STAILQ_FOREACH(one, f, link)
		n++;
	if (n == FILES_MAX)
		return NULL;
	one = xcalloc(1, sizeof *one);
	(void)strlcpy(one->name, name, sizeof one->name);
	STAILQ_INSERT_TAIL(f, one, link);
	return one;
}

int
conf_files_take(struct conf_files *f, struct rbuf *r)
{
	struct ipc_CONF_FILE	 m;
	struct conf_file	*one;

	if (ipc_get_CONF_FILE(r, &m) == -1 ||
	    (one = conf_files_make(f, m.name)) == NULL)
		return -1;
	if (m.first != 0) {
		buf_clear(&one->coming);
		one->whole = false;
	}
	if (one->whole || one->coming.len + m.bytes.len > TEXT_MAX)
		return -1;
	buf_add_str(&one->coming, m.bytes);
	one->whole = m.last != 0;
	return 0;
}

void
conf_files_settle(struct conf_files *f)
{
	struct conf_file	*one;

	STAILQ_FOREACH(one, f, link) {
		if (!one->whole)
			continue;
		buf_free(&one->text);
		one->text = one->coming;
		one->coming = (struct buf)BUF_INIT;
		one->whole = false;
	}
}

struct str
conf_files_text(const struct conf_files *f, const char *name)
{
	const struct conf_file	*one = conf_files_find(f, name);

	return one != NULL ? buf_str(&one->text) : STR("");
}

int
conf_files_list(void *arg, struct str list, const char *path,
    struct buf *out, struct err *e)
{
	const struct conf_files	*f = arg;
	const struct conf_file	*one;
	char			 name[64];

	(void)snprintf(name, sizeof name, "list/%.*s", (int)list.len, list.p);
	one = conf_files_find(f, name);
	if (one == NULL)
		return err_set(e, "%s: master did not send it", path);
	buf_add_str(out, buf_str(&one->text));
	return 0;
}
