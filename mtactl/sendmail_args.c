/*
 * Options that other mail systems take and that mean nothing here are taken
 * with their arguments: a program that gives them can still send mail.  Those
 * that ask for another configuration or a log (-C, -O, -X, -D) are among
 * them: whom this command asks is not the caller's to choose.
 */
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/xtext.h"
#include "smtp/option.h"

#include "sendmail_args.h"

/* Colons as in getopt(3); args_joined() has the rest. */
#define SENDMAIL_OPTIONS	"+A:B:C:D:F:GIL:N:O:R:UV:X:b:ce:f:h:imno:p:" \
	"r:stvx"

static int
args_mode(struct sendmail_args *a, const char *mode, struct err *e)
{
	static const struct {
		char			letter;
		enum sendmail_mode	mode;
	} modes[] = {
		{ 'm', SENDMAIL_MAIL }, { 's', SENDMAIL_SMTP },
		{ 'p', SENDMAIL_MAILQ }, { 'i', SENDMAIL_NEWALIASES },
	};
	size_t	i;

	for (i = 0; i < sizeof modes / sizeof *modes; i++)
		if (modes[i].letter == mode[0] && mode[1] == '\0') {
			a->mode = modes[i].mode;
			return EX_OK;
		}
	(void)err_set(e, "-b%s is not available%s", mode, mode[0] == 'd' ?
	    ": mtactl start starts the service" : "");
	return EX_USAGE;
}

static int
args_body(struct sendmail_args *a, const char *value, struct err *e)
{
	a->says_8bit = strcasecmp(value, "8BITMIME") == 0;
	if (a->says_8bit || strcasecmp(value, "7BIT") == 0)
		return EX_OK;
	(void)err_set(e, "-B %s: not 7BIT or 8BITMIME", value);
	return EX_USAGE;
}

/* One line of the envelope is not made two. */
static int
args_one_line(const char *value, struct err *e)
{
	if (strpbrk(value, "\r\n") == NULL)
		return EX_OK;
	(void)err_set(e, "an address or an option has a line break");
	return EX_DATAERR;
}

static int
args_notify(struct sendmail_args *a, char *value, struct err *e)
{
	unsigned	bits;
	char		*c;

	for (c = value; *c != '\0'; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - ('a' - 'A'));
	a->notify = value;
	if (smtp_notify_parse(&bits, str_of(value)) == 0)
		return EX_OK;
	(void)err_set(e, "-N %s: not never, or of success, failure, delay",
	    value);
	return EX_USAGE;
}

static int
args_ret(struct sendmail_args *a, const char *value, struct err *e)
{
	a->ret = strcasecmp(value, "full") == 0 ? "FULL" : "HDRS";
	if (a->ret[0] == 'F' || strcasecmp(value, "hdrs") == 0)
		return EX_OK;
	(void)err_set(e, "-R %s: not full or hdrs", value);
	return EX_USAGE;
}

static int
args_envid(struct sendmail_args *a, const char *value, struct err *e)
{
	struct buf	coded = BUF_INIT;
	bool		ok;

	a->envid = value;
	xtext_encode(&coded, str_of(value));
	ok = coded.len > 0 && smtp_envid_ok(buf_str(&coded));
	buf_free(&coded);
	if (ok)
		return EX_OK;
	(void)err_set(e, "-V: 1 to 100 printable characters");
	return EX_USAGE;
}

static int
args_option(struct sendmail_args *a, int opt, char *value, struct err *e)
{
	switch (opt) {
	case 'B':
		return args_body(a, value, e);
	case 'F':
		a->name = value;
		return args_one_line(value, e);
	case 'N':
		return args_notify(a, value, e);
	case 'R':
		return args_ret(a, value, e);
	case 'V':
		return args_envid(a, value, e);
	case 'I':
		a->mode = SENDMAIL_NEWALIASES;
		return EX_OK;
	case 'b':
		return args_mode(a, value, e);
	case 'f':
	case 'r':
		a->sender = value;
		return args_one_line(value, e);
	case 'i':
		a->dots = true;
		return EX_OK;
	case 'o':
		if (strcmp(value, "i") == 0 || strcmp(value, "iTrue") == 0)
			a->dots = true;
		return EX_OK;
	case 't':
		a->from_header = true;
		return EX_OK;
	case '?':
		(void)err_set(e, "-%c: there is no such option, or its "
		    "argument is missing", optopt);
		return EX_USAGE;
	default:
		return EX_OK;
	}
}

/*
 * What may stand alone or have its value joined: "-q", "-q30m", "-qRdomain"
 * (run the queue, which runs by itself), and "-d0.1".
 */
static bool
args_joined(struct sendmail_args *a, const char *arg)
{
	bool	queue = strncmp(arg, "-q", 2) == 0;

	if (queue)
		a->mode = SENDMAIL_NOTHING;
	return queue || strncmp(arg, "-d", 2) == 0;
}

int
sendmail_args_parse(struct sendmail_args *a, int argc, char **argv,
    struct err *e)
{
	int	opt, rc = EX_OK;

	*a = (struct sendmail_args){ .mode = SENDMAIL_MAIL };
	opterr = 0;
	optind = 1;
	while (rc == EX_OK) {
		if (optind < argc && args_joined(a, argv[optind])) {
			optind++;
			continue;
		}
		opt = getopt(argc, argv, SENDMAIL_OPTIONS);
		if (opt == -1)
			break;
		rc = args_option(a, opt, optarg, e);
	}
	a->rcpt = argv + optind;
	a->rcpts = argc - optind;
	for (; rc == EX_OK && optind < argc; optind++)
		rc = args_one_line(argv[optind], e);
	return rc;
}
