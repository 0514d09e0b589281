/*
 * The functions that end a hook, each a native that writes the verdict.
 */
#include <string.h>

#include "base/net.h"

#include "options.h"
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
		    "strings, not %s", hsl_type_phrase(reason));
	}
}

/* ---- Options ----------------------------------------------------------- */

/*
 * What ends a hook: the class of its codes (0: any that is final), and the
 * options it takes, OPT() of each.  What another function or a server takes is
 * passed over; what nobody knows is a mistake and throws.
 */
struct ending {
	enum verdict_action	action;
	int			class;
	unsigned		takes;
};

struct ending_call {
	struct hsl_call		*c;
	struct verdict		*v;
	const struct ending	*ending;
	const char		*name;		/* of the option being read */
};

typedef enum hsl_rc	option_fn(struct ending_call *e, struct hsl_value v);

/* A verdict's code says what the verdict says: a 250 of Defer() would tell
 * the client that somebody has the message. */
static enum hsl_rc
codes_read_code(struct ending_call *e, struct hsl_value code)
{
	double	n = hsl_value_number(code, 0);
	int	class = e->ending->class;

	if (code.type == HSL_NONE)
		return HSL_OK;
	if (!(n >= 200 && n <= 599) || n != (double)(int)n)
		return hsl_throw(e->c, "reply_codes: code is a number from "
		    "200 to 599");
	if (class == 0 && (int)n / 100 == 3)
		return hsl_throw(e->c, "reply_codes: code is of 2xx, 4xx or "
		    "5xx");
	if (class != 0 && (int)n / 100 != class)
		return hsl_throw(e->c, "reply_codes: code %d is not one of "
		    "%dxx, as this answer's are", (int)n, class);
	e->v->code = (int)n;
	return HSL_OK;
}

/* Three numbers in a list, the first one the code's. */
static enum hsl_rc
codes_read_enhanced(struct ending_call *e, struct hsl_value list)
{
	int	class = e->v->code != 0 ? e->v->code / 100 : e->ending->class;
	double	n;
	int	i;

	if (list.type == HSL_NONE)
		return HSL_OK;
	if (list.type != HSL_ARRAY || hsl_array_count(list) != 3)
		return hsl_throw(e->c, "reply_codes: enhanced is a list of "
		    "three numbers");
	for (i = 0; i < 3; i++) {
		n = hsl_value_number(hsl_array_at(list, i), -1);
		if (!(n >= 0 && n <= 999) || n != (double)(int)n)
			return hsl_throw(e->c, "reply_codes: enhanced is a "
			    "list of three numbers");
		e->v->enhanced[i] = (int)n;
	}
	if (class == 0)
		class = 2;		/* of Reply(), which says 250 */
	if (e->v->enhanced[0] != class)
		return hsl_throw(e->c, "reply_codes: enhanced begins with %d, "
		    "as the code does", class);
	return HSL_OK;
}

static enum hsl_rc
option_reply_codes(struct ending_call *e, struct hsl_value codes)
{
	struct hsl_value	key, v;
	enum hsl_rc		rc;
	size_t			pos = 0;
	struct str		name;

	if (codes.type == HSL_NONE)
		return HSL_OK;
	if (codes.type != HSL_ARRAY)
		return hsl_throw(e->c, "reply_codes is an array");
	while (hsl_array_next(codes, &pos, &key, &v)) {
		name = hsl_value_str(key);
		if (key.type != HSL_STRING || (!str_eq(name, STR("code")) &&
		    !str_eq(name, STR("enhanced"))))
			return hsl_throw(e->c, "reply_codes is an array of "
			    "code and enhanced");
	}
	rc = codes_read_code(e, hsl_array_get(codes, "code"));
	return rc != HSL_OK ? rc :
	    codes_read_enhanced(e, hsl_array_get(codes, "enhanced"));
}

static enum hsl_rc
option_reason(struct ending_call *e, struct hsl_value v)
{
	return reason_read(e->c, e->v, v);
}

static enum hsl_rc
option_disconnect(struct ending_call *e, struct hsl_value v)
{
	e->v->disconnect = hsl_value_true(v);
	return HSL_OK;
}

/* "Give me the following line, too": the proxy hook gets every line. */
static enum hsl_rc
option_next(struct ending_call *e, struct hsl_value v)
{
	(void)e;
	(void)v;
	return HSL_OK;
}

static enum hsl_rc
option_text(struct ending_call *e, struct hsl_value value, const char **out)
{
	struct str	s = hsl_value_str(value);

	if (value.type == HSL_NONE)
		return HSL_OK;
	if (value.type != HSL_STRING || s.len > 1024 ||
	    (s.len != 0 && memchr(s.p, '\0', s.len) != NULL))
		return hsl_throw(e->c, "%s is a string", e->name);
	*out = arena_strdup(&e->v->arena, s);
	return HSL_OK;
}

