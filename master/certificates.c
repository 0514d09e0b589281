/*
 * A list without order: an instance has few certificates, and they are looked
 * through when an operator asks.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"

#include "certificates.h"

void
certificates_init(struct certificates *c)
{
	STAILQ_INIT(&c->list);
	c->count = 0;
}

void
certificates_fini(struct certificates *c)
{
	struct certificate	*one;

	while ((one = STAILQ_FIRST(&c->list)) != NULL) {
		STAILQ_REMOVE_HEAD(&c->list, link);
		free(one->file);
		free(one);
	}
	c->count = 0;
}

bool
certificates_add(struct certificates *c, const char *file, int64_t not_after)
{
	struct certificate	*one;

	STAILQ_FOREACH(one, &c->list, link)
		if (strcmp(one->file, file) == 0)
			return false;
	if (c->count >= CERTIFICATES_MAX)
		return false;
	one = xcalloc(1, sizeof *one);
	one->file = xstrdup(file);
	one->not_after = not_after;
	STAILQ_INSERT_TAIL(&c->list, one, link);
	c->count++;
	return true;
}

bool
certificate_warning(int64_t not_after, int64_t now, char *text, size_t size)
{
	time_t		t = (time_t)not_after;
	struct tm	tm;
	char		day[32];
	int64_t		left = (not_after - now) / 86400;

	if (not_after - now >= CERTIFICATE_SOON_S)
		return false;
	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(day, sizeof day, "%Y-%m-%d", &tm) == 0)
		(void)strlcpy(day, "an unknown day", sizeof day);
	if (not_after <= now)
		(void)snprintf(text, size, "the certificate expired on %s",
		    day);
	else
		(void)snprintf(text, size, "the certificate expires on %s, in "
		    "%" PRId64 " day%s", day, left, left == 1 ? "" : "s");
	return true;
}
