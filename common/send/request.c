/*
 * Whether a request can be sent at all.  What is checked here is
 * never quoted later: a command holds it as it is.
 */
#include "request.h"

/* Text that goes into a command must be one word of it. */
static bool
request_word_ok(struct str s)
{
	size_t	i;

	for (i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

/* What follows an address in its command. */
static bool
request_params_ok(struct str s)
{
	size_t	i;

	for (i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < ' ' ||
		    (unsigned char)s.p[i] >= 0x7f)
			return false;
	return s.len == 0 || (s.p[0] == ' ' && s.len <= 1000);
}

static bool
request_path_ok(const struct smtp_path *p)
{
	struct smtp_path	again;

	return smtp_path_set(&again, p->localpart, p->domain) == 0 &&
	    again.null == p->null && again.utf8 == p->utf8;
}

static const char *
request_rcpt_fault(const struct send_rcpt *rcpt)
{
	if (rcpt->path.null || !request_path_ok(&rcpt->path))
		return "is not an address";
	if (rcpt->orcpt.len != 0 && !smtp_orcpt_ok(rcpt->orcpt, true))
		return "has a bad ORCPT";
	return request_params_ok(rcpt->params) ? NULL : "has bad parameters";
}

const char *
send_request_fault(const struct send_request *req, size_t *n)
{
	const char	*why;

	*n = 0;
	if (req->rcpt_count == 0)
		return "no recipients";
	if (req->backend.lmtp && req->rcpt_count > 1 && !req->each)
		return "LMTP has no reply for all recipients";
	if (!request_path_ok(&req->sender))
		return "sender is not an address";
	if (!request_params_ok(req->params))
		return "bad parameters of the sender";
	if (req->envid.len != 0 && !smtp_envid_ok(req->envid))
		return "bad ENVID";
	if (req->backend.helo.len == 0 || !request_word_ok(req->backend.helo))
		return "bad HELO name";
	if (req->backend.host.len == 0 || req->backend.host.len > 255 ||
	    !request_word_ok(req->backend.host))
		return "bad host name";
	while ((*n)++ < req->rcpt_count) {
		why = request_rcpt_fault(&req->rcpts[*n - 1]);
		if (why != NULL)
			return why;
	}
	return NULL;
}

/*
 * REQUIRETLS is for the way over a network: a socket's other side is here.
 * What an operator demands of all mail (require, dane_require) also holds for
 * a message whose sender does without (RFC 8689 5).
 */
void
send_request_choose_tls(struct send_request *req)
{
	struct send_backend	*b = &req->backend;

	if (b->address.u.sa.sa_family == AF_UNIX)
		req->requiretls = false;
	if (req->requiretls) {
		b->tls_any_name = false;
		if (b->tls != SEND_TLS_REQUIRE_VERIFY &&
		    b->tls != SEND_TLS_DANE_REQUIRE)
			b->tls = SEND_TLS_DANE_FALLBACK_REQUIRE_VERIFY;
	} else if (req->tls_not_required && (b->tls == SEND_TLS_DANE ||
	    b->tls == SEND_TLS_DANE_FALLBACK_REQUIRE_VERIFY))
		b->tls = SEND_TLS_OPTIONAL;
}
