/*
 * The client's AUTH against a server that says anything: the first byte
 * chooses what is offered, each line after it is a challenge.
 */
#include <stdint.h>
#include <stdlib.h>

#include "smtp/sasl.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smtp_caps	caps = { .mechanisms = size > 0 ? data[0] : 0 };
	struct sasl		s = { .username = STR("tim"),
				    .password = STR("tanstaaf") };
	struct str		rest, challenge;
	struct buf		line = BUF_INIT;

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
