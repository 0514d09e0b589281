/*
 * Names and envelopes of exported messages.
 *
 * What comes back has a new id: the queue may have noted the end of the old
 * one, and would take it for ended after a restart.  The new id is made of
 * the old one, so that an import that is done again, because it was broken
 * off, makes nothing twice.  It keeps the old one's time.
 */
#include <openssl/evp.h>

#include <string.h>

#include "base/clock.h"
#include "spool/fields.h"

#include "report.h"
#include "spool_file.h"

#define REBORN_TIME	6		/* bytes of a UUIDv7 that are time */
#define FILE_DUE_MAX	1e15		/* s: no queue says more */

/* ---- Names --------------------------------------------------------------- */

void
spool_file_name(char out[SPOOL_FILE_NAME], const struct spool_id *id,
    const char *suffix)
{
	spool_id_text(out, id);
	out[UUID_TEXT - 1] = '_';	/* a colon is no name everywhere */
	(void)strlcat(out, suffix, SPOOL_FILE_NAME);
}

int
spool_file_id(struct spool_id *id, const char *name)
{
	char	text[SPOOL_FILE_NAME];
	size_t	len = strlen(name);

	if (len >= sizeof text || len < UUID_TEXT + sizeof ".json" - 1 ||
	    strcmp(name + len - 5, ".json") != 0 ||
	    name[UUID_TEXT - 1] != '_')
		return -1;
	memcpy(text, name, len - 5);
	text[len - 5] = '\0';
	text[UUID_TEXT - 1] = ':';
	return spool_id_parse(id, str_of(text));
}

void
spool_file_reborn(struct spool_id *id, const struct spool_id *was)
{
	static const char	salt[] = "halyard import ";
	unsigned char		in[sizeof salt + SPOOL_ID_SIZE];
	unsigned char		hash[EVP_MAX_MD_SIZE] = { 0 };
	unsigned int		n;

	memcpy(in, salt, sizeof salt);
	spool_id_put(in + sizeof salt, was);
	if (EVP_Digest(in, sizeof in, hash, &n, EVP_sha256(), NULL) != 1)
		memcpy(hash, in + sizeof salt, SPOOL_ID_SIZE);
	memcpy(id->txn, was->txn, REBORN_TIME);
	memcpy(id->txn + REBORN_TIME, hash, SPOOL_TXN_SIZE - REBORN_TIME);
	id->txn[6] = (unsigned char)((id->txn[6] & 0x0f) | 0x70);
	id->txn[8] = (unsigned char)((id->txn[8] & 0x3f) | 0x80);
	id->queue = 1;
}

/* ---- What is written ----------------------------------------------------- */

static json_t *
file_text(struct str s)
{
	return json_stringn_nocheck(s.len > 0 ? s.p : "", s.len);
}

static json_t *
file_pairs(struct str pairs)
{
	json_t		*object = json_object();
	struct str	 key, value;

	while (fields_list_next(&pairs, &key) == 0 &&
	    fields_list_next(&pairs, &value) == 0)
		json_object_setn_new_nocheck(object, key.p, key.len,
		    file_text(value));
	return object;
}

/* All of it. */
static json_t *
file_entry(const struct spool_entry *entry)
{
	struct buf	bytes = BUF_INIT, hex = BUF_INIT;
	struct err	e;
	json_t		*text;

	if (spool_entry_put(&bytes, entry, &e) == 0)
		buf_add_hex(&hex, buf_data(&bytes), bytes.len);
	text = file_text(buf_str(&hex));
	buf_free(&bytes);
	buf_free(&hex);
	return text;
}

