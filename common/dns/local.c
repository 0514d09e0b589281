/*
 * Files of records: one a line as in a zone file, names from the root.  ";"
 * outside quotes starts a comment.  No directives, no continued lines.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unbound.h>

#include "dns_private.h"

#define HOSTS_FILE	"/etc/hosts"
#define RESOLV_FILE	"/etc/resolv.conf"

static void
local_cut_comment(char *line)
{
	bool	quoted = false;

	for (; *line != '\0'; line++) {
		if (*line == '\\' && line[1] != '\0')
			line++;
		else if (*line == '"')
			quoted = !quoted;
		else if ((*line == ';' && !quoted) || *line == '\n' ||
		    *line == '\r')
			*line = '\0';
		if (*line == '\0')
			return;
	}
}

typedef int	local_fn(struct dns *d, const char *record);

static int
local_line(struct dns *d, char *line, local_fn *add, const char **why)
{
	struct str	s;
	int		rc;

	if (line[0] == '#')
		return 0;
	local_cut_comment(line);
	s = str_trim(str_of(line));
	if (s.len == 0)
		return 0;
	if (s.p[0] == '$') {
		*why = "directives are not known here";
		return -1;
	}
	rc = add(d, s.p);
	/* To a record that it can't read libunbound answers with the code for
	 * no memory. */
	*why = rc == UB_NOMEM ? "not a record: NAME TTL IN TYPE DATA expected" :
	    ub_strerror(rc);
	return rc == 0 ? 0 : -1;
}

static int
local_load(struct dns *d, const char *path, local_fn *add, struct err *e)
{
	FILE		*f = fopen(path, "re");
	const char	*why;
	char		*line = NULL;
	size_t		 cap = 0;
	int		 number = 0, rc = -1;

	if (f == NULL)
		return err_errno(e, "%s", path);
	while (getline(&line, &cap, f) != -1) {
		number++;
		if (local_line(d, line, add, &why) == 0)
			continue;
		(void)err_set(e, "%s:%d: %s", path, number, why);
		goto out;
	}
	if (ferror(f)) {
		(void)err_errno(e, "%s", path);
		goto out;
	}
	rc = 0;
out:
	free(line);
	(void)fclose(f);
	return rc;
}

/* Kept as text, as anchors are. */
static int
local_add_data(struct dns *d, const char *record)
{
	int	rc = ub_ctx_data_add(d->ctx, record);

	if (rc != 0)
		return rc;
	buf_add_text(&d->records, record);
	buf_add_byte(&d->records, '\0');
	return 0;
}

int
dns_local_load(struct dns *d, const char *path, struct err *e)
{
	return local_load(d, path, local_add_data, e);
}

/* Anchors are kept as text for resolvers that are made later, in a jail,
 * where their file can't be read. */
static int
local_add_anchor(struct dns *d, const char *record)
{
	buf_add_text(&d->anchors, record);
	buf_add_byte(&d->anchors, '\0');
	return ub_ctx_add_ta(d->ctx, record);
}

int
dns_anchors_load(struct dns *d, const char *path, struct err *e)
{
	return local_load(d, path, local_add_anchor, e);
}

void
dns_anchors_copy(struct dns *d, const struct dns *from)
{
	struct str	rest = buf_str(&from->anchors);
	size_t		n;

	while (rest.len > 0) {
		n = strlen(rest.p) + 1;
		(void)ub_ctx_add_ta(d->ctx, rest.p);
		rest.p += n;
		rest.len -= n;
	}
	if (d != from)
		buf_add_str(&d->anchors, buf_str(&from->anchors));
}

/* ---- The system's files -------------------------------------------------- */

static bool
local_word(char **at, char **word)
{
	*word = *at + strspn(*at, " \t\r\n");
	*at = *word + strcspn(*word, " \t\r\n");
	if (**at != '\0')
		*(*at)++ = '\0';
	return **word != '\0' && **word != '#';
}

/* "192.0.2.1 name name"; what is no record is passed over. */
static void
local_host(struct dns *d, char *line)
{
	char		*address, *name;
	struct buf	 record = BUF_INIT;

	if (!local_word(&line, &address) || strchr(address, '%') != NULL)
		return;
	while (local_word(&line, &name)) {
		buf_clear(&record);
		buf_printf(&record, "%s %s %s", name,
		    strchr(address, ':') != NULL ? "AAAA" : "A", address);
		(void)local_add_data(d, buf_cstr(&record));
	}
	buf_free(&record);
}

void
dns_hosts_load(struct dns *d)
{
	FILE	*f = fopen(HOSTS_FILE, "re");
	char	*line = NULL;
	size_t	 cap = 0;

	if (f == NULL)
		return;
	while (getline(&line, &cap, f) != -1)
		local_host(d, line);
	free(line);
	(void)fclose(f);
}

/* A file without servers means one on this host. */
void
dns_system_servers(struct buf *out)
{
	FILE	*f = fopen(RESOLV_FILE, "re");
	char	*line = NULL, *at, *word;
	size_t	 cap = 0;

	if (f == NULL)
		return;
	while (getline(&line, &cap, f) != -1) {
		at = line;
		if (local_word(&at, &word) &&
		    strcmp(word, "nameserver") == 0 &&
		    local_word(&at, &word))
			buf_printf(out, "%s ", word);
	}
	if (out->len == 0)
		buf_add_text(out, "127.0.0.1");
	free(line);
	(void)fclose(f);
}
