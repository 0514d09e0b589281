/*
 * What is shown is what a row says: what holds for some mail is what queue
 * shape tells.
 */
#include <stdio.h>

#include "schedule/policy_reading.h"

#include "config_policy.h"
#include "report.h"

struct config_rows {
	json_t			*out;	/* NULL: print */
};

static json_t *
config_str(struct str s)
{
	return json_stringn(s.p != NULL ? s.p : "", s.len);
}

static void
config_policy_options(struct config_rows *c, struct row_text *row,
    json_t *options)
{
	struct str	word, name, value;
	struct buf	key = BUF_INIT;

	while (line_option(row->src, row->line, &row->rest, &word)) {
		if (!line_pair(row->src, row->line, word, &name, &value))
			continue;
		if (c->out == NULL)
			(void)printf("    -o { %.*s = %.*s }\n",
			    (int)name.len, name.p, (int)value.len, value.p);
		buf_clear(&key);
		buf_add_str(&key, name);
		if (c->out != NULL)
			(void)json_object_set_new(options, buf_cstr(&key),
			    config_str(value));
	}
	buf_free(&key);
}

static void
config_policy_row(void *arg, struct row_text *row)
{
	struct config_rows	*c = arg;
	json_t			*options = json_object();
	int			 line, column;

	line_where(row->line, 0, &line, &column);
	if (c->out == NULL)
		(void)printf("\n%.*s %.*s %.*s\t(policy.cf:%d)\n",
		    (int)row->col[0].len, row->col[0].p,
		    (int)row->col[1].len, row->col[1].p,
		    (int)row->col[2].len, row->col[2].p, line);
	config_policy_options(c, row, options);
	if (c->out != NULL)
		(void)json_array_append_new(c->out, json_pack(
		    "{s:o,s:o,s:o,s:i,s:o}", "kind", config_str(row->col[0]),
		    "id", config_str(row->col[1]), "on",
		    config_str(row->col[2]), "line", line, "options",
		    options));
	else
		json_decref(options);
}

bool
config_policies(const struct conf *conf, json_t *out)
{
	char			 file[CONF_PATH_SIZE];
	struct policy_source	 src = { .file = file,
				    .text = conf_policy_cf(conf) };
	struct config_rows	 c = { .out = out };
	struct reports		 quiet = REPORTS_INIT(NULL, NULL);
	struct policies		*p = NULL;
	bool			 ok;

	conf_path(conf, "policy.cf", file, sizeof file);
	ok = policies_compile(&p, &src, report_print, NULL) == 0;
	policies_free(&p);
	(void)row_text_each(&policy_form, file, src.text, &quiet,
	    config_policy_row, &c);
	reports_fini(&quiet);
	return ok;
}
