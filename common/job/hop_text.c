/*
 * The texts stand one after the other in one buffer, which may move until all
 * are there.
 */
#include <stdlib.h>
#include <sys/un.h>

#include "base/mem.h"

#include "hop_text.h"

/* Where in the bytes it begins and ends. */
struct hop_span {
	size_t	at, end;
};

static struct hop_span
hop_text_add(struct buf *b, const char *text)
{
	struct hop_span	s = { .at = b->len };

	buf_add_text(b, text);
	s.end = b->len;
	return s;
}

static struct str
hop_text_at(struct buf *b, struct hop_span s)
{
	return (struct str){ (const char *)buf_data(b) + s.at,
	    s.end - s.at };
}

/* A socket's path is no address. */
static const char *
hop_text_ip(const struct netaddr *a, char *out, size_t size)
{
	return a->len == 0 || a->u.sa.sa_family == AF_UNIX ? "" :
	    netaddr_ip(a, out, size);
}

/* Its host, then "192.0.2.9 ip1 out.example mx.example 192.0.2.1:25", then
 * its address. */
static void
hop_text_put(struct buf *b, const struct nexthop *hop, struct hop_span s[3])
{
	char	text[NETADDR_TEXT];

	s[0] = hop_text_add(b, netaddr_text(&hop->address, text,
	    sizeof text));
	s[1] = hop_text_add(b, hop_text_ip(&hop->source, text,
	    sizeof text));
	buf_add_byte(b, ' ');
	buf_add_str(b, hop->source_id);
	buf_add_byte(b, ' ');
	buf_add_str(b, hop->helo);
	buf_add_byte(b, ' ');
	buf_add_str(b, hop->mx);
	buf_add_byte(b, ' ');
	(void)hop_text_add(b, netaddr_text(&hop->address, text,
	    sizeof text));
	s[2] = hop_text_add(b, hop_text_ip(&hop->address, text,
	    sizeof text));
}

void
hop_texts_make(struct hop_texts *t, const struct nexthops *n)
{
	struct hop_span	(*s)[3], name;
	size_t		 i;

	*t = (struct hop_texts){ .of = xcalloc(n->count + 1,
	    sizeof *t->of), .bytes = BUF_INIT };
	s = xcalloc(n->count + 1, sizeof *s);
	for (i = 0; i < n->count; i++)
		hop_text_put(&t->bytes, &n->hop[i], s[i]);
	for (i = 0; i < n->count; i++) {
		name = s[i][1];
		name.end = s[i][2].at;
		t->of[i] = (struct hop_text){
		    .host = hop_text_at(&t->bytes, s[i][0]),
		    .localip = hop_text_at(&t->bytes, s[i][1]),
		    .name = hop_text_at(&t->bytes, name),
		    .remoteip = hop_text_at(&t->bytes, s[i][2]) };
	}
	free(s);
}

void
hop_texts_fini(struct hop_texts *t)
{
	free(t->of);
	t->of = NULL;
	buf_free(&t->bytes);
}
