/*
 * import $data from "file.ext": read when the program is compiled, a
 * constant in it.  The loader is named before "!", or by the ending.
 */
#include "hsl/compile/fold.h"
#include "hsl/compile/gen.h"
#include "hsl/compile/link.h"
#include "hsl/library/json.h"
#include "hsl/run/exec.h"

static const char *const	data_missing[] = {
	"yaml", "yml", "crt", "pem", "key", "eml", NULL
};

/* The loaders that may be named before "!". */
static const char *const	data_loaders[] = {
	"txt", "csv", "json", "yaml", "yml", "crt", "pem", "key", "eml", NULL
};

static bool
data_among(const char *const *names, struct str name)
{
	for (; *names != NULL; names++)
		if (str_eq(name, str_of(*names)))
			return true;
	return false;
}

/* The loader's name; *path becomes what is left. */
static struct str
data_loader(struct str *path)
{
	const char	*bang = memchr(path->p, '!', path->len);
	const char	*dot = memrchr(path->p, '.', path->len);
	struct str	 name = STR_NONE;

	if (bang != NULL) {
		name = (struct str){ path->p, (size_t)(bang - path->p) };
		path->len -= name.len + 1;
		path->p = bang + 1;
	} else if (dot != NULL)
		name = (struct str){ dot + 1,
		    path->len - (size_t)(dot + 1 - path->p) };
	return name;
}

/* The lines of a text, without the CR and LF that end them. */
static struct hsl_value
data_lines(struct hsl_exec *x, struct str text)
{
	struct hsl_value	 lines = hsl_array(x);
	struct str		 line;
	const char		*end;

	while (text.len > 0) {
		end = memchr(text.p, '\n', text.len);
		line = (struct str){ text.p, end == NULL ? text.len :
		    (size_t)(end - text.p) };
		text.p += line.len + (end != NULL);
		text.len -= line.len + (end != NULL);
		if (line.len > 0 && line.p[line.len - 1] == '\r')
			line.len--;
		hsl_array_push(x, lines, hsl_string(x, line));
	}
	return lines;
}

static void
data_parse(struct unit *c, struct import *im, struct str loader,
    struct str text)
{
	struct hsl_exec		*x = c->program->constants;
	struct hsl_value	 options = vnone();
	bool			 ok = true;

	if (im->options != NULL)
		fold_must(c, im->options, &options);
	if (str_eq(loader, STR("json")))
		ok = json_decode(x, text, true, &im->value);
	else if (str_eq(loader, STR("csv")))
		ok = hsl_csv_decode(x, text, options, &im->value);
	else
		im->value = vtrue(hsl_array_get(options, "array")) ?
		    data_lines(x, text) : hsl_string(x, text);
	if (!ok)
		unit_error(c, im->at, "'%.*s' is no %.*s", (int)im->path.len,
		    im->path.p, (int)loader.len, loader.p);
}

void
import_data(struct unit *c, struct import *im)
{
	struct str	 path = im->path, loader = data_loader(&path), text;
	const char	*name;

	if (path.len < im->path.len && !data_among(data_loaders, loader)) {
		unit_error(c, im->at, "unknown loader '%.*s'",
		    (int)loader.len, loader.p);
		return;
	}
	if (data_among(data_missing, loader)) {
		unit_error(c, im->at, "import of '%.*s' is not available in "
		    "this version", (int)loader.len, loader.p);
		return;
	}
	if (unit_open(c, im->at, path, &text, &name) == 0)
		data_parse(c, im, loader, text);
}
