/*
 * zone - a small DNS server on the test's loop, whose records are text
 *
 *	a.lab 300 A 192.0.2.1		d.lab 60 MX 10 a.lab
 *	e.lab 300 CNAME d.lab		none.lab 0 TXT -  (it is there)
 *	bad.lab 0 SERVFAIL -		hush.lab 0 SILENT -
 *
 * A name without records is NXDOMAIN, a type without them NODATA.
 *
 * Ownership  one a process: zone_start(), zone_stop(); the text is borrowed.
 */
#ifndef TESTS_ZONE_H
#define TESTS_ZONE_H

struct loop;

/* "127.0.0.1@PORT" */
const char	*zone_start(struct loop *l);
void		 zone_stop(void);
void		 zone_set(const char *records);
/* How many questions came. */
int		 zone_asked(void);

#endif
