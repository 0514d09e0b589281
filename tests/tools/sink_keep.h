/*
 * sink - what it does with a message that it keeps.  Included by sink.c alone.
 */
#ifndef TESTS_TOOLS_SINK_KEEP_H
#define TESTS_TOOLS_SINK_KEEP_H

#include "sink.h"

static void
sink_log(struct sink *s, struct client *c, unsigned long number)
{
	unsigned char	hash[EVP_MAX_MD_SIZE];
	unsigned	i, len = 0;

	if (EVP_Digest(c->message.len != 0 ? buf_data(&c->message) : "",
	    c->message.len, hash, &len, EVP_sha256(), NULL) != 1)
		fatal("sha256");
	fprintf(s->log, "%lu\t%s\t%zu\t", number, buf_cstr(&c->envelope),
	    c->message.len);
	for (i = 0; i < len; i++)
		fprintf(s->log, "%02x", hash[i]);
	fputc('\n', s->log);
	fflush(s->log);
}

static void
sink_dump(struct sink *s, struct client *c, unsigned long number)
{
	char	*path = xasprintf("%s/%06lu.eml", s->dump, number);
	FILE	*f = fopen(path, "we");

	if (f == NULL)
		fatal("%s can't be written", path);
	if (c->message.len != 0)
		(void)fwrite(buf_data(&c->message), 1, c->message.len, f);
	if (fclose(f) != 0)
		fatal("%s can't be written", path);
	free(path);
}

static void
sink_print(struct client *c, unsigned long number)
{
	printf("---- message %lu: %s\n", number, buf_cstr(&c->envelope));
	if (c->message.len != 0)
		(void)fwrite(buf_data(&c->message), 1, c->message.len,
		    stdout);
	printf("---- end of message %lu\n", number);
	fflush(stdout);
}

#endif
