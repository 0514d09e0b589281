/*
 * The text is cut at the size of struct err; a longer one is no second
 * failure.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "err.h"

int
err_set(struct err *e, const char *fmt, ...)
{
	va_list	ap;

	if (e == NULL)
		return -1;
	va_start(ap, fmt);
	(void)vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	return -1;
}

int
err_errno(struct err *e, const char *fmt, ...)
{
	char	head[ERR_TEXT_MAX - 64];
	int	saved = errno;
	va_list	ap;

	if (e == NULL)
		return -1;
	va_start(ap, fmt);
	(void)vsnprintf(head, sizeof head, fmt, ap);
	va_end(ap);
	(void)snprintf(e->text, sizeof e->text, "%s: %s", head,
	    strerror(saved));
	errno = saved;
	return -1;
}

int
err_wrap(struct err *e, const char *fmt, ...)
{
	char	head[ERR_TEXT_MAX / 2], tail[ERR_TEXT_MAX / 2 - 4];
	va_list	ap;

	if (e == NULL)
		return -1;
	va_start(ap, fmt);
	(void)vsnprintf(head, sizeof head, fmt, ap);
	va_end(ap);
	(void)strlcpy(tail, e->text, sizeof tail);
	(void)snprintf(e->text, sizeof e->text, "%s: %s", head, tail);
	return -1;
}
