/*
 * The functions pcre_*(), which find, collect and replace matches of the
 * patterns of run/regex.c.
 */
#include "hsl/library/lib.h"
#include "hsl/run/regex.h"

/* Group n as a string; one that took no part is "". */
static struct hsl_value
pcre_group(struct hsl_exec *x, const struct regex *re, struct str s,
    uint32_t n)
{
	size_t	 start, end;

	if (!regex_group(re, n, &start, &end))
		return hsl_text(x, "");
	return hsl_string(x, (struct str){ s.p + start, end - start });
}

/* [0] the match, [n] the groups, named ones under their names, too. */
static struct hsl_value
pcre_groups(struct hsl_exec *x, const struct regex *re, struct str s,
    bool names)
{
	struct hsl_value	 list = vmake(HSL_ARRAY, varr_new(x,
				    regex_groups(re)));
	const char		*name;
	uint32_t		 group;

	for (uint32_t n = 0; n < regex_groups(re); n++)
		hsl_array_push(x, list, pcre_group(x, re, s, n));
	for (uint32_t i = 0; names &&
	    (name = regex_name(re, i, &group)) != NULL; i++)
		hsl_array_set(x, list, name,
		    hsl_value_ref(hsl_array_at(list, group)));
	return list;
}

enum hsl_rc
fn_pcre_match(struct hsl_call *c)
{
	struct regex	*re = regex_of(c->x, c->argv[0]);
	struct str	 s;
	int		 rc;

	if (re == NULL || !hsl_arg_text(c, 1, &s) ||
	    (rc = regex_match(c->x, re, s, 0)) == -1)
		return HSL_THROW;
	*c->ret = rc ? pcre_groups(c->x, re, s, true) : hsl_array(c->x);
	return HSL_OK;
}

/*
 * The next match from *at on; 1, 0, -1 thrown.  After an empty match it goes
 * on one character later.
 */
static int
pcre_next(struct hsl_exec *x, struct regex *re, struct str s, size_t *at,
    size_t *start, size_t *end)
{
	int	 rc;

	if (*at > s.len)
		return 0;
	if ((rc = regex_match(x, re, s, *at)) != 1)
		return rc;
	regex_group(re, 0, start, end);
	/* With \K in a lookbehind a match may begin before *at. */
	*start = *start < *at ? *at : *start;
	*end = *end < *start ? *start : *end;
	*at = *end;
	if (*start == *end) {
		++*at;
		while (regex_utf(re) && *at < s.len &&
		    (s.p[*at] & 0xc0) == 0x80)
			++*at;
	}
	return 1;
}

/* Adds the groups to their lists in `all`, which are made the first time. */
static void
pcre_collect(struct hsl_exec *x, struct hsl_array *all,
    const struct regex *re, struct str s)
{
	uint32_t	 groups = regex_groups(re);

	while (all->count < groups && !x->space.heap.over)
		varr_add(x, all, hsl_array(x));
	for (uint32_t n = 0; n < groups && n < all->count; n++)
		varr_add(x, all->u.list[n].u.array, pcre_group(x, re, s, n));
}

enum hsl_rc
fn_pcre_match_all(struct hsl_call *c)
{
	struct regex	*re = regex_of(c->x, c->argv[0]);
	struct str	 s;
	size_t		 at = 0, start, end;
	const char	*name;
	uint32_t	 group;
	int		 rc;

	if (re == NULL || !hsl_arg_text(c, 1, &s))
		return HSL_THROW;
	*c->ret = hsl_array(c->x);
	while ((rc = pcre_next(c->x, re, s, &at, &start, &end)) == 1) {
		if (!hsl_charge(c->x, regex_groups(re)))
			return HSL_THROW;
		pcre_collect(c->x, c->ret->u.array, re, s);
	}
	for (uint32_t i = 0; hsl_array_count(*c->ret) > 0 &&
	    (name = regex_name(re, i, &group)) != NULL; i++)
		hsl_array_set(c->x, *c->ret, name,
		    hsl_value_ref(hsl_array_at(*c->ret, group)));
	return rc == -1 ? HSL_THROW : HSL_OK;
}

enum hsl_rc
fn_pcre_quote(struct hsl_call *c)
{
	struct buf	 out = BUF_INIT;
	struct str	 s;

	if (!hsl_arg_text(c, 0, &s) || !hsl_charge(c->x, s.len / 8))
		return HSL_THROW;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '\0') {
			buf_add_text(&out, "\\x00");
			continue;
		}
		if (strchr(".\\+*?[^]$(){}=!<>|:-#/", s.p[i]) != NULL)
			buf_add_byte(&out, '\\');
		buf_add_byte(&out, s.p[i]);
	}
	return hsl_return_buf(c, &out);
}

enum hsl_rc
fn_pcre_compile(struct hsl_call *c)
{
	struct str	 s;

	if (!hsl_arg_text(c, 0, &s))
		return HSL_THROW;
	*c->ret = regex_compile(c->x, s);
	return c->x->throwing ? HSL_THROW : HSL_OK;
}

/* ---- pcre_replace() ---------------------------------------------------- */

enum { S_RESULT, S_PATTERN, S_REPLACE, S_SUBJECT, S_LIMIT, S_OUT, S_LEFT,
	S_SLOTS };

