/*
 * dns_local_data: one record a line as in a zone file, names from the root.
 * ";" outside quotes starts a comment.  No directives, no continued lines.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unbound.h>

#include "dns_private.h"

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

static int
local_add(struct ub_ctx *ctx, char *line, const char **why)
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
	rc = ub_ctx_data_add(ctx, s.p);
	*why = ub_strerror(rc);
	return rc == 0 ? 0 : -1;
}

int
dns_local_load(struct ub_ctx *ctx, const char *path, struct err *e)
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
		if (local_add(ctx, line, &why) == 0)
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
