/*
 * Each question is asked of the files as they were read; nothing is done.
 */
#include <stdio.h>
#include <string.h>

#include "change.h"
#include "notice.h"

bool
change_needs_restart(struct instance *i, const struct conf *conf)
{
	const struct generation	*g = instance_running(i);
	struct buf		 was = BUF_INIT, now = BUF_INIT;
	char			 text[1200];
	bool			 must = false;
	size_t			 k;

	for (k = 0; g != NULL && k < param_count; k++) {
		if (!param_rows[k].restart)
			continue;
		buf_clear(&was);
		buf_clear(&now);
		(void)params_get(conf_params(g->conf), param_rows[k].name,
		    &was);
		(void)params_get(conf_params(conf), param_rows[k].name, &now);
		if (str_eq(buf_str(&was), buf_str(&now)))
			continue;
		(void)snprintf(text, sizeof text, "%s was %s when this "
		    "instance started; to change it, stop and start",
		    param_rows[k].name, buf_cstr(&was));
		notice_blame(i, conf, param_rows[k].name, text);
		must = true;
	}
	buf_free(&was);
	buf_free(&now);
	return must;
}

static void
change_warn(void *arg, const char *file, int line, int column,
    const char *text)
{
	notice_diag(arg, &(struct diag){ file, line, column, true, text });
}

int
change_plan(struct instance *i, const struct conf *conf,
    struct plans *plans)
{
	int	faults = plans_load(plans, conf, notice_report, i);

	if (faults == 0)
		plans_warn(conf, change_warn, i);
	return faults;
}

bool
change_is_of_plans(const struct instance *i, const struct conf *conf,
    const struct plans *plans)
{
	const struct generation	*g = instance_running(i);

	return g != NULL && (g->relisted ||
	    !plans_equal(plans, &g->plans) ||
	    !str_eq(conf_transport_cf(conf), conf_transport_cf(g->conf))) &&
	    sockets_sound(&i->house.sockets) && !generation_differs(g, conf);
}