/* Appends bytes to the string in *out. */
static void
pcre_append(struct hsl_exec *x, struct hsl_value *out, struct str s)
{
	if (out->type == HSL_STRING && s.len > 0 && !vstr_append(x, out, s))
		vset(x, out, vnone());
}

/* Copies a replacement, $n and ${n} as group n. */
static void
pcre_expand(struct hsl_exec *x, struct hsl_value *out, struct str to,
    const struct regex *re, struct str s)
{
	size_t		 i = 0, j, start, end;
	uint32_t	 n;
	bool		 brace;

	while (i < to.len) {
		for (j = i; j < to.len && to.p[j] != '$'; j++)
			continue;
		pcre_append(x, out, (struct str){ to.p + i, j - i });
		if ((i = j) >= to.len)
			return;
		brace = i + 1 < to.len && to.p[i + 1] == '{';
		for (j = i + 1 + brace, n = 0; j < to.len && j < i + 4 &&
		    ascii_isdigit((unsigned char)to.p[j]); j++)
			n = n * 10 + (uint32_t)(to.p[j] - '0');
		if (j == i + 1 + brace ||
		    (brace && (j >= to.len || to.p[j] != '}'))) {
			pcre_append(x, out, (struct str){ to.p + i++, 1 });
			continue;
		}
		i = j + brace;
		if (n < regex_groups(re) && regex_group(re, n, &start, &end))
			pcre_append(x, out, (struct str){ s.p + start,
			    end - start });
	}
}

static enum hsl_rc
pcre_replace_text(struct hsl_call *c, struct regex *re, double limit)
{
	struct hsl_value	 out = vstr_value(vstr_new(c->x, STR("")));
	struct str		 s, to;
	size_t			 at = 0, start, end, done = 0;
	int			 rc = 0;

	*c->ret = out;
	if (!hsl_arg_text(c, 1, &to) || !hsl_arg_text(c, 2, &s))
		return HSL_THROW;
	while ((rc = pcre_next(c->x, re, s, &at, &start, &end)) == 1) {
		pcre_append(c->x, c->ret, (struct str){ s.p + done,
		    start - done });
		pcre_expand(c->x, c->ret, to, re, s);
		done = end;
		if (!hsl_charge(c->x, 1) || --limit == 0)
			break;
	}
	pcre_append(c->x, c->ret, (struct str){ s.p + done, s.len - done });
	return rc == -1 || c->x->throwing ? HSL_THROW : HSL_OK;
}

/* f->pos is where the rest begins, S_LEFT where the search goes on. */
static int
replace_step(struct hsl_exec *x, struct frame *f)
{
	struct regex		*re = regex_of(x, f->base[S_PATTERN]);
	struct str		 s = vstr_str(f->base[S_SUBJECT].u.string);
	struct hsl_value	 groups, text;
	size_t			 at, start, end;
	int			 rc;

	if (re == NULL)
		return HSL_THROW;
	if (f->state == 1) {
		text = vtext_value(x, f->base[S_RESULT]);
		pcre_append(x, &f->base[S_OUT], hsl_value_str(text));
		vunref(x, text);
		rc = --f->base[S_LIMIT].u.number == 0 ? 0 : 1;
	} else
		rc = 1;
	f->state = 1;
	at = (size_t)f->base[S_LEFT].u.number;
	if (rc == 1)
		rc = pcre_next(x, re, s, &at, &start, &end);
	if (rc == -1)
		return HSL_THROW;
	if (rc == 0) {
		pcre_append(x, &f->base[S_OUT], (struct str){ s.p + f->pos,
		    s.len - f->pos });
		vset(x, &f->base[S_RESULT], vref(f->base[S_OUT]));
		return HSL_OK;
	}
	pcre_append(x, &f->base[S_OUT], (struct str){ s.p + f->pos,
	    start - f->pos });
	f->pos = (uint32_t)end;
	f->base[S_LEFT] = vnumber((double)at);
	groups = pcre_groups(x, re, s, true);
	rc = native_call(x, f->base[S_REPLACE], &groups, 1);
	vunref(x, groups);
	return rc;
}

static enum hsl_rc
pcre_replace_call(struct hsl_call *c, double limit)
{
	struct frame	*f;
	struct str	 s;

	if (!hsl_arg_text(c, 2, &s) || native_begin(c, replace_step, S_SLOTS) !=
	    RC_FRAME)
		return HSL_THROW;
	f = &c->x->frames[c->x->nframes - 1];
	if (f->base[S_SUBJECT].type != HSL_STRING)
		vset(c->x, &f->base[S_SUBJECT], hsl_text(c->x, ""));
	vset(c->x, &f->base[S_LIMIT], vnumber(limit));
	vset(c->x, &f->base[S_OUT], vstr_value(vstr_new(c->x, STR(""))));
	vset(c->x, &f->base[S_LEFT], vnumber(0));
	return (enum hsl_rc)RC_FRAME;
}

enum hsl_rc
fn_pcre_replace(struct hsl_call *c)
{
	struct regex	*re = regex_of(c->x, c->argv[0]);
	double		 limit = 0;

	if (re == NULL || (c->argc == 4 && !hsl_arg_number(c, 3, &limit)))
		return HSL_THROW;
	limit = (double)hsl_whole(limit, 0, UINT32_MAX);
	if (c->argv[1].type == HSL_FUNCTION)
		return pcre_replace_call(c, limit);
	return pcre_replace_text(c, re, limit);
}
