/*
 * dkim_sign KEY SELECTOR DOMAIN [NAME=VALUE ...]: reads a message from its
 * standard input and writes it with a DKIM-Signature, made as by the options
 * of signDKIM().  For tests with other people's verifiers.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "mime/dkim.h"

static int
fail(const char *what, const struct err *e)
{
	(void)fprintf(stderr, "dkim_sign: %s: %s\n", what, e->text);
	return 1;
}

static void
slurp(FILE *f, struct buf *b)
{
	char	piece[4096];
	size_t	n;

	while ((n = fread(piece, 1, sizeof piece, f)) > 0)
		buf_add(b, piece, n);
}

static int
sign(const struct dkim_options *o, const struct dkim_key *key,
    struct buf *message, struct buf *field, struct err *e)
{
	struct dkim	*d = dkim_new(o, key, e);
	struct str	 s = buf_str(message), piece;
	int		 rc = d != NULL ? 0 : -1;

	for (; rc == 0 && s.len > 0; s.p += piece.len, s.len -= piece.len) {
		piece = (struct str){ s.p, s.len < 7 ? s.len : 7 };
		rc = dkim_feed(d, piece, e);
	}
	if (rc == 0)
		rc = dkim_end(d, field, e);
	dkim_free(&d);
	return rc;
}

static int
run(struct dkim_options *o, const char *path)
{
	struct buf	 pem = BUF_INIT, message = BUF_INIT, field = BUF_INIT;
	struct dkim_key	*key;
	FILE		*f = fopen(path, "r");
	struct err	 e;
	int		 rc;

	if (f == NULL)
		return 1;
	slurp(f, &pem);
	(void)fclose(f);
	slurp(stdin, &message);
	if ((key = dkim_key_new(buf_str(&pem), &e)) == NULL)
		return fail("key", &e);
	if ((rc = sign(o, key, &message, &field, &e)) != 0)
		rc = fail("signature", &e);
	(void)fwrite(buf_data(&field), 1, field.len, stdout);
	(void)fwrite(buf_data(&message), 1, message.len, stdout);
	dkim_key_free(&key);
	buf_free(&pem);
	buf_free(&message);
	buf_free(&field);
	return rc;
}

int
main(int argc, char **argv)
{
	struct dkim_options	o;
	struct str		name, value;
	struct err		e;
	int			i;

	if (argc < 4)
		return 2;
	memset(&o, 0, sizeof o);
	o.selector = str_of(argv[2]);
	o.domain = str_of(argv[3]);
	for (i = 4; i < argc; i++) {
		name = str_split(str_of(argv[i]), '=', &value);
		if (dkim_option(&o, name, value, (int64_t)time(NULL),
		    &e) == -1)
			return fail("option", &e);
	}
	return run(&o, argv[1]);
}
