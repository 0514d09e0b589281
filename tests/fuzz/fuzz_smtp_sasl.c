/*
 * The client's AUTH against a server that says anything: the first byte
 * chooses what is offered, each line after it is a challenge.  And the
 * server's, against what a client answers.
 */
#include <stdint.h>
#include <stdlib.h>

#include "smtp/sasl.h"
#include "smtp/sasl_text.h"

/* What was decoded is encoded to the same text; PLAIN's parts lie within. */
static void
server(struct str line)
{
	struct buf	message = BUF_INIT, again = BUF_INIT;
	struct sasl_plain p;

	if (sasl_decode(&message, line) == 0 && line.len > 0 &&
	    !str_eq(line, STR("="))) {
		sasl_encode(&again, buf_str(&message));
		if (again.len != line.len)
			abort();
	}
	if (sasl_plain(buf_str(&message), &p) == 0 && p.authorization.len +
	    p.username.len + p.password.len + 2 != message.len)
		abort();
	sasl_wipe(&message);
	sasl_wipe(&again);
}

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smtp_caps	caps = { .mechanisms = size > 0 ? data[0] : 0 };
	struct sasl		s = { .username = STR("tim"),
				    .password = STR("tanstaaf") };
	struct str		rest, challenge;
	struct buf		line = BUF_INIT;

	server((struct str){ (const char *)data, size });
	if (size > 0 && (data[0] & 64) != 0)
		s.token = STR("ya29.a0");
	if (size == 0 || sasl_choose(&s, &caps, (data[0] & 128) != 0) == -1)
		return 0;
	sasl_command(&s, &line);
	rest = (struct str){ (const char *)data + 1, size - 1 };
	do {
		challenge = str_split(rest, '\n', &rest);
		(void)sasl_state(&s);
		buf_clear(&line);
	} while (sasl_answer(&s, challenge, &line) == 0 && rest.p != NULL);
	buf_free(&line);
	return 0;
}
