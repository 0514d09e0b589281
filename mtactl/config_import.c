/*
 * mtactl config import-halon: what another system's files say, as policy.cf
 * and transport.cf.  What was written is read as these files are, so that
 * nothing is handed out that a reload would refuse without having been named.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "conf/file.h"
#include "conf/params.h"
#include "import.h"
#include "options.h"
#include "report.h"
#include "schedule/policy.h"
#include "schedule/transport.h"
#include "verb.h"

/* True: both files would be accepted. */
static bool
import_holds(struct str policy, struct str transport)
{
	struct policy_source	 src = { "policy.cf", policy, NULL, NULL };
	struct policies		*p = NULL;
	struct transports	*t = NULL;
	struct params		 params;
	bool			 good;

	params_init(&params);
	good = policies_compile(&p, &src, report_print, NULL) == 0;
	if (transports_compile(&t, "transport.cf", transport, &params,
	    report_print, NULL) == -1)
		good = false;
	policies_free(&p);
	transports_free(&t);
	params_fini(&params);
	return good;
}

/* Nothing that is there is written over. */
static int
import_write(const char *dir, const char *name, struct str text,
    struct err *e)
{
	char	path[4096];
	int	fd, rc;

	if ((size_t)snprintf(path, sizeof path, "%s/%s", dir, name) >=
	    sizeof path)
		return err_set(e, "%s: too long", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd == -1)
		return err_errno(e, "%s", path);
	rc = fd_write_full(fd, text.p, text.len);
	if (rc == 0)
		rc = fsync(fd);
	if (rc == -1)
		(void)err_errno(e, "%s", path);
	if (close(fd) == -1 && rc == 0)
		rc = err_errno(e, "%s", path);
	if (rc == -1)
		(void)unlink(path);
	return rc;
}

static int
import_out(const struct options *o, struct str policy, struct str transport,
    struct err *e)
{
	if (o->to == NULL) {
		if (fwrite(policy.p, 1, policy.len, stdout) != policy.len ||
		    fputc('\n', stdout) == EOF || fwrite(transport.p, 1,
		    transport.len, stdout) != transport.len ||
		    fflush(stdout) == EOF)
			return err_errno(e, "standard output");
		return 0;
	}
	if (mkdir(o->to, 0755) == -1 && errno != EEXIST)
		return err_errno(e, "%s", o->to);
	if (import_write(o->to, "policy.cf", policy, e) == -1)
		return -1;
	return import_write(o->to, "transport.cf", transport, e);
}

static int
import_read(struct import *im, const struct options *o, struct err *e)
{
	struct buf	text = BUF_INIT;
	int		i, rc = 0;

	for (i = 0; i < o->argc && rc == 0; i++) {
		buf_clear(&text);
		rc = file_read_most(o->argv[i], YAML_SIZE, &text, e);
		if (rc == 0)
			import_file(im, o->argv[i], buf_str(&text));
	}
	buf_free(&text);
	return rc;
}

int
verb_config_import(const struct ctl *c, int argc, char **argv)
{
	struct buf	policy = BUF_INIT, transport = BUF_INIT;
	struct import	im;
	struct options	o;
	struct err	e;
	bool		good = false;
	int		rc;

	(void)c;
	if (options_parse(&o, "T", argc, argv) == -1 || o.argc == 0)
		return verb_usage();
	import_init(&im);
	rc = import_read(&im, &o, &e);
	if (rc == 0) {
		import_policy_text(&im, &policy);
		import_transport_text(&im, &transport);
		good = import_holds(buf_str(&policy), buf_str(&transport));
		rc = import_out(&o, buf_str(&policy), buf_str(&transport),
		    &e);
	}
	good = good && im.faults == 0;
	import_fini(&im);
	buf_free(&policy);
	buf_free(&transport);
	if (rc == -1)
		return verb_fail(&e);
	return good ? CTL_OK : CTL_FAILED;
}
