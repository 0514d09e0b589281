/*
 * Values kept outside of any execution: a flat run of bytes.
 *
 *	n none   f false   t true   d 8 bytes number   s 4 bytes length, bytes
 *	[ 4 bytes count, then key and value of each item
 *
 * Numbers are as the machine has them: the bytes may go to another process
 * of the instance, no further.  Reading back trusts none of them.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "hsl/frozen.h"
#include "hsl/values/array.h"
#include "hsl/values/space.h"
#include "hsl/values/vstr.h"

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
		return err_set(e, "%s can't be kept", hsl_type_phrase(v));
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

static int
thaw_take(struct str *in, void *to, size_t n, struct err *e)
{
	if (in->len < n)
		return err_set(e, "kept data is cut off");
	memcpy(to, in->p, n);
	in->p += n;
	in->len -= n;
	return 0;
}

static int	thaw_value(struct hsl_exec *x, struct str *in, int depth,
		    struct hsl_value *out, struct err *e);

static int
thaw_string(struct hsl_exec *x, struct str *in, struct hsl_value *out,
    struct err *e)
{
	uint32_t	 n = 0;

	if (thaw_take(in, &n, sizeof n, e) == -1)
		return -1;
	if (n > in->len)
		return err_set(e, "kept data is cut off");
	*out = hsl_string(x, (struct str){ in->p, n });
	in->p += n;
	in->len -= n;
	return 0;
}

/* Every key and every value takes a byte at least. */
static int
thaw_array(struct hsl_exec *x, struct str *in, int depth,
    struct hsl_value *out, struct err *e)
{
	struct hsl_value	 k, v;
	uint32_t		 n = 0;

	if (thaw_take(in, &n, sizeof n, e) == -1)
		return -1;
	if (n > in->len / 2 || depth >= FREEZE_DEPTH)
		return err_set(e, "kept data is cut off or nested too deeply");
	*out = hsl_array(x);
	for (; n > 0 && !space_of(x)->heap.over; n--) {
		if (thaw_value(x, in, depth + 1, &k, e) == -1)
			return -1;
		if (thaw_value(x, in, depth + 1, &v, e) == -1) {
			vunref(x, k);
			return -1;
		}
		hsl_array_set_key(x, *out, k, v);
	}
	return 0;
}

/* After a failure *out is none. */
static int
thaw_value(struct hsl_exec *x, struct str *in, int depth,
    struct hsl_value *out, struct err *e)
{
	char	 kind = 0;
	int	 rc = 0;

	*out = vnone();
	if (thaw_take(in, &kind, 1, e) == -1)
		return -1;
	if (kind == 't' || kind == 'f')
		*out = vboolean(kind == 't');
	else if (kind == 'd') {
		*out = vnumber(0);
		rc = thaw_take(in, &out->u.number, sizeof out->u.number, e);
	} else if (kind == 's')
		rc = thaw_string(x, in, out, e);
	else if (kind == '[')
		rc = thaw_array(x, in, depth, out, e);
	else if (kind != 'n')
		rc = err_set(e, "kept data has a value of no kind");
	if (rc == -1) {
		vunref(x, *out);
		*out = vnone();
	}
	return rc;
}

int
hsl_thaw_bytes(struct hsl_exec *x, struct str bytes, struct hsl_value *out,
    struct err *e)
{
	/* The script pays for what it asked for when it goes on. */
	space_of(x)->budget -= (int64_t)(bytes.len / 16);
	if (thaw_value(x, &bytes, 0, out, e) == -1)
		return -1;
	/* Over the heap's limit only a part was made; but then the script ends
	 * before it sees it. */
	if (bytes.len == 0 || space_of(x)->heap.over)
		return 0;
	vunref(x, *out);
	*out = vnone();
	return err_set(e, "kept data is followed by more");
}

struct hsl_value
hsl_thaw(struct hsl_exec *x, const struct hsl_frozen *f)
{
	struct hsl_value	 v;

	(void)hsl_thaw_bytes(x, hsl_frozen_bytes(f), &v, NULL);
	return v;
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
