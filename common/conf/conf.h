/*
 * conf - the configuration of one instance
 *
 * conf_load() reads DIR/main.cf and DIR/master.cf in Postfix's grammar
 * (main.cf(5), master.cf(5)), checks every name and value against params.def,
 * and reports all errors, each with file, line and column.  It compiles
 * nothing and opens no file but these two and the hooks' texts.
 *
 * Ownership  conf_load() gives, conf_free() takes and clears the pointer.
 *            All strings belong to the conf.
 * Failure    -1 after at least one report.
 * Process    no global state.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "conf/params.h"

struct conf;

typedef void	conf_report_fn(void *arg, const char *file, int line,
		    int column, const char *text);

struct conf_text {
	const char	*dir;
	struct str	 main_cf;
	struct str	 master_cf;
};

struct conf_place {
	const char	*file;		/* the conf's */
	int		 line;
	int		 column;
};

#define CONF_PATH_SIZE	2048	/* room for conf_path() */

/* What a row of master.cf says. */
enum conf_type { CONF_INET, CONF_UNIX };

struct conf_service {
	const char	*name;		/* first column, as written */
	enum conf_type	 type;
	const char	*host;		/* inet: address, "" for all */
	int		 port;		/* inet */
	bool		 private;
	bool		 unpriv;
	bool		 chroot;
	int		 wakeup_s;	/* 0 never */
	int		 maxproc;	/* workers, at least 1 */
	bool		 single;	/* kept over reloads: programs.def */
	const char	*command;	/* program of services.def */
	int		 line;		/* in master.cf */
	struct params	 params;	/* main.cf with this row's -o on it */
};

int	conf_load(struct conf **out, const char *dir, conf_report_fn *report,
	    void *arg);
/* The same from text, without hooks; file names in reports as if from dir. */
int	conf_parse(struct conf **out, const struct conf_text *text,
	    conf_report_fn *report, void *arg);
/* Limits that do not fit together, each a report; the conf holds all the
 * same. */
void	conf_warn(const struct conf *c, conf_report_fn *report, void *arg);
/* The value of one parameter of main.cf, whatever else may be wrong there:
 * to reach a running instance whose files were since broken. */
void	conf_peek(const char *dir, const char *name, struct buf *out);
void	conf_free(struct conf **c);
const char		*conf_dir(const struct conf *c);	/* absolute */
const struct params	*conf_params(const struct conf *c);
size_t			 conf_service_count(const struct conf *c);
const struct conf_service *conf_service(const struct conf *c, size_t i);

/* The text of a hook named by a parameter, as it was when conf_load() read
 * it; none when not read.  path is the parameter's value. */
struct str	conf_script(const struct conf *c, const char *path);
/* The text of DIR/transport.cf; empty if there is no such file. */
struct str	conf_transport_cf(const struct conf *c);
/* The same of DIR/policy.cf. */
struct str	conf_policy_cf(const struct conf *c);
/* DIR/path, or path if it is absolute; in buf. */
const char	*conf_path(const struct conf *c, const char *path, char *buf,
		    size_t size);
/* Where a service's value of a parameter was set; false: it is the default. */
bool		 conf_place(const struct conf *c,
		    const struct conf_service *s, const char *name,
		    struct conf_place *at);
/* "main.cf:12" or "default" of a parameter of main.cf. */
const char	*conf_origin(const struct conf *c, const char *name, char *buf,
		    size_t size);

#endif