static enum hsl_rc
option_path(struct ending_call *e, struct hsl_value value)
{
	if (value.type == HSL_NONE)
		return HSL_OK;
	if (values_to_path(value, &e->v->arena, &e->v->path) == -1)
		return hsl_throw(e->c, "%s is not an address", e->name);
	e->v->has_path = true;
	return HSL_OK;
}

static enum hsl_rc
option_recipient(struct ending_call *e, struct hsl_value value)
{
	enum hsl_rc	rc = option_path(e, value);

	if (rc == HSL_OK && e->v->has_path && e->v->path.null)
		return hsl_throw(e->c, "recipient is not an address");
	return rc;
}

static enum hsl_rc
option_extensions(struct ending_call *e, struct hsl_value list)
{
	struct verdict		*v = e->v;
	struct hsl_value	 key, item;
	size_t			 pos = 0, count = hsl_array_count(list);

	if (list.type == HSL_NONE)
		return HSL_OK;
	if (list.type != HSL_ARRAY || count > EXTENSIONS_MAX)
		return hsl_throw(e->c, "extensions is an array of at most %d "
		    "strings", EXTENSIONS_MAX);
	v->has_extensions = true;
	v->extensions = arena_alloc(&v->arena,
	    (count + 1) * sizeof *v->extensions);
	while (hsl_array_next(list, &pos, &key, &item)) {
		if (item.type != HSL_STRING)
			return hsl_throw(e->c, "extensions is an array of "
			    "strings");
		v->extensions[v->extension_count++] =
		    arena_str(&v->arena, hsl_value_str(item));
	}
	return HSL_OK;
}

static enum hsl_rc
option_priority(struct ending_call *e, struct hsl_value value)
{
	double	n = hsl_value_number(value, -1);

	if (value.type == HSL_NONE)
		return HSL_OK;
	if (n != 0 && n != 1)
		return hsl_throw(e->c, "priority is 0 or 1");
	e->v->priority = (int)n;
	e->v->has_priority = true;
	return HSL_OK;
}

static enum hsl_rc
option_remoteip(struct ending_call *e, struct hsl_value value)
{
	struct netaddr	ip;
	enum hsl_rc	rc = option_text(e, value, &e->v->remoteip);

	if (rc == HSL_OK && e->v->remoteip != NULL &&
	    netaddr_parse_ip(&ip, str_of(e->v->remoteip), 0) == -1)
		return hsl_throw(e->c, "remoteip is not an address");
	return rc;
}

static enum hsl_rc
option_command(struct ending_call *e, struct hsl_value value)
{
	enum hsl_rc	rc = option_text(e, value, &e->v->command);

	if (rc == HSL_OK && e->v->command != NULL &&
	    strpbrk(e->v->command, "\r\n") != NULL)
		return hsl_throw(e->c, "command is one line");
	return rc;
}

#define OPTION_TEXT(name)						\
static enum hsl_rc							\
option_##name(struct ending_call *e, struct hsl_value value)		\
{									\
	return option_text(e, value, &e->v->name);			\
}

OPTION_TEXT(remoteptr)
OPTION_TEXT(host)
OPTION_TEXT(username)
OPTION_TEXT(transportid)

#define ENDING_OPTIONS(X)						\
	X(reason, option_reason) X(reply_codes, option_reply_codes)	\
	X(disconnect, option_disconnect) X(next, option_next)		\
	X(remoteip, option_remoteip) X(remoteptr, option_remoteptr)	\
	X(priority, option_priority) X(host, option_host)		\
	X(extensions, option_extensions) X(username, option_username)	\
	X(sender, option_path) X(recipient, option_recipient)		\
	X(transportid, option_transportid) X(command, option_command)

enum ending_option {
#define X(name, fn)	ENDING_##name,
	ENDING_OPTIONS(X)
#undef X
	ENDING_OPTION_COUNT
};

#define OPT(name)	(1u << ENDING_##name)

static const struct {
	const char	*name;
	option_fn	*read;
} ending_options[] = {
#define X(name, fn)	{ #name, fn },
	ENDING_OPTIONS(X)
#undef X
};

static enum hsl_rc
option_read(struct ending_call *e, struct str name, struct hsl_value v)
{
	size_t	i;

	for (i = 0; i < ENDING_OPTION_COUNT; i++) {
		e->name = ending_options[i].name;
		if ((e->ending->takes & 1u << i) != 0 &&
		    str_eq(name, str_of(e->name)))
			return ending_options[i].read(e, v);
	}
	return option_unknown(e->c, "options", name);
}

