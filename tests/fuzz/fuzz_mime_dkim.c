/*
 * A message signed: any cut gives the same field, the field is one that our
 * own reader takes for one, and its tags are a list of tags.  Where the
 * message can't be signed, it can't in any cut.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mime/dkim.h"
#include "mime/header.h"
#include "mime/tags.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char	pem[] = "-----BEGIN PRIVATE KEY-----\n"
	"MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
	"-----END PRIVATE KEY-----\n";

static int
sign(const struct dkim_options *o, const struct dkim_key *key,
    struct str in, size_t step, struct buf *out)
{
	struct dkim	*d = dkim_new(o, key, NULL);
	size_t		 n;
	int		 rc = d != NULL ? 0 : -1;

	for (; rc == 0 && in.len > 0; in.p += n, in.len -= n) {
		n = step < in.len ? step : in.len;
		rc = dkim_feed(d, (struct str){ in.p, n }, NULL);
	}
	if (rc == 0)
		rc = dkim_end(d, out, NULL);
	dkim_free(&d);
	return rc;
}

static void
check_field(struct buf *made)
{
	struct header	*h = header_new(&header_limits_default);
	struct tags	 t;
	struct field	 f;

	buf_add_text(made, "\r\n");
	if (header_feed(h, buf_str(made), NULL) != 1)
		abort();
	header_ready(h);
	f = header_at(h, 0);
	if (header_count(h) != 1 || !field_is(f, STR("DKIM-Signature")) ||
	    tags_parse(&t, field_value(f)) == -1 ||
	    !str_eq(tags_get(&t, STR("v")), STR("1")))
		abort();
	tags_fini(&t);
	header_free(&h);
}

/* What a script may ask for; some of it is refused. */
static void
ask(struct dkim_options *o, uint8_t bits)
{
	o->header = bits & 1 ? DKIM_SIMPLE : DKIM_RELAXED;
	o->body = bits & 2 ? DKIM_SIMPLE : DKIM_RELAXED;
	o->additional_headers = bits & 4 ? STR("x:y") : STR("");
	if (bits & 8)
		o->identity = bits & 16 ? STR("u@e.example") :
		    STR("u;\xc3\xa4@sub.d.example");
	if (bits & 32) {
		o->timestamp = 1000;
		o->expiration = bits & 64 ? 900 : 2000;
	} else if (bits & 64) {
		o->now = 1000;
		o->relative = 60;
	}
	o->oversign_given = bits & 128;
	if (bits & 128)
		o->oversign_headers = bits & 4 ? STR("a b") : STR("To:x");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dkim_key	*key;
	struct buf		 one = BUF_INIT, two = BUF_INIT;
	struct dkim_options	 o;
	struct str		 in;
	size_t			 step;
	int			 rc;

	if (size < 2)
		return 0;
	if (key == NULL && (key = dkim_key_new(str_of(pem), NULL)) == NULL)
		abort();
	memset(&o, 0, sizeof o);
	o.selector = STR("s");
	o.domain = STR("d.example");
	ask(&o, data[0]);
	step = data[1] % 7 + 1;
	in = (struct str){ (const char *)data + 2, size - 2 };
	rc = sign(&o, key, in, SIZE_MAX, &one);
	if (sign(&o, key, in, step, &two) != rc ||
	    !str_eq(buf_str(&one), buf_str(&two)))
		abort();
	if (rc == 0)
		check_field(&one);
	buf_free(&one);
	buf_free(&two);
	return 0;
}
