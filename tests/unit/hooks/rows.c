/*
 * The rows in one array; what of a row's situations was seen is a bit each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rows.h"

#define ROWS		256
#define SITUATIONS	4

struct row {
	char		section[24], name[64];
	char		situation[SITUATIONS][24];
	unsigned	count, seen;
	bool		elsewhere;	/* with all daemons */
};

static struct row	rows[ROWS];
static size_t		row_count;

static void
row_add(const char *line)
{
	struct row	*r = &rows[row_count];
	char		 list[96], where[16] = "", *one;

	assert_true(row_count < ROWS);
	*r = (struct row){ .count = 0 };
	assert_true(sscanf(line, "%23s %63s %95s %15s", r->section, r->name,
	    list, where) >= 3);
	for (one = strtok(list, ","); one != NULL; one = strtok(NULL, ",")) {
		assert_true(r->count < SITUATIONS);
		(void)strlcpy(r->situation[r->count++], one,
		    sizeof r->situation[0]);
	}
	r->elsewhere = where[0] != '\0';
	row_count++;
}

void
rows_read(void)
{
	char	 line[256];
	FILE	*f = fopen("tests/golden/post-delivery.rows", "r");

	assert_non_null(f);
	row_count = 0;
	while (fgets(line, sizeof line, f) != NULL)
		if (line[0] != '#')
			row_add(line);
	(void)fclose(f);
}

void
rows_mark(const char *name, const char *situation)
{
	struct row	*r;
	unsigned	 i;

	for (r = rows; r < rows + row_count; r++)
		for (i = 0; i < r->count; i++)
			if (strcmp(r->name, name) == 0 &&
			    strcmp(r->situation[i], situation) == 0) {
				r->seen |= 1u << i;
				return;
			}
	fail_msg("no row %s: %s", name, situation);
}

void
rows_report(const char *section)
{
	const struct row	*r;
	unsigned		 i, missing = 0;

	for (r = rows; r < rows + row_count; r++) {
		if (r->elsewhere ||
		    strncmp(r->section, section, strlen(section)) != 0)
			continue;
		print_message("# %s %s:", r->section, r->name);
		for (i = 0; i < r->count; i++) {
			missing += (r->seen & 1u << i) == 0;
			print_message("%s %s%s", i > 0 ? "," : "",
			    (r->seen & 1u << i) == 0 ? "NOT " : "",
			    r->situation[i]);
		}
		print_message("\n");
	}
	assert_int_equal(missing, 0);
}

void
rows_each(const char *section, void (*fn)(const char *name))
{
	size_t	i;

	for (i = 0; i < row_count; i++)
		if (strcmp(rows[i].section, section) == 0)
			fn(rows[i].name);
}
