/*
 * The mechanisms, and what each says:
 *
 *	PLAIN	 AUTH PLAIN base64(NUL user NUL password)
 *	LOGIN	 AUTH LOGIN, 334, base64(user), 334, base64(password)
 *	CRAM-MD5 AUTH CRAM-MD5, 334 base64(challenge),
 *		 base64(user " " hex(HMAC-MD5(password, challenge)))
 *	OAUTHBEARER AUTH OAUTHBEARER base64("n,a=" user "," ^A
 *		 "auth=Bearer " token ^A ^A)
 *	XOAUTH2	 AUTH XOAUTH2 base64("user=" user ^A
 *		 "auth=Bearer " token ^A ^A)
 *
 * A server that does not take a token says why in a 334, and waits for one
 * more line before it refuses: a ^A, or an empty one.
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "sasl.h"
#include "sasl_text.h"

static bool
sasl_by_token(unsigned mechanism)
{
	return mechanism == SMTP_MECHANISM_OAUTHBEARER ||
	    mechanism == SMTP_MECHANISM_XOAUTH2;
}

int
sasl_choose(struct sasl *s, const struct smtp_caps *caps, bool plain_ok)
{
	unsigned	i;

	for (i = 0; i < SMTP_MECHANISM_COUNT; i++)
		if ((caps->mechanisms & 1u << i) != 0 &&
		    sasl_by_token(i) == (s->token.len != 0) &&
		    (plain_ok || i == SMTP_MECHANISM_CRAM_MD5)) {
			s->mechanism = (enum smtp_mechanism)i;
			s->step = 0;
			return 0;
		}
	return -1;
}

/* A name of GS2 (RFC 5801 4). */
static void
sasl_add_name(struct buf *out, struct str name)
{
	size_t	i;

	for (i = 0; i < name.len; i++)
		if (name.p[i] == ',')
			buf_add_text(out, "=2C");
		else if (name.p[i] == '=')
			buf_add_text(out, "=3D");
		else
			buf_add_byte(out, name.p[i]);
}

static void
sasl_add_token(const struct sasl *s, struct buf *out)
{
	if (s->mechanism == SMTP_MECHANISM_OAUTHBEARER) {
		buf_add_text(out, "n,a=");
		sasl_add_name(out, s->username);
		buf_add_byte(out, ',');
	} else {
		buf_add_text(out, "user=");
		buf_add_str(out, s->username);
	}
	buf_add_text(out, "\001auth=Bearer ");
	buf_add_str(out, s->token);
	buf_add_text(out, "\001\001");
}

static void
sasl_add_plain(const struct sasl *s, struct buf *out)
{
	buf_add_byte(out, '\0');
	buf_add_str(out, s->username);
	buf_add_byte(out, '\0');
	buf_add_str(out, s->password);
}

/* The room for the secret is reserved at once: a buffer that grows leaves
 * copies of it behind. */
void
sasl_command(struct sasl *s, struct buf *line)
{
	struct buf	plain = BUF_INIT;

	buf_printf(line, "AUTH %s", smtp_mechanism_name(s->mechanism));
	if (s->mechanism != SMTP_MECHANISM_PLAIN &&
	    !sasl_by_token(s->mechanism))
		return;
	(void)buf_reserve(&plain, 3 * s->username.len + s->password.len +
	    s->token.len + 32);
	if (s->mechanism == SMTP_MECHANISM_PLAIN)
		sasl_add_plain(s, &plain);
	else
		sasl_add_token(s, &plain);
	buf_add_byte(line, ' ');
	sasl_encode(line, buf_str(&plain));
	sasl_wipe(&plain);
}

static int
sasl_cram(struct sasl *s, struct str challenge, struct buf *line)
{
	unsigned char		md[EVP_MAX_MD_SIZE];
	struct buf		text = BUF_INIT, plain = BUF_INIT;
	unsigned int		len = 0;
	int			rc = sasl_decode(&text, str_trim(challenge));

	if (rc == 0 && (s->step != 0 || text.len == 0 ||
	    HMAC(EVP_md5(), s->password.p, (int)s->password.len,
	    (const unsigned char *)buf_data(&text), text.len, md, &len) ==
	    NULL))
		rc = -1;
	buf_free(&text);
	if (rc == -1)
		return -1;
	buf_add_str(&plain, s->username);
	buf_add_byte(&plain, ' ');
	buf_add_hex(&plain, md, len);
	sasl_encode(line, buf_str(&plain));
	buf_free(&plain);
	return 0;
}

int
sasl_answer(struct sasl *s, struct str challenge, struct buf *line)
{
	int	rc = -1;

	if (s->mechanism == SMTP_MECHANISM_CRAM_MD5)
		rc = sasl_cram(s, challenge, line);
	else if (s->mechanism == SMTP_MECHANISM_LOGIN && s->step < 2) {
		sasl_encode(line, s->step == 0 ? s->username : s->password);
		rc = 0;
	} else if (sasl_by_token(s->mechanism) && s->step == 0) {
		if (s->mechanism == SMTP_MECHANISM_OAUTHBEARER)
			sasl_encode(line, STR("\001"));
		rc = 0;
	}
	s->step++;
	return rc;
}

enum smtp_state
sasl_state(const struct sasl *s)
{
	static const enum smtp_state	first[] = {
		[SMTP_MECHANISM_CRAM_MD5] = SMTP_STATE_AUTH_CRAM_MD5,
		[SMTP_MECHANISM_PLAIN] = SMTP_STATE_AUTH_PLAIN,
		[SMTP_MECHANISM_LOGIN] = SMTP_STATE_AUTH_LOGIN,
		[SMTP_MECHANISM_OAUTHBEARER] = SMTP_STATE_AUTH,
		[SMTP_MECHANISM_XOAUTH2] = SMTP_STATE_AUTH,
	};

	if (s->step == 0)
		return first[s->mechanism];
	if (s->mechanism == SMTP_MECHANISM_LOGIN && s->step == 1)
		return SMTP_STATE_AUTH_LOGIN_USER;
	return SMTP_STATE_AUTH;
}
