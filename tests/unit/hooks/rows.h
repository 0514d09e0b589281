/*
 * rows - which rows of the post-delivery document a test has been through
 *
 * tests/golden/post-delivery.rows has the rows, by the document's sections;
 * each names the situations in which it is tested.
 */
#ifndef TESTS_HOOKS_ROWS_H
#define TESTS_HOOKS_ROWS_H

void	rows_read(void);
/* The row was tested so; one that there is none of fails the test. */
void	rows_mark(const char *name, const char *situation);
/* Shows what was tested of the sections that begin so, and fails if that is
 * not all. */
void	rows_report(const char *section);
/* Calls fn() for each row of the section. */
void	rows_each(const char *section, void (*fn)(const char *name));

#endif
