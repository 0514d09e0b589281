/*
 * Layout: a tag of one byte, a length of one to five bytes (seven bits each,
 * the least significant first, the top bit set on all but the last), and that
 * many bytes: a text as it is, a number most significant byte first without
 * leading zeros.  A list is such lengths and texts again.  A tag stands once;
 * tags rise.
 */
#include <string.h>

#include "fields.h"

static void
fields_put_length(struct buf *out, size_t n)
{
	while (n >= 128) {
		buf_add_byte(out, (char)((n & 127) | 128));
		n >>= 7;
	}
	buf_add_byte(out, (char)n);
}

/* Takes a length off the front that what follows it can hold: 0, or -1. */
static int
fields_get_length(struct str *s, size_t *n)
{
	size_t	value = 0;
	int	shift = 0, c;

	do {
		if (s->len == 0 || shift > 28)
			return -1;
		c = (unsigned char)*s->p++;
		s->len--;
		value |= (size_t)(c & 127) << shift;
		shift += 7;
	} while ((c & 128) != 0);
	if (value > s->len)
		return -1;
	*n = value;
	return 0;
}

static int
fields_get_run(struct str *s, struct str *run)
{
	if (fields_get_length(s, &run->len) == -1)
		return -1;
	run->p = s->p;
	s->p += run->len;
	s->len -= run->len;
	return 0;
}

void
fields_list_add(struct buf *list, struct str item)
{
	fields_put_length(list, item.len);
	buf_add_str(list, item);
}

int
fields_list_next(struct str *list, struct str *item)
{
	return list->len == 0 ? -1 : fields_get_run(list, item);
}

static void
fields_put_number(struct buf *out, uint64_t value)
{
	size_t	n = 1;

	while (n < 8 && value >> 8 * n != 0)
		n++;
	buf_add_byte(out, (char)n);
	while (n-- > 0)
		buf_add_byte(out, (char)(value >> 8 * n & 0xff));
}

/* Sound throughout, no NUL, and an even number where that counts. */
static int
fields_check_list(struct str list, enum fields_kind kind)
{
	struct str	item;
	size_t		n = 0;

	while (list.len > 0) {
		if (fields_get_run(&list, &item) == -1)
			return -1;
		if (item.len > 0 && memchr(item.p, '\0', item.len) != NULL)
			return -1;
		n++;
	}
	return kind == FIELDS_PAIRS && n % 2 != 0 ? -1 : 0;
}

static int
fields_check(const struct spool_field *f, struct str s, struct err *e)
{
	if (s.len > f->max)
		return err_set(e, "%s: %zu bytes, more than %llu", f->name,
		    s.len, (unsigned long long)f->max);
	if (f->kind == FIELDS_TEXT && s.len > 0 &&
	    memchr(s.p, '\0', s.len) != NULL)
		return err_set(e, "%s: has a NUL", f->name);
	if (f->kind != FIELDS_TEXT && f->kind != FIELDS_BYTES &&
	    fields_check_list(s, f->kind) == -1)
		return err_set(e, "%s: the list is not sound", f->name);
	return 0;
}

static int
fields_put_one(struct buf *out, const struct spool_field *f, const void *from,
    struct err *e)
{
	uint64_t	value;
	struct str	s;

	if (f->kind == FIELDS_UINT) {
		memcpy(&value, from, sizeof value);
		if (value > f->max)
			return err_set(e, "%s: %llu is more than %llu",
			    f->name, (unsigned long long)value,
			    (unsigned long long)f->max);
		if (value != 0) {
			buf_add_byte(out, (char)f->tag);
			fields_put_number(out, value);
		}
		return 0;
	}
	memcpy(&s, from, sizeof s);
	if (fields_check(f, s, e) == -1)
		return -1;
	if (s.len != 0) {
		buf_add_byte(out, (char)f->tag);
		fields_list_add(out, s);
	}
	return 0;
}

int
fields_put(struct buf *out, const struct spool_field *table, size_t count,
    const void *from, struct err *e)
{
	size_t	i;

	for (i = 0; i < count; i++) {
		if (fields_put_one(out, &table[i],
		    (const char *)from + table[i].offset, e) == -1)
			return -1;
	}
	return 0;
}

static int
fields_get_one(const struct spool_field *f, void *to, struct str s,
    struct err *e)
{
	uint64_t	value = 0;
	size_t		i;

	if (f->kind != FIELDS_UINT) {
		memcpy(to, &s, sizeof s);
		return fields_check(f, s, e);
	}
	if (s.len == 0 || s.len > 8 || (s.len > 1 && s.p[0] == '\0'))
		return err_set(e, "%s: not a number", f->name);
	for (i = 0; i < s.len; i++)
		value = value << 8 | (unsigned char)s.p[i];
	if (value > f->max)
		return err_set(e, "%s: %llu is more than %llu", f->name,
		    (unsigned long long)value, (unsigned long long)f->max);
	memcpy(to, &value, sizeof value);
	return 0;
}

/* Tables are sorted by tag, as the bytes are: the search goes on from where
 * the last one ended. */
static const struct spool_field *
fields_find(const struct spool_field *table, size_t count, size_t *at, int tag)
{
	while (*at < count && table[*at].tag < tag)
		(*at)++;
	return *at < count && table[*at].tag == tag ? &table[*at] : NULL;
}

int
fields_get(const struct spool_field *table, size_t count, void *to,
    size_t to_size, struct str bytes, struct err *e)
{
	const struct spool_field	*f;
	struct str		 run;
	size_t			 at = 0;
	int			 tag, last = 0;

	memset(to, 0, to_size);
	while (bytes.len > 0) {
		tag = (unsigned char)*bytes.p++;
		bytes.len--;
		if (tag <= last || fields_get_run(&bytes, &run) == -1)
			return err_set(e, "field %d: not sound", tag);
		last = tag;
		if ((f = fields_find(table, count, &at, tag)) == NULL) {
			if (tag < FIELDS_OPTIONAL)
				return err_set(e, "field %d is not known to "
				    "this version", tag);
			continue;
		}
		if (fields_get_one(f, (char *)to + f->offset, run, e) == -1)
			return -1;
	}
	return 0;
}
