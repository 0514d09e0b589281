/*
 * Functions of strings.  Strings are bytes, and only letters of ASCII have a
 * case.
 */
#include "hsl/library/lib.h"
#include "hsl/run/arith.h"

#define SEARCH_TRIES	8

/*
 * One byte is found much faster than several: the first ones are looked at
 * where they are, before memmem() makes its tables.
 */
static const char *
string_search(struct str s, struct str what)
{
	const char	*q = s.p, *end = s.p + s.len;

	if (s.len == 0)
		return what.len == 0 ? s.p : NULL;
	if (what.len == 1)
		return memchr(s.p, what.p[0], s.len);
	for (int i = 0; i < SEARCH_TRIES && what.len > 0; i++, q++) {
		if ((size_t)(end - q) < what.len || (q = memchr(q, what.p[0],
		    (size_t)(end - q) - what.len + 1)) == NULL)
			return NULL;
		if (memcmp(q, what.p, what.len) == 0)
			return q;
	}
	return memmem(q, (size_t)(end - q), what.p, what.len);
}

enum hsl_rc
fn_chr(struct hsl_call *c)
{
	double	 n;

	if (!hsl_arg_number(c, 0, &n))
		return HSL_THROW;
	*c->ret = vstr_byte((unsigned char)((uint64_t)vnum_int64(n) & 255));
	return HSL_OK;
}

enum hsl_rc
fn_ord(struct hsl_call *c)
{
	struct str	 s;

	if (!hsl_arg_text(c, 0, &s))
		return HSL_THROW;
	if (s.len > 0)
		*c->ret = vnumber((unsigned char)s.p[0]);
	return HSL_OK;
}

enum hsl_rc
fn_str_repeat(struct hsl_call *c)
{
	struct str	 s;
	double		 n;

	if (!hsl_arg_text(c, 0, &s) || !hsl_arg_number(c, 1, &n))
		return HSL_THROW;
	return arith_repeat(c->x, c->ret, s, n) ? HSL_OK : HSL_THROW;
}

enum hsl_rc
fn_str_replace(struct hsl_call *c)
{
	struct str	 from, to, s;
	struct buf	 out = BUF_INIT;
	const char	*q;

	if (!hsl_arg_text(c, 0, &from) || !hsl_arg_text(c, 1, &to) ||
	    !hsl_arg_text(c, 2, &s) || !exec_charge(c->x, (uint32_t)s.len / 32))
		return HSL_THROW;
	while (from.len > 0 && out.len <= c->x->space.heap.limit &&
	    (q = string_search(s, from)) != NULL) {
		buf_add(&out, s.p, (size_t)(q - s.p));
		buf_add_str(&out, to);
		s.len -= (size_t)(q - s.p) + from.len;
		s.p = q + from.len;
	}
	buf_add_str(&out, s);
	return hsl_return_buf(c, &out);
}

/* ---- Splitting --------------------------------------------------------- */

static void
split_push(struct hsl_exec *x, struct hsl_array *a, const char *p, size_t n)
{
	varr_add(x, a, hsl_string(x, (struct str){ p, n }));
}

/* Every byte is a part.  A limit leaves the rest in the last part, or, if it
 * is negative, in the first. */
static void
split_bytes(struct hsl_exec *x, struct hsl_array *a, struct str s,
    int64_t limit)
{
	size_t	 parts = limit == 0 ? s.len :
		    (size_t)(limit < 0 ? -limit : limit);
	size_t	 rest = s.len > parts ? s.len - parts : 0, n;
	size_t	 long_one = limit < 0 ? 0 : parts - 1;

	for (; s.len > 0 && hsl_charge(x, 1); s.p += n, s.len -= n) {
		n = 1 + (a->count == long_one ? rest : 0);
		split_push(x, a, s.p, n);
	}
}

static void
split_left(struct hsl_exec *x, struct hsl_array *a, struct str s,
    struct str by, int64_t limit)
{
	const char	*q;

	while ((limit == 0 || a->count + 1 < limit) && hsl_charge(x, 1) &&
	    (q = string_search(s, by)) != NULL) {
		split_push(x, a, s.p, (size_t)(q - s.p));
		s.len -= (size_t)(q - s.p) + by.len;
		s.p = q + by.len;
	}
	split_push(x, a, s.p, s.len);
}

/* Where sub stands last in s; SIZE_MAX if it does not, or if the search was
 * too long and x throws. */
static size_t
split_rfind(struct hsl_exec *x, struct str s, struct str sub)
{
	for (size_t i = s.len; i >= sub.len; i--) {
		if (sub.len > 0 && s.p[i - sub.len] != sub.p[0])
			continue;
		if (memcmp(s.p + i - sub.len, sub.p, sub.len) == 0)
			return i - sub.len;
		/* Every comparison may have looked at all of sub. */
		if (!hsl_charge(x, sub.len / 32))
			break;
	}
	return SIZE_MAX;
}

