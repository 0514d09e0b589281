/*
 * Digests, keyed digests, and the UUIDs that are made of them.
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/uuid.h"
#include "hsl/library/lib.h"

/* Hexadecimal, or as it is with the option "binary" of argument i. */
static enum hsl_rc
hash_return(struct hsl_call *c, int i, const unsigned char *p, size_t n)
{
	static const char	 hex[] = "0123456789abcdef";
	char			 out[2 * EVP_MAX_MD_SIZE];

	if (!hsl_arg_options(c, i))
		return HSL_THROW;
	if (hsl_arg_flag(c, i, "binary", false)) {
		*c->ret = hsl_string(c->x,
		    (struct str){ (const char *)p, n });
		return HSL_OK;
	}
	for (size_t b = 0; b < n; b++) {
		out[2 * b] = hex[p[b] >> 4];
		out[2 * b + 1] = hex[p[b] & 15];
	}
	*c->ret = hsl_string(c->x, (struct str){ out, 2 * n });
	return HSL_OK;
}

static enum hsl_rc
hash_digest(struct hsl_call *c, const EVP_MD *md, int options)
{
	unsigned char	 out[EVP_MAX_MD_SIZE];
	unsigned	 n = 0;
	struct str	 s;

	if (!hsl_arg_text(c, 0, &s) || !hsl_charge(c->x, s.len / 8))
		return HSL_THROW;
	if (md == NULL || !EVP_Digest(s.p, s.len, out, &n, md, NULL))
		return hsl_throw(c, "this digest is not available");
	return hash_return(c, options, out, n);
}

static enum hsl_rc
hash_hmac(struct hsl_call *c, const EVP_MD *md, int options)
{
	unsigned char	 out[EVP_MAX_MD_SIZE];
	unsigned	 n = 0;
	struct str	 key, s;

	if (!hsl_arg_text(c, 0, &key) || !hsl_arg_text(c, 1, &s) ||
	    !hsl_charge(c->x, (key.len + s.len) / 8))
		return HSL_THROW;
	if (md == NULL || key.len > INT_MAX ||
	    HMAC(md, key.p, (int)key.len, (const unsigned char *)s.p, s.len,
	    out, &n) == NULL)
		return hsl_throw(c, "this digest is not available");
	return hash_return(c, options, out, n);
}

static const EVP_MD *
hash_sha2(struct hsl_call *c, int i)
{
	double	 bits;

	if (!hsl_arg_number(c, i, &bits))
		return NULL;
	if (bits == 256)
		return EVP_sha256();
	if (bits == 384)
		return EVP_sha384();
	if (bits == 512)
		return EVP_sha512();
	hsl_throw(c, "a hash size is 256, 384 or 512");
	return NULL;
}

enum hsl_rc
fn_md5(struct hsl_call *c)
{
	return hash_digest(c, EVP_md5(), 1);
}

enum hsl_rc
fn_sha1(struct hsl_call *c)
{
	return hash_digest(c, EVP_sha1(), 1);
}

enum hsl_rc
fn_sha2(struct hsl_call *c)
{
	const EVP_MD	*md = hash_sha2(c, 1);

	return md == NULL ? HSL_THROW : hash_digest(c, md, 2);
}

enum hsl_rc
fn_hmac_md5(struct hsl_call *c)
{
	return hash_hmac(c, EVP_md5(), 2);
}

enum hsl_rc
fn_hmac_sha1(struct hsl_call *c)
{
	return hash_hmac(c, EVP_sha1(), 2);
}

enum hsl_rc
fn_hmac_sha2(struct hsl_call *c)
{
	const EVP_MD	*md = hash_sha2(c, 2);

	return md == NULL ? HSL_THROW : hash_hmac(c, md, 3);
}

/* FNV-1a, which is the same in every process and on every machine. */
enum hsl_rc
fn_hash(struct hsl_call *c)
{
	uint32_t	 h = 2166136261u;
	struct str	 s;

	if (!hsl_arg_text(c, 0, &s) || !hsl_charge(c->x, s.len / 4))
		return HSL_THROW;
	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.p[i]) * 16777619u;
	*c->ret = vnumber(h);
	return HSL_OK;
}

/* ---- UUIDs (RFC 9562) -------------------------------------------------- */

enum hsl_rc
fn_uuid(struct hsl_call *c)
{
	char	 text[UUID_TEXT];

	uuid_v4(text);
	*c->ret = hsl_text(c->x, text);
	return HSL_OK;
}

enum hsl_rc
fn_uuidv5(struct hsl_call *c)
{
	unsigned char	 space[UUID_SIZE], md[EVP_MAX_MD_SIZE];
	char		 text[UUID_TEXT];
	struct buf	 b = BUF_INIT;
	struct str	 name, value;
	bool		 ok;

	if (!hsl_arg_text(c, 0, &name) || !hsl_arg_text(c, 1, &value) ||
	    !hsl_charge(c->x, value.len / 8))
		return HSL_THROW;
	if (uuid_parse(name.p, name.len, space) == -1)
		return hsl_throw(c, "uuidv5(): the namespace is no UUID");
	buf_add(&b, space, sizeof space);
	buf_add_str(&b, value);
	ok = EVP_Digest(buf_data(&b), b.len, md, NULL, EVP_sha1(), NULL);
	buf_free(&b);
	if (!ok)
		return hsl_throw(c, "this digest is not available");
	md[6] = (md[6] & 0x0f) | 0x50;
	md[8] = (md[8] & 0x3f) | 0x80;
	uuid_text(md, text);
	*c->ret = hsl_text(c->x, text);
	return HSL_OK;
}
