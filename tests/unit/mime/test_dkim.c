/* DKIM: canonical forms, the field, what is refused; RFC 6376 and 8463. */
#include "check.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "mime/dkim.h"
#include "mime/header.h"

static const char	key_ed25519[] = "-----BEGIN PRIVATE KEY-----\n"
	"MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
	"-----END PRIVATE KEY-----\n";	/* RFC 8463 A.2 */
static const char	key_ec[] = "-----BEGIN PRIVATE KEY-----\n"
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgt7w+OqHhcVHU/8El\n"
	"uTgbFtz7Nun6hWa5FLlXF3qUsdChRANCAARQIRUg7WKRc2uiQ0IRz1oM5u+RdXzN\n"
	"EMVSCAkc533ADLdUfteVg0KaIO5ma676ILqW9au+flx00s5vYtYQ7T/R\n"
	"-----END PRIVATE KEY-----\n";

static const char	message[] =
	"From: Joe SixPack <joe@football.example.com>\r\n"
	"To: Suzie Q <suzie@shopping.example.net>\r\n"
	"Subject: Is dinner ready?\r\n"
	"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
	"Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
	"\r\n"
	"Hi.\r\n"
	"\r\n"
	"We lost the game.  Are you hungry yet?\r\n"
	"\r\n"
	"Joe.\r\n";

static void
collect(void *arg, struct str piece)
{
	buf_add_str(arg, piece);
}

static void
body(enum dkim_canon kind, struct str text, size_t step, struct buf *out)
{
	struct dkim_body	b = { .kind = kind, .out = collect,
				    .arg = out };
	size_t			n;

	for (; text.len > 0; text.p += n, text.len -= n) {
		n = step < text.len ? step : text.len;
		dkim_body_add(&b, (struct str){ text.p, n });
	}
	dkim_body_end(&b);
}

static void
test_bodies(void **state)
{
	static const struct {
		const char	*text, *relaxed, *simple;
	} rows[] = {
		/* RFC 6376 3.4.5 */
		{ " C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n",
		    " C \r\nD \t E\r\n" },
		{ "", "", "\r\n" },
		{ "\r\n", "", "\r\n" },
		{ "\r\n\r\n\r\n", "", "\r\n" },
		{ " \t\r\n \r\n", "", " \t\r\n \r\n" },
		{ "a", "a\r\n", "a\r\n" },
		{ "a \t", "a\r\n", "a \t\r\n" },
		{ "a\r", "a\r\r\n", "a\r\r\n" },
		{ "a\r\r\nb", "a\r\r\nb\r\n", "a\r\r\nb\r\n" },
		{ "a\nb\n", "a\nb\n\r\n", "a\nb\n\r\n" },
		{ "a\r\n\r\n b\r\n", "a\r\n\r\n b\r\n",
		    "a\r\n\r\n b\r\n" },
		{ "a \r b\r\n", "a \r b\r\n", "a \r b\r\n" },
		{ "\r\n\r\na", "\r\n\r\na\r\n", "\r\n\r\na\r\n" },
	};
	struct buf	b = BUF_INIT;
	size_t		i, step;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		for (step = 1; step < 5; step++) {
			buf_clear(&b);
			body(DKIM_RELAXED, str_of(rows[i].text), step, &b);
			assert_str(buf_str(&b), rows[i].relaxed);
			buf_clear(&b);
			body(DKIM_SIMPLE, str_of(rows[i].text), step, &b);
			assert_str(buf_str(&b), rows[i].simple);
		}
	buf_free(&b);
}

/* More than one piece of output, and more CRLFs held than a piece has. */
static void
test_long_body(void **state)
{
	struct buf	in = BUF_INIT, out = BUF_INIT;
	int		i;

	(void)state;
	for (i = 0; i < 5000; i++)
		buf_add_text(&in, "\r\n");
	buf_add_text(&in, "x\r\n");
	body(DKIM_SIMPLE, buf_str(&in), 17, &out);
	assert_true(str_eq(buf_str(&in), buf_str(&out)));
	buf_free(&in);
	buf_free(&out);
}

static void
test_fields(void **state)
{
	static const struct {
		const char	*field, *relaxed, *simple;
	} rows[] = {
		{ "A: X\r\n", "a:X\r\n", "A: X\r\n" },
		{ "B : Y\t\r\n\tZ  \r\n", "b:Y Z\r\n",
		    "B : Y\t\r\n\tZ  \r\n" },
		{ "Subject:\r\n", "subject:\r\n", "Subject:\r\n" },
		{ "Subject: \r\n\t\r\n", "subject:\r\n",
		    "Subject: \r\n\t\r\n" },
		{ "C: no end", "c:no end\r\n", "C: no end\r\n" },
		{ "D: a:b\rc \r\n", "d:a:b\rc\r\n", "D: a:b\rc \r\n" },
	};
	struct buf	b = BUF_INIT;
	size_t		i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		buf_clear(&b);
		dkim_canon_field(&b, DKIM_RELAXED,
		    field_of(str_of(rows[i].field)));
		assert_str(buf_str(&b), rows[i].relaxed);
		buf_clear(&b);
		dkim_canon_field(&b, DKIM_SIMPLE,
		    field_of(str_of(rows[i].field)));
		assert_str(buf_str(&b), rows[i].simple);
	}
	buf_free(&b);
}