static enum hsl_rc
options_read(struct ending_call *e, struct hsl_value options)
{
	struct hsl_value	key, v;
	enum hsl_rc		rc = HSL_OK;
	size_t			pos = 0;

	if (options.type == HSL_NONE)
		return HSL_OK;
	if (options.type != HSL_ARRAY)
		return hsl_throw(e->c, "options is an array, not %s",
		    hsl_type_phrase(options));
	while (rc == HSL_OK && hsl_array_next(options, &pos, &key, &v)) {
		if (key.type != HSL_STRING)
			return hsl_throw(e->c, "options is an array of names "
			    "and values");
		rc = option_read(e, hsl_value_str(key), v);
	}
	return rc;
}

/* ---- Endings ----------------------------------------------------------- */

/* Options have names, a reason of several lines has none. */
static bool
is_options(struct hsl_value v)
{
	struct hsl_value	key, item;
	size_t			pos = 0;

	return v.type == HSL_ARRAY && hsl_array_next(v, &pos, &key, &item) &&
	    key.type == HSL_STRING;
}

/* What a call says goes to the verdict, all of it or nothing. */
static enum hsl_rc
terminate(struct hsl_call *c, const struct ending *ending, int options)
{
	struct hook_data	*data = hsl_data(c->x);
	struct ending_call	 e = { c, &data->verdict, ending, NULL };
	enum hsl_rc		 rc = HSL_OK;

	verdict_fini(e.v);
	if (options == 1 && c->argc > 0)
		rc = reason_read(c, e.v, c->argv[0]);
	if (rc == HSL_OK && c->argc > options)
		rc = options_read(&e, c->argv[options]);
	if (rc != HSL_OK) {
		verdict_fini(e.v);
		return rc;
	}
	e.v->action = ending->action;
	return HSL_EXIT;
}

#define ANY	(OPT(reply_codes) | OPT(disconnect))

/* ([reason[, options]]), at the end of a message ([options]) too. */
enum hsl_rc
terminate_accept(struct hsl_call *c)
{
	static const struct ending	ending = { VERDICT_ACCEPT, 2,
	    OPT(reason) | ANY };

	return terminate(c, &ending, c->argc > 0 && is_options(c->argv[0]) ?
	    0 : 1);
}

enum hsl_rc
terminate_reject(struct hsl_call *c)
{
	static const struct ending	ending = { VERDICT_REJECT, 5, ANY };

	return terminate(c, &ending, 1);
}

enum hsl_rc
terminate_defer(struct hsl_call *c)
{
	static const struct ending	ending = { VERDICT_DEFER, 4, ANY };

	return terminate(c, &ending, 1);
}

enum hsl_rc
terminate_reply(struct hsl_call *c)
{
	static const struct ending	ending = { VERDICT_REPLY, 0,
	    ANY | OPT(next) };

	return terminate(c, &ending, 1);
}

/* ([options]): a reason is an option here. */
#define ACCEPT(hook, changes)						\
enum hsl_rc								\
terminate_accept_##hook(struct hsl_call *c)				\
{									\
	static const struct ending	ending = { VERDICT_ACCEPT, 2,	\
	    OPT(reason) | ANY | (changes) };				\
									\
	return terminate(c, &ending, 0);				\
}

ACCEPT(connect, OPT(remoteip) | OPT(remoteptr) | OPT(priority))
ACCEPT(helo, OPT(host) | OPT(extensions))
ACCEPT(auth, OPT(username))
ACCEPT(sender, OPT(sender))
ACCEPT(recipient, OPT(recipient) | OPT(transportid))

enum hsl_rc
terminate_pass_command(struct hsl_call *c)
{
	static const struct ending	ending = { VERDICT_ACCEPT, 2,
	    OPT(command) | OPT(next) };

	return terminate(c, &ending, 0);
}

/* The bytes of a challenge are the mechanism's own: no lines, no text. */
enum hsl_rc
terminate_challenge(struct hsl_call *c)
{
	static const struct ending	 ending = { VERDICT_REPLY, 3, ANY };
	struct hook_data		*data = hsl_data(c->x);
	struct verdict			*v = &data->verdict;
	struct ending_call		 e = { c, v, &ending, NULL };
	struct str			 reply = STR("");

	if (c->argc > 0 && c->argv[0].type != HSL_NONE) {
		if (c->argv[0].type != HSL_STRING)
			return hsl_throw(c, "reply is a string, not %s",
			    hsl_type_phrase(c->argv[0]));
		reply = hsl_value_str(c->argv[0]);
	}
	if (reply.len > CHALLENGE_MAX)
		return hsl_throw(c, "reply is longer than %d bytes",
		    CHALLENGE_MAX);
	verdict_fini(v);
	if (c->argc > 1 && options_read(&e, c->argv[1]) != HSL_OK) {
		verdict_fini(v);
		return HSL_THROW;
	}
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