/* At most `limit` parts, cut from the right. */
static void
split_right(struct hsl_exec *x, struct hsl_array *a, struct str s,
    struct str by, int64_t limit)
{
	struct hsl_value	*list, v;
	size_t			 at;

	while (a->count + 1 < limit && hsl_charge(x, 1 + s.len / 32) &&
	    (at = split_rfind(x, s, by)) != SIZE_MAX) {
		split_push(x, a, s.p + at + by.len, s.len - at - by.len);
		s.len = at;
	}
	split_push(x, a, s.p, s.len);
	list = a->u.list;
	for (uint32_t i = 0; i < a->count / 2; i++) {
		v = list[i];
		list[i] = list[a->count - 1 - i];
		list[a->count - 1 - i] = v;
	}
}

static enum hsl_rc
string_split(struct hsl_call *c, int string, int delimiter)
{
	struct hsl_array	*a;
	struct str		 s, by;
	double			 given = 0;
	int64_t			 limit;

	if (!hsl_arg_text(c, string, &s) || !hsl_arg_text(c, delimiter, &by) ||
	    (c->argc == 3 && !hsl_arg_number(c, 2, &given)) ||
	    !exec_charge(c->x, (uint32_t)s.len / 32))
		return HSL_THROW;
	limit = vnum_int64(given);
	a = varr_new(c->x, 0);
	*c->ret = vmake(HSL_ARRAY, a);
	if (by.len == 0)
		split_bytes(c->x, a, s, limit);
	else if (limit < 0)
		split_right(c->x, a, s, by, -limit);
	else
		split_left(c->x, a, s, by, limit);
	return throw_check(c->x) ? HSL_OK : HSL_THROW;
}

enum hsl_rc
fn_str_split(struct hsl_call *c)
{
	return string_split(c, 0, 1);
}

enum hsl_rc
fn_explode(struct hsl_call *c)
{
	return string_split(c, 1, 0);
}

enum hsl_rc
fn_str_chunk(struct hsl_call *c)
{
	struct str	 s;
	double		 length, first;
	size_t		 n;

	if (!hsl_arg_text(c, 0, &s) || !hsl_arg_number(c, 1, &length))
		return HSL_THROW;
	first = length;
	if (c->argc == 3 && !hsl_arg_number(c, 2, &first))
		return HSL_THROW;
	if (!(length >= 1) || !(first >= 1))
		return hsl_throw(c, "str_chunk(): a length is less than 1");
	*c->ret = hsl_array(c->x);
	for (; s.len > 0 && hsl_charge(c->x, 1); s.p += n, s.len -= n) {
		n = lib_position(first, s.len);
		split_push(c->x, c->ret->u.array, s.p, n);
		first = length;
	}
	return HSL_OK;
}

/* ---- Searching --------------------------------------------------------- */

static enum hsl_rc
string_find(struct hsl_call *c)
{
	struct str	 s, sub;
	double		 offset = 0;
	size_t		 at;
	const char	*q;

	if (!hsl_arg_text(c, 0, &s) || !hsl_arg_text(c, 1, &sub) ||
	    (c->argc == 3 && !hsl_arg_number(c, 2, &offset)) ||
	    !exec_charge(c->x, (uint32_t)s.len / 64))
		return HSL_THROW;
	*c->ret = vnumber(-1);
	if (offset >= (double)s.len + 1)
		return HSL_OK;
	at = lib_position(offset, s.len);
	if (sub.len == 0)
		*c->ret = vnumber((double)at);
	else if ((q = string_search((struct str){ s.p + at, s.len - at },
	    sub)) != NULL)
		*c->ret = vnumber((double)(q - s.p));
	return HSL_OK;
}

enum hsl_rc
fn_str_find(struct hsl_call *c)
{
	return string_find(c);
}

enum hsl_rc
fn_strpos(struct hsl_call *c)
{
	return string_find(c);
}

/* The offset counts from the end: matches start before length - offset. */
static enum hsl_rc
string_rfind(struct hsl_call *c)
{
	struct str	 s, sub;
	double		 offset = 0;
	size_t		 at;

	if (!hsl_arg_text(c, 0, &s) || !hsl_arg_text(c, 1, &sub) ||
	    (c->argc == 3 && !hsl_arg_number(c, 2, &offset)) ||
	    !hsl_charge(c->x, s.len / 8))
		return HSL_THROW;
	*c->ret = vnumber(-1);
	offset = offset < 0 ? -offset : offset;
	if (offset > (double)s.len)
		return HSL_OK;
	s.len -= lib_position(offset, s.len);
	if ((at = split_rfind(c->x, s, sub)) != SIZE_MAX)
		*c->ret = vnumber((double)at);
	return c->x->throwing ? HSL_THROW : HSL_OK;
}