/* ---- RFC 8463 A.3, verified ---------------------------------------------- */

static const char	rfc_signature[] = "DKIM-Signature: v=1; "
	"a=ed25519-sha256; c=relaxed/relaxed;\r\n"
	" d=football.example.com; i=@football.example.com;\r\n"
	" q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
	" subject : date : message-id : from : subject : date;\r\n"
	" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n b=";
static const char	rfc_b[] = "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehS"
	"whEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==";

static EVP_PKEY *
read_key(const char *pem)
{
	BIO		*bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY	*key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

	BIO_free(bio);
	assert_non_null(key);
	return key;
}

static bool
verifies(EVP_PKEY *key, const char *b64, struct buf *covered)
{
	unsigned char	 hash[32], signature[96];
	EVP_MD_CTX	*c = EVP_MD_CTX_new();
	bool		 ok;

	assert_int_equal(EVP_Digest(buf_data(covered), covered->len, hash,
	    NULL, EVP_sha256(), NULL), 1);
	assert_int_equal(EVP_DecodeBlock(signature,
	    (const unsigned char *)b64, (int)strlen(b64)), 66);
	assert_int_equal(EVP_DigestVerifyInit(c, NULL, NULL, NULL, key), 1);
	ok = EVP_DigestVerify(c, signature, 64, hash, sizeof hash) == 1;
	EVP_MD_CTX_free(c);
	return ok;
}

static void
test_rfc8463(void **state)
{
	static const char *const	 order[] = { "From", "To", "Subject",
					    "Date", "Message-ID" };
	EVP_PKEY			*key = read_key(key_ed25519);
	struct buf			 b = BUF_INIT;
	struct err			 e;
	size_t				 i;
	struct header			*h;

	(void)state;
	h = header_new(&header_limits_default);
	assert_int_equal(header_feed(h, str_of(message), &e), 1);
	header_ready(h);
	for (i = 0; i < COUNT(order); i++)
		dkim_canon_field(&b, DKIM_RELAXED, header_at(h, header_find(h,
		    str_of(order[i]), 0)));
	dkim_canon_field(&b, DKIM_RELAXED, field_of(str_of(rfc_signature)));
	buf_truncate(&b, b.len - 2);
	assert_true(verifies(key, rfc_b, &b));
	EVP_PKEY_free(key);
	header_free(&h);
	buf_free(&b);
}

/* ---- Signing ------------------------------------------------------------- */

static int
sign(const struct dkim_options *o, const char *pem, struct str text,
    size_t step, struct buf *out, struct err *e)
{
	struct dkim_key	*key = dkim_key_new(str_of(pem), e);
	struct dkim	*d = key != NULL ? dkim_new(o, key, e) : NULL;
	size_t		 n;
	int		 rc = d != NULL ? 0 : -1;

	for (; rc == 0 && text.len > 0; text.p += n, text.len -= n) {
		n = step < text.len ? step : text.len;
		rc = dkim_feed(d, (struct str){ text.p, n }, e);
	}
	if (rc == 0)
		rc = dkim_end(d, out, e);
	dkim_free(&d);
	dkim_key_free(&key);
	return rc;
}

/* Ed25519 is deterministic: what is here was verified by other people's
 * programs, see tests/integration/test_dkim.py. */
static void
test_field(void **state)
{
	struct dkim_options	o = { .selector = STR("brisbane"),
				    .domain = STR("football.example.com"),
				    .identity =
				    STR("a b;@football.example.com"),
				    .timestamp = 1528637909,
				    .relative = 3600,
				    .additional_headers =
				    STR("Message-ID:X-No"),
				    .oversign_headers = STR("from:x-over"),
				    .oversign_given = true };
	struct buf		one = BUF_INIT, two = BUF_INIT;
	struct err		e;
	size_t			step;

	(void)state;
	assert_int_equal(sign(&o, key_ed25519, str_of(message), SIZE_MAX,
	    &one, &e), 0);
	assert_true(str_prefix(buf_str(&one), str_of("DKIM-Signature: v=1; "
	    "a=ed25519-sha256; c=relaxed/relaxed;\r\n"
	    "\td=football.example.com; s=brisbane; "
	    "i=a=20b=3B@football.example.com;\r\n"
	    "\tt=1528637909; x=1528641509; "
	    "h=from:from:subject:date:to:message-id:\r\n\tx-over; "
	    "bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n\tb=")));
	for (step = 1; step < 60; step++) {
		buf_clear(&two);
		assert_int_equal(sign(&o, key_ed25519, str_of(message), step,
		    &two, &e), 0);
		assert_true(str_eq(buf_str(&one), buf_str(&two)));
	}
	buf_free(&one);
	buf_free(&two);
}

