/*
 * Expansion is done once for each row of a scope and remembered, and a value
 * is at most SETTING_MAX bytes: a chain of references costs what its rows
 * cost, whatever they refer to.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "setting.h"

#define HOSTNAME_SIZE	256

static bool
piece_name_char(char c)
{
	return ascii_isalnum((unsigned char)c) || c == '_';
}

/* Reads what follows a "${": a name and "}". */
static void
piece_braced(struct str value, size_t *at, struct piece *p)
{
	size_t	from = *at, end = from;

	while (end < value.len && piece_name_char(value.p[end]))
		end++;
	p->text = (struct str){ value.p + from, end - from };
	if (end == value.len)
		p->error = "\"${\" without \"}\"";
	else if (value.p[end] != '}' || end == from)
		p->error = "only a parameter's name may stand in \"${}\"";
	*at = end < value.len ? end + 1 : end;
}

/* Reads the reference at a "$". */
static void
piece_reference(struct str value, size_t *at, struct piece *p)
{
	size_t	from = *at + 1, end = from;

	p->is_name = true;
	if (from < value.len && value.p[from] == '{') {
		*at = from + 1;
		piece_braced(value, at, p);
		return;
	}
	if (from < value.len && value.p[from] == '$') {
		p->is_name = false;
		p->text = STR("$");
		*at = from + 1;
		return;
	}
	while (end < value.len && piece_name_char(value.p[end]))
		end++;
	p->text = (struct str){ value.p + from, end - from };
	if (end == from)
		p->error = "a lone \"$\"; write \"$$\" for the character";
	*at = end;
}

bool
piece_next(struct str value, size_t *at, struct piece *p)
{
	const char	*dollar;

	if (*at >= value.len)
		return false;
	*p = (struct piece){ .offset = *at };
	if (value.p[*at] == '$') {
		piece_reference(value, at, p);
		return true;
	}
	p->text = (struct str){ value.p + *at, value.len - *at };
	dollar = memchr(p->text.p, '$', p->text.len);
	if (dollar != NULL)
		p->text.len = (size_t)(dollar - p->text.p);
	*at += p->text.len;
	return true;
}

void
scope_init(struct scope *sc, const struct settings *settings)
{
	sc->settings = settings;
	sc->value = xcalloc(param_count, sizeof *sc->value);
	sc->error = xcalloc(param_count, sizeof *sc->error);
	sc->state = xcalloc(param_count, sizeof *sc->state);
}

void
scope_fini(struct scope *sc)
{
	size_t	i;

	for (i = 0; i < param_count; i++) {
		free(sc->value[i]);
		free(sc->error[i]);
	}
	free(sc->value);
	free(sc->error);
	free(sc->state);
}

static const char *
scope_text(const struct scope *sc, size_t row)
{
	const char	*text = NULL;

	if (sc->settings != NULL)
		text = sc->settings->row[row].text;
	return text != NULL ? text : param_rows[row].def;
}

static void
scope_hostname(struct buf *out)
{
	char	name[HOSTNAME_SIZE] = "";

	if (gethostname(name, sizeof name - 1) == -1 || name[0] == '\0')
		(void)strlcpy(name, "localhost", sizeof name);
	buf_add_text(out, name);
}

/* The value of the parameter that row's value names, at the end of out. */
static int
scope_refer(struct scope *sc, size_t row, struct str name, struct buf *out,
    struct err *e)
{
	size_t		 ref = param_find(name);
	const char	*text;

	if (ref == param_count)
		return err_set(e, "$%.*s: no such parameter", (int)name.len,
		    name.p);
	if (sc->state[ref] == SCOPE_BUSY)
		return err_set(e, "$%s leads back to %s",
		    param_rows[ref].name, param_rows[row].name);
	text = scope_value(sc, ref);
	if (text == NULL)
		return -1;
	buf_add_text(out, text);
	return 0;
}

/* $myhostname without its first label, if it has more than one. */
static int
scope_domain(struct scope *sc, size_t row, struct buf *out, struct err *e)
{
	const char	*dot;

	if (scope_refer(sc, row, STR("myhostname"), out, e) == -1)
		return -1;
	dot = strchr(buf_cstr(out), '.');
	if (buf_data(out)[0] != '[' && dot != NULL && dot[1] != '\0')
		buf_consume(out, (size_t)(dot + 1 - buf_data(out)));
	return 0;
}

/* One value into `out`; -1 without a text if the fault is in another row. */
static int
scope_expand(struct scope *sc, size_t row, struct buf *out, struct err *e)
{
	struct str	value = str_of(scope_text(sc, row));
	struct piece	p;
	size_t		at = 0;

	e->text[0] = '\0';
	while (piece_next(value, &at, &p)) {
		if (p.error != NULL)
			return err_set(e, "%s", p.error);
		if (!p.is_name)
			buf_add_str(out, p.text);
		else if (scope_refer(sc, row, p.text, out, e) == -1)
			return -1;
		if (out->len > SETTING_MAX)
			return err_set(e, "%s is longer than %d bytes",
			    param_rows[row].name, SETTING_MAX);
	}
	if (out->len == 0 && strcmp(param_rows[row].name, "myhostname") == 0)
		scope_hostname(out);
	if (out->len == 0 && strcmp(param_rows[row].name, "mydomain") == 0)
		return scope_domain(sc, row, out, e);
	return 0;
}

const char *
scope_value(struct scope *sc, size_t row)
{
	struct buf	out = BUF_INIT;
	struct err	e;

	if (sc->state[row] != SCOPE_NEW)
		return sc->value[row];
	sc->state[row] = SCOPE_BUSY;
	if (scope_expand(sc, row, &out, &e) == -1) {
		sc->state[row] = SCOPE_FAILED;
		if (e.text[0] != '\0')
			sc->error[row] = xstrdup(e.text);
	} else {
		sc->state[row] = SCOPE_DONE;
		sc->value[row] = xstrdup(buf_cstr(&out));
	}
	buf_free(&out);
	return sc->value[row];
}

const char *
scope_error(const struct scope *sc, size_t row)
{
	return sc->error[row];
}
