/*
 * EODMailMessage: the message a script holds as $arguments["mail"].
 */
#include <string.h>

#include "eod_private.h"
#include "hooks/library/file.h"

/* The run owns it: an object may die while its message is being sent. */
struct message *
eod_message(struct eod_run *r)
{
	if (r->message == NULL)
		r->message = message_new(r->rq.body, r->rq.scan);
	return r->message;
}

static enum hsl_rc
mail_send(struct hsl_call *c)
{
	return delivery_start(hsl_object_data(c->self, &mail_class), c);
}

static enum hsl_rc
mail_get_size(struct hsl_call *c)
{
	struct eod_run	*r = hsl_object_data(c->self, &mail_class);

	*c->ret = hsl_number((double)message_size(eod_message(r)));
	return HSL_OK;
}

/* Copies as many bytes as the source said it has; -1: it had fewer. */
static int
mail_copy(struct message_source *s, char *to, uint64_t left)
{
	struct iovec	iov;

	while (left != 0) {
		if (message_source_peek(s, &iov, 1) != 1)
			return -1;
		if (iov.iov_len > left)
			iov.iov_len = left;
		memcpy(to, iov.iov_base, iov.iov_len);
		message_source_advance(s, iov.iov_len);
		to += iov.iov_len;
		left -= iov.iov_len;
	}
	return 0;
}

/* Straight into the script's heap, whose limit is asked first. */
static enum hsl_rc
mail_to_string(struct hsl_call *c)
{
	struct eod_run		*r = hsl_object_data(c->self, &mail_class);
	uint64_t		 size = message_size(eod_message(r));
	struct message_source	 s;
	struct hsl_value	 text;
	char			*bytes;
	int			 rc;

	if (!hsl_charge(c->x, 1 + size / 32))
		return HSL_THROW;
	text = hsl_string_new(c->x, size, &bytes);
	if (bytes == NULL)
		return HSL_THROW;
	rc = message_source_init(&s, r->message, STR_NONE, NULL);
	if (rc == 0) {
		rc = mail_copy(&s, bytes, size);
		message_source_fini(&s);
	}
	if (rc == -1) {
		hsl_value_unref(c->x, text);
		return hsl_throw(c, "toString: the message can't be read");
	}
	*c->ret = text;
	return HSL_OK;
}

static enum hsl_rc
mail_to_file(struct hsl_call *c)
{
	enum hsl_rc	rc = mail_to_string(c);

	if (rc == HSL_OK)
		*c->ret = file_new(c->x, *c->ret, hsl_none());
	return rc;
}

static const struct hsl_function	mail_methods[] = {
	{ "send", 3, 3, mail_send, "send(sender, recipients, server): array",
	    "Deliver in-line: to one backend, for all recipients or none." },
	{ "queue", 3, 4, mail_queue,
	    "queue(sender, recipient, transportid[, options]): array",
	    "Queue for one recipient, once the hook ends in Accept(); options: "
	    "hold, delay, metadata, priority, tenantid, jobid, quotas, dsn, "
	    "useful_until." },
	{ "getSize", 0, 0, mail_get_size, "getSize(): number",
	    "Bytes of the message, edits counted." },
	{ "toString", 0, 0, mail_to_string, "toString(): string",
	    "The message with its edits." },
	{ "toFile", 0, 0, mail_to_file, "toFile(): File",
	    "The message with its edits, to be read in pieces." },
	{ "getHeader", 1, 2, mail_get_header,
	    "getHeader(name[, options]): string or none",
	    "A header field's value; options: index, field, decode." },
	{ "getHeaders", 1, 2, mail_get_headers,
	    "getHeaders(name[, options]): array",
	    "Values of all fields of a name; options: field, decode." },
	{ "getHeaderNames", 0, 0, mail_get_header_names,
	    "getHeaderNames(): array",
	    "Names of all fields in lower case, from the top." },
	{ "addHeader", 2, 3, mail_add_header,
	    "addHeader(name, value[, options]): none",
	    "Put a field at the top; options: field, encode." },
	{ "setHeader", 2, 3, mail_set_header,
	    "setHeader(name, value[, options]): number",
	    "Leave one field of a name; options: index, field, encode." },
	{ "delHeader", 1, 2, mail_del_header,
	    "delHeader(name[, options]): number",
	    "Take out the fields of a name; option: index." },
	{ "snapshot", 0, 0, mail_snapshot, "snapshot(): number",
	    "Mark the edits made so far." },
	{ "restore", 1, 1, mail_restore, "restore(id): boolean",
	    "Return to the edits of a snapshot." },
	{ "reset", 0, 0, mail_reset, "reset(): number",
	    "Drop all edits; how many there were." },
	{ NULL, 0, 0, NULL, NULL, NULL }
};

/* The run owns what the object points at. */
const struct hsl_class	mail_class = {
	.name = "EODMailMessage",
	.methods = mail_methods,
};
