#include <string.h>

#include "base/net.h"

#include "terminate.h"
#include "values.h"

#define REASON_LINES_MAX	100
#define EXTENSIONS_MAX		32
#define CHALLENGE_MAX		8192

/* A line feed in a reason begins a new line of the reply. */
static void
reason_add(struct verdict *v, struct str text)
{
	struct str	line;

	while (v->line_count < REASON_LINES_MAX) {
		line = str_split(text, '\n', &text);
		if (line.len > 0 && line.p[line.len - 1] == '\r')
			line.len--;
		verdict_add_line(v, line);
		if (text.p == NULL)
			break;
	}
}

static void
reason_add_value(struct verdict *v, struct hsl_value value)
{
	struct buf	b = BUF_INIT;

	hsl_value_print(value, &b);
	reason_add(v, buf_str(&b));
	buf_free(&b);
}

static enum hsl_rc
reason_read(struct hsl_call *c, struct verdict *v, struct hsl_value reason)
{
	struct hsl_value	key, item;
	size_t			pos = 0;

	switch (reason.type) {
	case HSL_NONE:
		return HSL_OK;
	case HSL_STRING:
	case HSL_NUMBER:
		reason_add_value(v, reason);
		return HSL_OK;
	case HSL_ARRAY:
		while (hsl_array_next(reason, &pos, &key, &item))
			reason_add_value(v, item);
		return HSL_OK;
	default:
		return hsl_throw(c, "reason is a string or an array of "
		    "strings, not %s", hsl_type_name(reason));
	}
}

/* 200 to 599, and no promise of more input. */
static enum hsl_rc
codes_read(struct hsl_call *c, struct verdict *v, struct hsl_value codes)
{
	struct hsl_value	code = hsl_array_get(codes, "code");
	struct hsl_value	enhanced = hsl_array_get(codes, "enhanced");
	double			n;
	int			i;

	if (codes.type != HSL_ARRAY)
		return hsl_throw(c, "reply_codes is an array");
	if (code.type != HSL_NONE) {
		n = hsl_value_number(code, 0);
		if (!(n >= 200 && n <= 599) || (n >= 300 && n < 400))
			return hsl_throw(c, "reply_codes: code is a number "
			    "of 2xx, 4xx or 5xx");
		v->code = (int)n;
	}
	if (enhanced.type == HSL_NONE)
		return HSL_OK;
	for (i = 0; i < 3; i++) {
		n = hsl_value_number(hsl_array_at(enhanced, i), -1);
		if (!(n >= 0 && n <= 999))
			return hsl_throw(c, "reply_codes: enhanced is an "
			    "array of three numbers");
		v->enhanced[i] = (int)n;
	}
	return HSL_OK;
}

static enum hsl_rc
options_read(struct hsl_call *c, struct verdict *v, struct hsl_value options)
{
	struct hsl_value	codes;

	if (options.type == HSL_NONE)
		return HSL_OK;
	if (options.type != HSL_ARRAY)
		return hsl_throw(c, "options is an array, not %s",
		    hsl_type_name(options));
	v->disconnect = hsl_value_true(hsl_array_get(options, "disconnect"));
	codes = hsl_array_get(options, "reply_codes");
	return codes.type == HSL_NONE ? HSL_OK : codes_read(c, v, codes);
}

/* What a call says goes to the verdict, all of it or nothing. */
static enum hsl_rc
terminate_with(struct hsl_call *c, enum verdict_action action,
    enum hsl_rc (*read)(struct hsl_call *, struct verdict *))
{
	struct hook_data	*data = hsl_data(c->x);
	struct verdict		*v = &data->verdict;
	enum hsl_rc		 rc;

	verdict_fini(v);
	rc = read(c, v);
	if (rc != HSL_OK) {
		verdict_fini(v);
		return rc;
	}
	v->action = action;
	return HSL_EXIT;
}

/* ([reason[, options]]) */
static enum hsl_rc
read_reason_options(struct hsl_call *c, struct verdict *v)
{
	enum hsl_rc	rc = HSL_OK;

	if (c->argc > 0)
		rc = reason_read(c, v, c->argv[0]);
	if (rc == HSL_OK && c->argc > 1)
		rc = options_read(c, v, c->argv[1]);
	return rc;
}