json_t *
spool_file_envelope(const struct spool_id *which, const struct spool_entry *n)
{
	char		txn[SPOOL_ID_TEXT];
	struct spool_id	id = *which;

	id.queue = 0;
	spool_id_text(txn, &id);
	return json_pack("{s:{s:s,s:I},s:f,s:o,s:o,s:o,s:o,s:o,s:I,s:I,s:b,"
	    "s:o,s:o}", "id", "transaction", txn, "queue",
	    (json_int_t)n->queue, "ts", (double)n->ts_us / 1e6,
	    "sender", file_text(n->sender),
	    "recipient", file_text(n->recipient),
	    "transportid", file_text(n->transportid),
	    "tenantid", file_text(n->tenantid),
	    "jobid", file_text(n->jobid),
	    "priority", (json_int_t)n->priority,
	    "size", (json_int_t)n->size,
	    "hold", (n->flags & ENTRY_HOLD) != 0,
	    "metadata", file_pairs(n->metadata),
	    "entry", file_entry(n));
}

/* ---- What is read -------------------------------------------------------- */

static int
file_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ?
	    c - 'a' + 10 : -1;
}

static int
file_unhex(struct buf *out, struct str hex)
{
	size_t	i;
	int	high, low;

	for (i = 0; i + 1 < hex.len; i += 2) {
		high = file_digit(hex.p[i]);
		low = file_digit(hex.p[i + 1]);
		if (high == -1 || low == -1)
			return -1;
		buf_add_byte(out, (char)(high * 16 + low));
	}
	return hex.len % 2 == 0 && hex.len > 0 ? 0 : -1;
}

static struct str
file_get(const json_t *object, const char *name)
{
	const json_t	*v = json_object_get(object, name);

	if (!json_is_string(v))
		return STR_NONE;
	return (struct str){ json_string_value(v), json_string_length(v) };
}

static void
file_metadata(struct buf *out, const json_t *row)
{
	json_t		*pairs = json_object_get(row, "metadata"), *value;
	const char	*key;

	json_object_foreach(pairs, key, value) {
		fields_list_add(out, str_of(key));
		fields_list_add(out, (struct str){ json_string_value(value),
		    json_string_length(value) });
	}
}

/* What the queue had changed of it since it was accepted. */
static void
file_row(struct spool_entry *n, int64_t *due_ms, struct buf *metadata,
    const json_t *row)
{
	double	due;

	n->tenantid = file_get(row, "tenantid");
	n->jobid = file_get(row, "jobid");
	n->priority = (uint64_t)json_integer_value(json_object_get(row,
	    "priority"));
	file_metadata(metadata, row);
	n->metadata = buf_str(metadata);
	n->flags &= ~(uint64_t)ENTRY_HOLD;
	if (str_eq(file_get(row, "state"), STR("hold")))
		n->flags |= ENTRY_HOLD;
	due = json_number_value(json_object_get(row, "due"));
	*due_ms = due > 0 && due < FILE_DUE_MAX ? (int64_t)(due * 1e3) : 0;
}

int
spool_file_entry(struct spool_entry *n, struct buf *bytes,
    const json_t *envelope, struct err *e)
{
	struct buf	metadata = BUF_INIT, out = BUF_INIT;
	const json_t	*row = json_object_get(envelope, "queue");
	int64_t		due_ms, now_ms = clock_wall_us() / 1000;
	int		rc;

	buf_clear(bytes);
	if (file_unhex(bytes, file_get(envelope, "entry")) == -1)
		return err_set(e, "no \"entry\", which \"spool export\" "
		    "writes");
	if (spool_entry_get(n, buf_str(bytes), e) == -1)
		return -1;
	due_ms = (int64_t)(n->ts_us / 1000 + n->delay_ms);
	if (json_is_object(row))
		file_row(n, &due_ms, &metadata, row);
	n->delay_ms = due_ms > now_ms ? (uint64_t)(due_ms - now_ms) : 0;
	n->queue = 1;
	n->edits = 0;
	n->parent = STR_NONE;		/* it is in another queue */
	n->parent_action = 0;
	if ((rc = spool_entry_put(&out, n, e)) == 0) {
		buf_clear(bytes);
		buf_add_str(bytes, buf_str(&out));
		rc = spool_entry_get(n, buf_str(bytes), e);
	}
	buf_free(&metadata);
	buf_free(&out);
	return rc;
}
