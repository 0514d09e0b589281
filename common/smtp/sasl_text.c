/*
 * Base64 as AUTH writes it, and the three parts of PLAIN's message.
 */
#include <openssl/evp.h>
#include <string.h>

#include "sasl_text.h"

void
sasl_encode(struct buf *line, struct str s)
{
	int	n;

	n = EVP_EncodeBlock((unsigned char *)buf_reserve(line,
	    s.len / 3 * 4 + 5), (const unsigned char *)(s.len != 0 ? s.p : ""),
	    (int)s.len);
	buf_added(line, (size_t)n);
}

void
sasl_wipe(struct buf *b)
{
	if (b->mem != NULL)
		explicit_bzero(b->mem, b->cap);
	buf_free(b);
}

/* EVP_DecodeBlock() takes blanks at both ends, and counts the padding. */
int
sasl_decode(struct buf *out, struct str text)
{
	size_t	pad = 0, i;
	int	n;

	if (str_eq(text, STR("=")) || text.len == 0)
		return 0;
	if (text.len % 4 != 0 || text.len > SASL_LINE_MAX)
		return -1;
	while (pad < 2 && text.p[text.len - 1 - pad] == '=')
		pad++;
	for (i = 0; i < text.len - pad; i++)
		if (!ascii_isalnum((unsigned char)text.p[i]) &&
		    text.p[i] != '+' && text.p[i] != '/')
			return -1;
	n = EVP_DecodeBlock((unsigned char *)buf_reserve(out, text.len),
	    (const unsigned char *)text.p, (int)text.len);
	if (n < (int)pad)
		return -1;
	buf_added(out, (size_t)n - pad);
	return 0;
}

int
sasl_plain(struct str message, struct sasl_plain *p)
{
	p->authorization = str_split(message, '\0', &p->username);
	p->username = str_split(p->username, '\0', &p->password);
	if (p->username.p == NULL || p->password.p == NULL ||
	    p->username.len == 0 || (p->password.len != 0 &&
	    memchr(p->password.p, '\0', p->password.len) != NULL))
		return -1;
	return 0;
}
