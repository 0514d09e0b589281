/*
 * Values kept outside of any execution: a flat run of bytes.
 *
 *	n none   f false   t true   d 8 bytes number   s 4 bytes length, bytes
 *	[ 4 bytes count, then key and value of each item
 *
 * Reading back trusts the bytes: only hsl_freeze() writes them, and they do
 * not leave the process.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "hsl/exec.h"
#include "hsl/frozen.h"

#define FREEZE_DEPTH	100

struct hsl_frozen {
	size_t	 len;
	char	 bytes[];
};

static void
freeze_u32(struct buf *b, uint32_t n)
{
	buf_add(b, &n, sizeof n);
}

static int
freeze_value(struct hsl_value v, size_t limit, struct buf *b, int depth,
    struct err *e)
{
	struct hsl_value	 k, *item;
	uint32_t		 pos = 0;

	if (b->len > limit)
		return err_set(e, "more than %zu bytes", limit);
	switch (v.type) {
	case HSL_UNDEF:
	case HSL_NONE:
		buf_add_byte(b, 'n');
		return 0;
	case HSL_BOOLEAN:
		buf_add_byte(b, v.u.boolean ? 't' : 'f');
		return 0;
	case HSL_NUMBER:
		buf_add_byte(b, 'd');
		buf_add(b, &v.u.number, sizeof v.u.number);
		return 0;
	case HSL_STRING:
		if (v.u.string->len > limit)
			return err_set(e, "more than %zu bytes", limit);
		buf_add_byte(b, 's');
		freeze_u32(b, v.u.string->len);
		buf_add_str(b, vstr_str(v.u.string));
		return 0;
	case HSL_ARRAY:
		break;
	default:
		return err_set(e, "a %s can't be kept", hsl_type_name(v));
	}
	if (depth >= FREEZE_DEPTH)
		return err_set(e, "nested too deeply to be kept");
	buf_add_byte(b, '[');
	freeze_u32(b, v.u.array->count);
	while (varr_next(v.u.array, &pos, &k, &item))
		if (freeze_value(k, limit, b, depth + 1, e) == -1 ||
		    freeze_value(*item, limit, b, depth + 1, e) == -1)
			return -1;
	return 0;
}

int
hsl_freeze(struct hsl_value v, size_t limit_bytes, struct hsl_frozen **out,
    struct err *e)
{
	struct buf	 b = BUF_INIT;
	int		 rc = -1;

	*out = NULL;
	if (freeze_value(v, limit_bytes, &b, 0, e) == -1)
		goto out;
	if (b.len > limit_bytes) {
		err_set(e, "more than %zu bytes", limit_bytes);
		goto out;
	}
	*out = xmalloc(sizeof **out + b.len);
	(*out)->len = b.len;
	memcpy((*out)->bytes, buf_data(&b), b.len);
	rc = 0;
out:
	buf_free(&b);
	return rc;
}

static uint32_t
thaw_u32(const char **p)
{
	uint32_t	 n;

	memcpy(&n, *p, sizeof n);
	*p += sizeof n;
	return n;
}

static struct hsl_value
thaw_value(struct hsl_exec *x, const char **p)
{
	struct hsl_value	 v = vnone(), k;
	uint32_t		 n;

	switch (*(*p)++) {
	case 't':
		return vboolean(true);
	case 'f':
		return vboolean(false);
	case 'd':
		v.type = HSL_NUMBER;
		memcpy(&v.u.number, *p, sizeof v.u.number);
		*p += sizeof v.u.number;
		return v;
	case 's':
		n = thaw_u32(p);
		v = hsl_string(x, (struct str){ *p, n });
		*p += n;
		return v;
	case '[':
		v = hsl_array(x);
		for (n = thaw_u32(p); n > 0; n--) {
			k = thaw_value(x, p);
			hsl_array_set_key(x, v, k, thaw_value(x, p));
		}
		return v;
	default:
		return v;
	}
}

struct hsl_value
hsl_thaw(struct hsl_exec *x, const struct hsl_frozen *f)
{
	const char	*p = f->bytes;

	return thaw_value(x, &p);
}

void
hsl_frozen_free(struct hsl_frozen **f)
{
	free(*f);
	*f = NULL;
}

size_t
hsl_frozen_size(const struct hsl_frozen *f)
{
	return sizeof *f + f->len;
}

struct str
hsl_frozen_bytes(const struct hsl_frozen *f)
{
	return (struct str){ f->bytes, f->len };
}