static void
test_several_fields(void **state)
{
	struct dkim_options	o = { .selector = STR("s"),
				    .domain = STR("d.example"),
				    .headers = STR(" To : to : CC"),
				    .oversign_given = true };
	struct buf		b = BUF_INIT;
	struct err		e;

	(void)state;
	assert_int_equal(sign(&o, key_ed25519, STR("To: a\r\nFrom: b\r\n"
	    "To: c\r\n\r\n"), 3, &b, &e), 0);
	buf_add_byte(&b, '\0');
	assert_non_null(strstr(buf_data(&b), "\th=from:to:to; bh="));
	buf_free(&b);
}

static void
test_refused(void **state)
{
#define GOOD	.selector = STR("s"), .domain = STR("d.example")
#define LONG	"=;=;=;=;=;=;=;=;=;=;=;=;=;=;=;=;=;=;=;=;=;=;=;=;=;=;=;=;=;=;"
	static const struct {
		struct dkim_options	 o;
		const char		*key, *text, *want;
	} rows[] = {
		{ { GOOD }, "", NULL, "no private key" },
		{ { GOOD }, "-----BEGIN PRIVATE KEY-----\nAAAA\n"
		    "-----END PRIVATE KEY-----\n", NULL, "no private key" },
		{ { GOOD }, key_ec, NULL, "neither RSA" },
		{ { GOOD, .algorithm = DKIM_RSA_SHA256 }, NULL, NULL,
		    "not of rsa-sha256" },
		{ { .domain = STR("d") }, NULL, NULL, "selector" },
		{ { .selector = STR("s") }, NULL, NULL, "domain" },
		{ { .selector = STR("s;x"), .domain = STR("d") }, NULL, NULL,
		    "selector" },
		{ { .selector = STR("s"), .domain = STR("a..b") }, NULL, NULL,
		    "domain" },
		{ { GOOD, .identity = STR("a@xd.example") }, NULL, NULL,
		    "identity" },
		{ { GOOD, .identity = STR("d.example") }, NULL, NULL,
		    "identity" },
		/* Its tag would be longer than a line may be. */
		{ { GOOD, .identity = STR(LONG LONG LONG LONG LONG LONG
		    "@d.example") }, NULL, NULL, "identity" },
		{ { GOOD, .timestamp = 10, .expiration = 9 }, NULL, NULL,
		    "expiration" },
		{ { GOOD, .headers = STR("a;b") }, NULL, NULL, "name" },
		{ { GOOD, .headers = STR("dkim-signature") }, NULL, NULL,
		    "name" },
		{ { GOOD }, NULL, "To: a\r\n\r\n", "From" },
	};
	struct buf	b = BUF_INIT;
	struct err	e;
	size_t		i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		assert_int_equal(sign(&rows[i].o, rows[i].key != NULL ?
		    rows[i].key : key_ed25519, str_of(rows[i].text != NULL ?
		    rows[i].text : message), 100, &b, &e), -1);
		if (strstr(e.text, rows[i].want) == NULL)
			fail_msg("%zu: %s", i, e.text);
		assert_int_equal(b.len, 0);
	}
}

static void
test_options(void **state)
{
	static const struct {
		const char	*name, *value, *want;
	} rows[] = {
		{ "canonicalization_header", "simple", NULL },
		{ "canonicalization_body", "nofws", "neither" },
		{ "algorithm", "ed25519-sha256", NULL },
		{ "algorithm", "rsa-sha1", "neither" },
		{ "timestamp", "true", NULL },
		{ "timestamp", "1700000000", NULL },
		{ "timestamp", "-1", "number" },
		{ "expiration_relative", "60", NULL },
		{ "expiration", "soon", "number" },
		{ "oversign_headers", "", NULL },
		{ "return_header", "false", NULL },
		{ "arc", "true", "no such option" },
	};
	struct dkim_options	o;
	struct err		e;
	size_t			i;
	int			rc;

	(void)state;
	memset(&o, 0, sizeof o);
	for (i = 0; i < COUNT(rows); i++) {
		rc = dkim_option(&o, str_of(rows[i].name),
		    str_of(rows[i].value), 1600000000, &e);
		assert_int_equal(rc, rows[i].want == NULL ? 0 : -1);
		if (rc == -1)
			assert_non_null(strstr(e.text, rows[i].want));
	}
	assert_int_equal(o.header, DKIM_SIMPLE);
	assert_int_equal(o.timestamp, 1700000000);
	assert_true(o.oversign_given);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_long_body),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_rfc8463),
		cmocka_unit_test(test_field),
		cmocka_unit_test(test_several_fields),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
