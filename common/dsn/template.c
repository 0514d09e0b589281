/*
 * The set of languages.  English is built in, from the file that is shipped.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/mem.h"

#include "dsn/builtin.h"
#include "template_private.h"

struct templates {
	struct template	*list[TEMPLATES_MAX];	/* the first: English */
	size_t		 count;
};

struct templates *
templates_new(void)
{
	struct templates	*t = xcalloc(1, sizeof *t);
	struct template_fault	 f;

	if (templates_add(t, STR("en"), STR(sample_en_txt), &f) == -1)
		panic("the built-in template, line %d: %s", f.line,
		    f.err.text);
	return t;
}

void
templates_free(struct templates **t)
{
	size_t	i;

	if (*t == NULL)
		return;
	for (i = 0; i < (*t)->count; i++)
		template_free(&(*t)->list[i]);
	free(*t);
	*t = NULL;
}

/* ---- Languages ----------------------------------------------------------- */

/* RFC 5646: letters and digits, joined by hyphens. */
static bool
templates_tag(struct str s)
{
	size_t	i;

	if (s.len < 2 || s.len > TEMPLATE_LANGUAGE_MAX)
		return false;
	for (i = 0; i < s.len; i++)
		if (!ascii_isalnum((unsigned char)s.p[i]) && s.p[i] != '-')
			return false;
	return true;
}

static struct template *const *
templates_find(const struct templates *t, struct str language)
{
	size_t	i;

	for (i = 0; i < t->count; i++)
		if (str_caseeq(str_of(t->list[i]->language), language))
			return &t->list[i];
	return NULL;
}

bool
templates_have(const struct templates *t, struct str language)
{
	return templates_find(t, language) != NULL;
}

int
templates_add(struct templates *t, struct str language, struct str text,
    struct template_fault *f)
{
	struct template *const	*old = templates_find(t, language);
	struct template		*new;

	f->line = f->column = 0;
	if (!templates_tag(language))
		return err_set(&f->err, "its name is not that of a language");
	if (old == NULL && t->count == TEMPLATES_MAX)
		return err_set(&f->err, "more than %d templates",
		    TEMPLATES_MAX);
	if ((new = template_read(text, f)) == NULL)
		return -1;
	(void)snprintf(new->language, sizeof new->language, "%.*s",
	    (int)language.len, language.p);
	if (old != NULL) {
		template_free(&t->list[old - t->list]);
		t->list[old - t->list] = new;
	} else {
		t->list[t->count++] = new;
	}
	return 0;
}

struct str
template_language(const struct template *t)
{
	return str_of(t->language);
}

/* That language, or its first part: de of de-AT. */
static const struct template *
templates_like(const struct templates *t, struct str language)
{
	struct template *const	*found = templates_find(t, language);
	struct str		 rest;

	if (found == NULL)
		found = templates_find(t, str_split(language, '-', &rest));
	return found != NULL ? *found : NULL;
}

const struct template *
templates_choose(const struct templates *t, struct str wanted,
    struct str otherwise)
{
	const struct template	*found = NULL;
	size_t			 tries = 0;

	while (wanted.p != NULL && found == NULL && tries++ < 16)
		found = templates_like(t, str_trim(str_split(wanted, ',',
		    &wanted)));
	if (found == NULL)
		found = templates_like(t, otherwise);
	return found != NULL ? found : t->list[0];
}

/* ---- Files --------------------------------------------------------------- */

static int
templates_load_one(struct templates *t, int dir, const char *name,
    struct template_fault *f)
{
	struct buf	b = BUF_INIT;
	int		fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	int		rc = -1;
	ssize_t		n = -1;

	if (fd == -1)
		return err_errno(&f->err, "it can't be opened");
	while (b.len <= TEMPLATE_SIZE_MAX && (n = read(fd, buf_reserve(&b,
	    4096), 4096)) > 0)
		buf_added(&b, (size_t)n);
	if (n == -1)
		(void)err_errno(&f->err, "it can't be read");
	else
		rc = templates_add(t, (struct str){ name, strlen(name) - 4 },
		    buf_str(&b), f);
	(void)close(fd);
	buf_free(&b);
	return rc;
}

static bool
templates_is_file(const char *name)
{
	size_t	n = strlen(name);

	return n > 4 && name[0] != '.' && strcmp(name + n - 4, ".txt") == 0;
}

int
templates_load(struct templates *t, const char *directory,
    struct template_fault *f)
{
	DIR		*dir = opendir(directory);
	struct dirent	*entry;
	int		 rc = 0;

	f->line = f->column = 0;
	(void)snprintf(f->file, sizeof f->file, "%s", directory);
	if (dir == NULL)
		return errno == ENOENT ? 0 : err_errno(&f->err,
		    "it can't be opened");
	while (rc == 0 && (entry = readdir(dir)) != NULL) {
		if (!templates_is_file(entry->d_name))
			continue;
		if ((size_t)snprintf(f->file, sizeof f->file, "%s/%s",
		    directory, entry->d_name) >= sizeof f->file)
			rc = err_set(&f->err, "a path that is too long");
		else
			rc = templates_load_one(t, dirfd(dir), entry->d_name,
			    f);
	}
	(void)closedir(dir);
	return rc;
}
