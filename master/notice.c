/*
 * What happens to a configuration is told in three places: to mtactl start,
 * which waits at a pipe until all runs, to mtactl reload, which waits at the
 * control socket, and to the log.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"

#include "control.h"
#include "notice.h"

void
notice_text(struct instance *i, const char *text)
{
	if (i->notify != -1)
		(void)fd_write_full(i->notify, text, strlen(text));
}

void
notice_close(struct instance *i)
{
	if (i->notify != -1)
		(void)close(i->notify);
	i->notify = -1;
}

/* To whoever waits for the start or the reload, and to the log. */
void
notice_diag(void *arg, const struct diag *d)
{
	struct instance	*i = arg;
	const char	*warning = d->warning ? "warning: " : "";
	char		 out[2048];

	if (d->warning)
		LOG(EV_CONFIG_WARNING, NULL, LOG_STR("file", d->file),
		    LOG_NUM("line", d->line), LOG_NUM("column", d->column),
		    LOG_STR("reason", d->text));
	else
		LOG(EV_CONFIG_ERROR, NULL, LOG_STR("file", d->file),
		    LOG_NUM("line", d->line), LOG_NUM("column", d->column),
		    LOG_STR("reason", d->text));
	if (d->line > 0)
		(void)snprintf(out, sizeof out, "%s:%d:%d: %s%s\n", d->file,
		    d->line, d->column, warning, d->text);
	else
		(void)snprintf(out, sizeof out, "%s: %s%s\n", d->file,
		    warning, d->text);
	notice_text(i, out);
	if (i->control != NULL)
		control_line(i->control, d);
}

void
notice_report(void *arg, const char *file, int line, int column,
    const char *text)
{
	notice_diag(arg, &(struct diag){ file, line, column, false, text });
}

void
notice_say(struct instance *i, const char *file, const char *text)
{
	notice_report(i, file, 0, 0, text);
}

/* What a parameter names can't be used. */
void
notice_blame(struct instance *i, const struct conf *conf,
    const char *parameter, const char *text)
{
	struct diag	d = { .file = conf_dir(conf), .text = text };

	diag_place(&d, conf, conf_service(conf, 0), parameter);
	notice_diag(i, &d);
}

void
notice_refuse(struct instance *i, const char *why)
{
	LOG(EV_RELOAD_REFUSED, NULL, LOG_STR("reason", why));
	if (i->control != NULL)
		control_reloaded(i->control, true, why);
}
