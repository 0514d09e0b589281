/*
 * A server's bytes: the replies read are the same however the bytes are cut,
 * and what we write with their text is well formed.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "smtp/ext.h"
#include "smtp/reply.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Lines of at most 512 bytes, all with the code, only the last with a SP. */
static void
check_answer(const struct smtp_reply *r)
{
	struct smtp_answer	a = { .code = r->code, .utf8 = true };
	struct str		lines[4], line, rest;
	struct buf		out = BUF_INIT;
	size_t			i;

	memcpy(a.enhanced, r->enhanced, sizeof a.enhanced);
	for (i = 0; i < 4 && i < smtp_reply_lines(r); i++)
		lines[i] = smtp_reply_line(r, i);
	a.lines = lines;
	a.line_count = i;
	smtp_answer_write(&out, &a);
	for (rest = buf_str(&out); rest.len != 0;) {
		line = str_split(rest, '\n', &rest);
		if (line.len < 5 || line.len > 511 ||
		    line.p[line.len - 1] != '\r' ||
		    memchr(line.p, '\r', line.len - 1) != NULL ||
		    line.p[3] != (rest.len != 0 ? '-' : ' '))
			abort();
	}
	buf_free(&out);
}

/* A copy says the same, and what is said of it fits. */
static void
check_copy(const struct smtp_reply *r)
{
	struct smtp_reply	copy;
	char			text[SMTP_REPLY_SUMMARY];

	smtp_reply_init(&copy);
	smtp_reply_copy(&copy, r);
	if (copy.code != r->code || smtp_reply_lines(&copy) !=
	    smtp_reply_lines(r) || !str_eq(buf_str(&copy.text),
	    buf_str(&r->text)) || copy.endless != r->endless ||
	    strlen(smtp_reply_summary(&copy, text)) >= sizeof text)
		abort();
	smtp_reply_fini(&copy);
}

static void
read_all(struct buf *out, struct str in, size_t cut)
{
	struct smtp_reader	 rd;
	struct smtp_caps	 caps;
	const char		*why;
	enum smtp_read		 got = SMTP_READ_MORE;
	size_t			 i = 0, n, k, used;

	smtp_reader_init(&rd);
	while (i < in.len && got != SMTP_READ_BAD) {
		n = in.len - i < cut ? in.len - i : cut;
		got = smtp_reader_feed(&rd, (struct str){ in.p + i, n },
		    &used, &why);
		i += used;
		if (got != SMTP_READ_DONE)
			continue;
		smtp_caps_read(&caps, &rd.reply);
		buf_printf(out, "%d %x %zu;", rd.reply.code, caps.exts,
		    smtp_reply_lines(&rd.reply));
		for (k = 0; k < smtp_reply_lines(&rd.reply); k++)
			buf_add_str(out, smtp_reply_line(&rd.reply, k));
		if (cut == 1) {
			check_answer(&rd.reply);
			check_copy(&rd.reply);
		}
	}
	if (got == SMTP_READ_MORE && smtp_reader_give_up(&rd))
		buf_printf(out, "%d %zu;", rd.reply.code,
		    smtp_reply_lines(&rd.reply));
	buf_printf(out, "%d", got);
	smtp_reader_fini(&rd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str	in = { (const char *)data, size };
	struct buf	one = BUF_INIT, other = BUF_INIT;

	read_all(&one, in, 1);
	read_all(&other, in, size != 0 ? 1 + data[size - 1] : 1);
	if (!str_eq(buf_str(&one), buf_str(&other)))
		abort();
	buf_free(&one);
	buf_free(&other);
	return 0;
}
