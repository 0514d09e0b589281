/*
 * mtactl spool: what can be done with a spool as files, whether the instance
 * runs or not.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "conf/conf.h"
#include "spool/disk_real.h"
#include "spool/simulate.h"
#include "spool/verify.h"

#include "options.h"
#include "progress.h"
#include "report.h"
#include "spool.h"
#include "verb.h"

/* ---- The spool ----------------------------------------------------------- */

/* The spool_directory of the configuration: 0, or -1 after a report. */
static int
spool_configured(const struct ctl *c, char *path, size_t size)
{
	struct conf	*conf = NULL;

	if (conf_load(&conf, c->dir, report_print, NULL) == -1)
		return -1;
	(void)conf_path(conf, conf_params(conf)->spool_directory, path, size);
	conf_free(&conf);
	return 0;
}

struct disk *
spool_open(const struct ctl *c, const char *dir)
{
	char		path[PATH_MAX];
	struct err	e;
	int		fd;

	if (dir == NULL && spool_configured(c, path, sizeof path) == -1)
		return NULL;
	if (dir == NULL)
		dir = path;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1) {
		(void)err_errno(&e, "%s", dir);
		(void)verb_fail(&e);
		return NULL;
	}
	return disk_real_new(fd);
}

/* ---- verify -------------------------------------------------------------- */

struct spool_findings {
	json_t		*damage;	/* NULL: lines on standard error */
	struct progress	 progress;
};

static void
spool_on_damage(void *arg, const char *what)
{
	struct spool_findings	*f = arg;

	if (f->damage != NULL)
		json_array_append_new(f->damage, json_text(what));
	else
		(void)fprintf(stderr, "%s\n", what);
}

static void
spool_on_progress(void *arg, uint64_t done, uint64_t all)
{
	struct spool_findings	*f = arg;

	progress_show(&f->progress, done, all);
}

static void
spool_verified(const struct verify_report *r, json_t *damage)
{
	if (damage == NULL) {
		(void)printf("%" PRIu64 " segments, %" PRIu64 " bytes, %"
		    PRIu64 " messages, %" PRIu64 " entries, %" PRIu64
		    " tables, %" PRIu64 " damaged\n", r->segments, r->bytes,
		    r->transactions, r->entries, r->tables, r->damaged);
		return;
	}
	json_print(json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:o}",
	    "segments", (json_int_t)r->segments,
	    "bytes", (json_int_t)r->bytes,
	    "transactions", (json_int_t)r->transactions,
	    "entries", (json_int_t)r->entries,
	    "tables", (json_int_t)r->tables,
	    "damaged", (json_int_t)r->damaged, "damage", damage));
}

int
verb_spool_verify(const struct ctl *c, int argc, char **argv)
{
	struct spool_findings	 f = { NULL, PROGRESS_INIT };
	struct verify_calls	 calls = { .damage = spool_on_damage,
				    .progress = spool_on_progress,
				    .arg = &f };
	struct verify_report	 report;
	struct options		 o;
	struct disk		*disk;
	struct err		 e;
	int			 rc;

	if (options_parse(&o, "j", argc, argv) == -1 || o.argc > 1)
		return verb_usage();
	disk = spool_open(c, o.argc == 1 ? o.argv[0] : NULL);
	if (disk == NULL)
		return CTL_FAILED;
	if (o.json)
		f.damage = json_array();
	rc = spool_verify(disk, &calls, &report, &e);
	progress_end(&f.progress);
	disk_free(&disk);
	if (rc == -1)
		return verb_fail(&e);
	spool_verified(&report, f.damage);
	return report.damaged > 0 ? CTL_FAILED : CTL_OK;
}

/* ---- simulate ------------------------------------------------------------ */

/* A number that an option gives: 0, or -1 and a line. */
static int
spool_number(const char *text, uint64_t *n)
{
	if (text == NULL)
		return 0;
	return str_uint(str_of(text), UINT64_MAX, n);
}

static void
spool_simulated(const struct simulate_report *r, uint64_t seed, bool json)
{
	if (json) {
		json_print(json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}",
		    "seed", (json_int_t)seed, "cuts", (json_int_t)r->cuts,
		    "power_cuts", (json_int_t)r->power_cuts,
		    "transactions", (json_int_t)r->transactions,
		    "acknowledged", (json_int_t)r->acknowledged,
		    "changes", (json_int_t)r->changes,
		    "rebuilds", (json_int_t)r->rebuilds,
		    "renewed", (json_int_t)r->renewed));
		return;
	}
	(void)printf("seed %" PRIu64 ": %" PRIu64 " cuts (%" PRIu64 " of the "
	    "power), %" PRIu64 " messages acknowledged of %" PRIu64 ", %"
	    PRIu64 " changes confirmed, %" PRIu64 " rebuilds, %" PRIu64
	    " records renewed: nothing lost\n",
	    seed, r->cuts, r->power_cuts, r->acknowledged, r->transactions,
	    r->changes, r->rebuilds, r->renewed);
}

int
verb_spool_simulate(const struct ctl *c, int argc, char **argv)
{
	struct spool_findings	 f = { NULL, PROGRESS_INIT };
	struct simulate_options	 so = { .cuts = 1000,
				    .progress = spool_on_progress,
				    .arg = &f };
	struct simulate_report	 report;
	struct options		 o;
	struct err		 e;
	int			 rc;

	(void)c;
	so.seed = (uint64_t)clock_wall_us();
	if (options_parse(&o, "jCS", argc, argv) == -1 || o.argc > 0 ||
	    spool_number(o.cuts, &so.cuts) == -1 ||
	    spool_number(o.seed, &so.seed) == -1)
		return verb_usage();
	rc = spool_simulate(&so, &report, &e);
	progress_end(&f.progress);
	if (rc == -1)
		return verb_fail(&e);
	spool_simulated(&report, so.seed, o.json);
	return CTL_OK;
}