static enum hsl_rc
terminate(struct hsl_call *c, enum verdict_action action)
{
	return terminate_with(c, action, read_reason_options);
}

enum hsl_rc
terminate_accept(struct hsl_call *c)
{
	return terminate(c, VERDICT_ACCEPT);
}

enum hsl_rc
terminate_reject(struct hsl_call *c)
{
	return terminate(c, VERDICT_REJECT);
}

enum hsl_rc
terminate_defer(struct hsl_call *c)
{
	return terminate(c, VERDICT_DEFER);
}

/* ---- What Accept() of the early hooks may change ----------------------- */

/* ([options]): a reason is an option here.  False: there are none. */
static bool
read_options(struct hsl_call *c, struct verdict *v, enum hsl_rc *rc)
{
	*rc = HSL_OK;
	if (c->argc == 0)
		return false;
	*rc = options_read(c, v, c->argv[0]);
	if (*rc == HSL_OK)
		*rc = reason_read(c, v, hsl_array_get(c->argv[0], "reason"));
	return *rc == HSL_OK;
}

static enum hsl_rc
option_text(struct hsl_call *c, struct verdict *v, const char *name,
    const char **out)
{
	struct hsl_value	value = hsl_array_get(c->argv[0], name);
	struct str		s = hsl_value_str(value);

	if (value.type == HSL_NONE)
		return HSL_OK;
	if (value.type != HSL_STRING || s.len > 1024 ||
	    (s.len != 0 && memchr(s.p, '\0', s.len) != NULL))
		return hsl_throw(c, "%s is a string", name);
	*out = arena_strdup(&v->arena, s);
	return HSL_OK;
}

static enum hsl_rc
option_path(struct hsl_call *c, struct verdict *v, const char *name)
{
	struct hsl_value	value = hsl_array_get(c->argv[0], name);

	if (value.type == HSL_NONE)
		return HSL_OK;
	if (values_to_path(value, &v->arena, &v->path) == -1)
		return hsl_throw(c, "%s is not an address", name);
	v->has_path = true;
	return HSL_OK;
}

static enum hsl_rc
option_extensions(struct hsl_call *c, struct verdict *v)
{
	struct hsl_value	list = hsl_array_get(c->argv[0], "extensions");
	struct hsl_value	key, item;
	size_t			pos = 0, count = hsl_array_count(list);

	if (list.type == HSL_NONE)
		return HSL_OK;
	if (list.type != HSL_ARRAY || count > EXTENSIONS_MAX)
		return hsl_throw(c, "extensions is an array of at most %d "
		    "strings", EXTENSIONS_MAX);
	v->has_extensions = true;
	v->extensions = arena_alloc(&v->arena,
	    (count + 1) * sizeof *v->extensions);
	while (hsl_array_next(list, &pos, &key, &item)) {
		if (item.type != HSL_STRING)
			return hsl_throw(c, "extensions is an array of "
			    "strings");
		v->extensions[v->extension_count++] =
		    arena_str(&v->arena, hsl_value_str(item));
	}
	return HSL_OK;
}

static enum hsl_rc
option_priority(struct hsl_call *c, struct verdict *v)
{
	struct hsl_value	value = hsl_array_get(c->argv[0], "priority");
	double			n = hsl_value_number(value, -1);

	if (value.type == HSL_NONE)
		return HSL_OK;
	if (n != 0 && n != 1)
		return hsl_throw(c, "priority is 0 or 1");
	v->priority = (int)n;
	v->has_priority = true;
	return HSL_OK;
}

static enum hsl_rc
changes_connect(struct hsl_call *c, struct verdict *v)
{
	struct netaddr	ip;
	enum hsl_rc	rc;

	if (!read_options(c, v, &rc))
		return rc;
	rc = option_text(c, v, "remoteip", &v->remoteip);
	if (rc == HSL_OK && v->remoteip != NULL &&
	    netaddr_parse_ip(&ip, str_of(v->remoteip), 0) == -1)
		return hsl_throw(c, "remoteip is not an address");
	if (rc == HSL_OK)
		rc = option_priority(c, v);
	return rc != HSL_OK ? rc :
	    option_text(c, v, "remoteptr", &v->remoteptr);
}

