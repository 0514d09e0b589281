/*
 * A line is cut into verb [SP argument], then the argument is read as that
 * verb has it.  Refusals are constants: a code, an enhanced code, a text.
 */
#include <string.h>

#include "command.h"

enum command_arg { ARG_NONE, ARG_OPTIONAL, ARG_REQUIRED };

static const struct {
	struct str		name;
	enum command_arg	arg;
} verbs[] = {
#define VERB_ROW(name, arg)	{ STR(#name), ARG_##arg },
	SMTP_VERBS(VERB_ROW)
#undef VERB_ROW
};

typedef int	command_fn(struct smtp_command *c, struct arena *a,
		    struct smtp_refusal *why);

static int
command_refuse(struct smtp_refusal *why, int code, int subject, int detail,
    const char *text)
{
	*why = (struct smtp_refusal){ .code = code,
	    .enhanced = { code / 100, subject, detail }, .text = text };
	return -1;
}

/* ---- Lines ------------------------------------------------------------- */

/*
 * A bare CR or LF may be an attempt to hide a second command: what follows
 * must not run, so the session ends.
 */
static int
command_check_bytes(struct str line, struct smtp_refusal *why)
{
	size_t	i;

	for (i = 0; i < line.len; i++) {
		unsigned char	c = (unsigned char)line.p[i];

		if (c == '\r' || c == '\n') {
			command_refuse(why, 500, 5, 2,
			    "Lines end with CR LF");
			why->close = true;
			return -1;
		}
		if (c < 0x20 || c == 0x7f)
			return command_refuse(why, 500, 5, 2,
			    "Control character in command");
	}
	return 0;
}