enum hsl_rc
fn_str_rfind(struct hsl_call *c)
{
	return string_rfind(c);
}

enum hsl_rc
fn_strrpos(struct hsl_call *c)
{
	return string_rfind(c);
}

/* ---- Case, slices, stripping ------------------------------------------- */

/* Eight bytes at once; the high bit of each tells whether it is a letter. */
static inline void
string_case_8(char *to, const char *from, char first, char last)
{
	const uint64_t	 ones = 0x0101010101010101u, high = ones << 7;
	uint64_t	 w, low, letter;

	memcpy(&w, from, 8);
	low = w & ~high;
	letter = (low + ones * (uint64_t)(0x80 - first)) ^
	    (low + ones * (uint64_t)(0x7f - last));
	letter &= high & ~w;
	w ^= letter >> 2;
	memcpy(to, &w, 8);
}

static enum hsl_rc
string_case(struct hsl_call *c, char first, char last)
{
	struct hsl_string	*out;
	struct str		 s;
	size_t			 i = 0;

	if (!hsl_arg_text(c, 0, &s) ||
	    !exec_charge(c->x, (uint32_t)s.len / 16) ||
	    (out = vstr_alloc(c->x, s.len)) == NULL)
		return HSL_THROW;
	for (; i + 8 <= s.len; i += 8)
		string_case_8(out->data + i, s.p + i, first, last);
	for (; i < s.len; i++)
		out->data[i] = s.p[i] >= first && s.p[i] <= last ?
		    s.p[i] ^ 0x20 : s.p[i];
	*c->ret = vstr_value(out);
	return HSL_OK;
}

enum hsl_rc
fn_str_lower(struct hsl_call *c)
{
	return string_case(c, 'A', 'Z');
}

enum hsl_rc
fn_strtolower(struct hsl_call *c)
{
	return string_case(c, 'A', 'Z');
}

enum hsl_rc
fn_str_upper(struct hsl_call *c)
{
	return string_case(c, 'a', 'z');
}

enum hsl_rc
fn_strtoupper(struct hsl_call *c)
{
	return string_case(c, 'a', 'z');
}

enum hsl_rc
fn_str_slice(struct hsl_call *c)
{
	struct str	 s;
	double		 offset = 0, length;
	size_t		 n;

	if (!hsl_arg_text(c, 0, &s) ||
	    (c->argc > 1 && !hsl_arg_number(c, 1, &offset)))
		return HSL_THROW;
	length = (double)s.len;
	if (c->argc > 2 && !hsl_arg_number(c, 2, &length))
		return HSL_THROW;
	n = lib_position(offset, s.len);
	s.p += n;
	s.len -= n;
	n = lib_position(length, s.len);
	if (!hsl_charge(c->x, n / 64))
		return HSL_THROW;
	*c->ret = hsl_string(c->x, (struct str){ s.p, n });
	return HSL_OK;
}

enum hsl_rc
fn_substr(struct hsl_call *c)
{
	return fn_str_slice(c);
}

static enum hsl_rc
string_strip(struct hsl_call *c, bool left, bool right)
{
	struct str	 s, bytes = STR(" \t\r\n");
	bool		 set[256] = { false };

	if (!hsl_arg_text(c, 0, &s) ||
	    (c->argc == 2 && !hsl_arg_text(c, 1, &bytes)) ||
	    !hsl_charge(c->x, (s.len + bytes.len) / 64))
		return HSL_THROW;
	for (size_t i = 0; i < bytes.len; i++)
		set[(unsigned char)bytes.p[i]] = true;
	while (left && s.len > 0 && set[(unsigned char)s.p[0]]) {
		s.p++;
		s.len--;
	}
	while (right && s.len > 0 && set[(unsigned char)s.p[s.len - 1]])
		s.len--;
	*c->ret = hsl_string(c->x, s);
	return HSL_OK;
}

enum hsl_rc
fn_str_strip(struct hsl_call *c)
{
	return string_strip(c, true, true);
}

enum hsl_rc
fn_trim(struct hsl_call *c)
{
	return string_strip(c, true, true);
}

enum hsl_rc
fn_str_lstrip(struct hsl_call *c)
{
	return string_strip(c, true, false);
}

enum hsl_rc
fn_str_rstrip(struct hsl_call *c)
{
	return string_strip(c, false, true);
}