static enum hsl_rc
changes_helo(struct hsl_call *c, struct verdict *v)
{
	enum hsl_rc	rc;

	if (!read_options(c, v, &rc))
		return rc;
	rc = option_text(c, v, "host", &v->host);
	return rc != HSL_OK ? rc : option_extensions(c, v);
}

static enum hsl_rc
changes_sender(struct hsl_call *c, struct verdict *v)
{
	enum hsl_rc	rc;

	return read_options(c, v, &rc) ? option_path(c, v, "sender") : rc;
}

static enum hsl_rc
changes_recipient(struct hsl_call *c, struct verdict *v)
{
	enum hsl_rc	rc;

	if (!read_options(c, v, &rc))
		return rc;
	rc = option_path(c, v, "recipient");
	if (rc == HSL_OK && v->has_path && v->path.null)
		return hsl_throw(c, "recipient is not an address");
	return rc != HSL_OK ? rc :
	    option_text(c, v, "transportid", &v->transportid);
}

enum hsl_rc
terminate_accept_connect(struct hsl_call *c)
{
	return terminate_with(c, VERDICT_ACCEPT, changes_connect);
}

enum hsl_rc
terminate_accept_helo(struct hsl_call *c)
{
	return terminate_with(c, VERDICT_ACCEPT, changes_helo);
}

enum hsl_rc
terminate_accept_sender(struct hsl_call *c)
{
	return terminate_with(c, VERDICT_ACCEPT, changes_sender);
}

enum hsl_rc
terminate_accept_recipient(struct hsl_call *c)
{
	return terminate_with(c, VERDICT_ACCEPT, changes_recipient);
}

static enum hsl_rc
changes_auth(struct hsl_call *c, struct verdict *v)
{
	enum hsl_rc	rc;

	return read_options(c, v, &rc) ?
	    option_text(c, v, "username", &v->username) : rc;
}

enum hsl_rc
terminate_accept_auth(struct hsl_call *c)
{
	return terminate_with(c, VERDICT_ACCEPT, changes_auth);
}

static enum hsl_rc
changes_command(struct hsl_call *c, struct verdict *v)
{
	enum hsl_rc	rc;

	if (!read_options(c, v, &rc))
		return rc;
	rc = option_text(c, v, "command", &v->command);
	if (rc == HSL_OK && v->command != NULL &&
	    strpbrk(v->command, "\r\n") != NULL)
		return hsl_throw(c, "command is one line");
	return rc;
}

enum hsl_rc
terminate_pass_command(struct hsl_call *c)
{
	return terminate_with(c, VERDICT_ACCEPT, changes_command);
}

enum hsl_rc
terminate_reply(struct hsl_call *c)
{
	return terminate(c, VERDICT_REPLY);
}

/* The bytes of a challenge are the mechanism's own: no lines, no text. */
enum hsl_rc
terminate_challenge(struct hsl_call *c)
{
	struct hook_data	*data = hsl_data(c->x);
	struct verdict		*v = &data->verdict;
	struct str		 reply = STR("");

	if (c->argc > 0 && c->argv[0].type != HSL_NONE) {
		if (c->argv[0].type != HSL_STRING)
			return hsl_throw(c, "reply is a string, not %s",
			    hsl_type_name(c->argv[0]));
		reply = hsl_value_str(c->argv[0]);
	}
	if (reply.len > CHALLENGE_MAX)
		return hsl_throw(c, "reply is longer than %d bytes",
		    CHALLENGE_MAX);
	verdict_fini(v);
	verdict_add_line(v, reply);
	v->action = VERDICT_REPLY;
	return HSL_EXIT;
}

/* Pass(): there is nothing to change. */
enum hsl_rc
terminate_pass(struct hsl_call *c)
{
	struct hook_data	*data = hsl_data(c->x);

	data->verdict.action = VERDICT_ACCEPT;
	return HSL_EXIT;
}