static enum smtp_verb
command_verb(struct str word)
{
	size_t	i;

	for (i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (str_caseeq(word, verbs[i].name))
			return (enum smtp_verb)i;
	return SMTP_UNKNOWN;
}

const char *
smtp_verb_name(enum smtp_verb verb)
{
	return verb < SMTP_UNKNOWN ? verbs[verb].name.p : "?";
}

/* ---- HELO, EHLO, LHLO -------------------------------------------------- */

/*
 * Any word is taken as a name: half the world's clients say something that
 * is no domain.  Replies to these carry no enhanced code (RFC 2034).
 */
static int
command_helo(struct smtp_command *c, struct arena *a, struct smtp_refusal *why)
{
	size_t	i;

	(void)a;
	*why = (struct smtp_refusal){ .code = 501, .text = "Bad host name" };
	if (c->arg.len > SMTP_DOMAIN_MAX || !utf8_valid(c->arg))
		return -1;
	for (i = 0; i < c->arg.len; i++)
		if (c->arg.p[i] == ' ')
			return -1;
	return 0;
}

/* ---- MAIL, RCPT -------------------------------------------------------- */

static bool
command_key_ok(struct str key)
{
	size_t	i;

	if (key.len == 0 || key.p[0] == '-')
		return false;
	for (i = 0; i < key.len; i++)
		if (!ascii_isalnum((unsigned char)key.p[i]) && key.p[i] != '-')
			return false;
	return true;
}

static int
command_add_param(struct smtp_command *c, struct str word,
    struct smtp_refusal *why)
{
	struct smtp_param	param;
	size_t			i;

	param.key = str_split(word, '=', &param.value);
	if (!command_key_ok(param.key) || !utf8_valid(param.value) ||
	    (param.value.p != NULL && (param.value.len == 0 ||
	    memchr(param.value.p, '=', param.value.len) != NULL)))
		return command_refuse(why, 501, 5, 4, "Malformed parameter");
	for (i = 0; i < c->param_count; i++)
		if (str_caseeq(c->param[i].key, param.key))
			return command_refuse(why, 501, 5, 4,
			    "Parameter given twice");
	if (c->param_count == SMTP_PARAM_MAX)
		return command_refuse(why, 501, 5, 4, "Too many parameters");
	c->param[c->param_count++] = param;
	return 0;
}

static int
command_params(struct smtp_command *c, struct str rest,
    struct smtp_refusal *why)
{
	struct str	word;

	if (rest.len != 0 && rest.p[0] != ' ')
		return command_refuse(why, 501, 5, 4,
		    "Space expected after the address");
	for (rest = str_trim(rest); rest.len != 0; rest = str_trim(rest)) {
		word = str_split(rest, ' ', &rest);
		if (command_add_param(c, word, why) == -1)
			return -1;
	}
	return 0;
}

/* A space after the colon is against the grammar, and often sent. */
static int
command_mail(struct smtp_command *c, struct arena *a, struct smtp_refusal *why)
{
	struct str	s = c->arg, rest;

	if (!str_caseprefix(s, STR("FROM:")))
		return command_refuse(why, 501, 5, 4,
		    "Syntax: MAIL FROM:<address>");
	s = str_trim((struct str){ s.p + 5, s.len - 5 });
	if (smtp_path_parse(&c->path, s, SMTP_PATH_REVERSE, c->leniency, a,
	    &rest) == -1)
		return command_refuse(why, 501, 1, 7,
		    "Bad sender address syntax");
	return command_params(c, rest, why);
}

static int
command_rcpt(struct smtp_command *c, struct arena *a, struct smtp_refusal *why)
{
	struct str	s = c->arg, rest;

	if (!str_caseprefix(s, STR("TO:")))
		return command_refuse(why, 501, 5, 4,
		    "Syntax: RCPT TO:<address>");
	s = str_trim((struct str){ s.p + 3, s.len - 3 });
	if (smtp_path_parse(&c->path, s, SMTP_PATH_FORWARD, c->leniency, a,
	    &rest) == -1)
		return command_refuse(why, 501, 1, 3,
		    "Bad recipient address syntax");
	return command_params(c, rest, why);
}

/* ---- BDAT -------------------------------------------------------------- */

/*
 * A chunk whose length is not known can't be skipped: whatever follows would
 * run as commands.  So a bad BDAT ends the session.
 */
static int
command_bdat(struct smtp_command *c, struct arena *a, struct smtp_refusal *why)
{
	struct str	rest, size = str_split(c->arg, ' ', &rest);

	(void)a;
	rest = str_trim(rest);
	c->chunk_last = str_caseeq(rest, STR("LAST"));
	if (size.len <= 20 && (rest.len == 0 || c->chunk_last) &&
	    str_uint(size, INT64_MAX, &c->chunk_size) == 0)
		return 0;
	command_refuse(why, 501, 5, 4, "Syntax: BDAT size [LAST]");
	why->close = true;
	return -1;
}

/* ---- All --------------------------------------------------------------- */

static command_fn *
command_reader(enum smtp_verb verb)
{
	switch (verb) {
	case SMTP_HELO: case SMTP_EHLO: case SMTP_LHLO:
		return command_helo;
	case SMTP_MAIL:
		return command_mail;
	case SMTP_RCPT:
		return command_rcpt;
	case SMTP_BDAT:
		return command_bdat;
	default:
		return NULL;
	}
}

/* Whatever is wrong with a BDAT, bytes follow it that can't be told from
 * commands. */
static int
command_check_arg(struct smtp_command *c, struct smtp_refusal *why)
{
	enum command_arg	rule;

	if (c->verb == SMTP_UNKNOWN)
		return command_refuse(why, 500, 5, 1, "Unknown command");
	rule = verbs[c->verb].arg;
	if (rule == ARG_NONE && c->arg.len != 0)
		return command_refuse(why, 501, 5, 4, "No argument expected");
	if (rule != ARG_REQUIRED || c->arg.len != 0)
		return 0;
	command_refuse(why, 501, 5, 4, "Argument expected");
	why->close = c->verb == SMTP_BDAT;
	if (command_reader(c->verb) == command_helo)
		why->enhanced[0] = why->enhanced[1] = why->enhanced[2] = 0;
	return -1;
}

int
smtp_command_parse(struct smtp_command *c, struct str line,
    const struct smtp_leniency *l, struct arena *a, struct smtp_refusal *why)
{
	struct str	 word, rest;
	command_fn	*read;

	c->leniency = l;
	c->path = (struct smtp_path){ .null = false };
	c->param_count = 0;
	c->chunk_size = 0;
	c->chunk_last = false;
	word = str_split(line, ' ', &rest);
	c->verb = command_verb(word);
	c->arg = str_trim(rest);
	if (command_check_bytes(line, why) == -1) {
		why->close = why->close || c->verb == SMTP_BDAT;
		return -1;
	}
	if (command_check_arg(c, why) == -1)
		return -1;
	read = command_reader(c->verb);
	return read != NULL ? read(c, a, why) : 0;
}
