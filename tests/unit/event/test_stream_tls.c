/*
 * event: a stream in TLS, whose peer writes many records at once, half ones,
 * and its end behind them: OpenSSL holds what no event tells of.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/buf.h"
#include "event/loop.h"
#include "event/stream.h"
#include "event/tls.h"
#include "event/tls_client.h"

#define RECORD	100
#define MANY	40		/* more than a turn reads */

/* Ours is the client; the server is OpenSSL, whose bytes are collected. */
struct world {
	struct loop		*loop;
	struct stream		*stream;
	struct tls_context	*client;
	SSL_CTX			*server;
	SSL			*ssl;
	BIO			*out;
	int			 fd;
	struct buf		 got;
	bool			 shaken, closed;
	enum stream_close	 how;
};

static size_t
world_on_read(void *arg, struct str data)
{
	buf_add_str(&((struct world *)arg)->got, data);
	return data.len;
}

static void
world_on_close(void *arg, enum stream_close how, const char *why)
{
	struct world	*w = arg;

	assert_non_null(why);
	w->closed = true;
	w->how = how;
}

static void
world_on_tls(void *arg)
{
	((struct world *)arg)->shaken = true;
}

static const struct stream_ops	world_ops = { .on_read = world_on_read,
	.on_close = world_on_close, .on_tls = world_on_tls };

static void
stop(void *arg)
{
	loop_stop(arg);
}

static void
run_for(struct loop *l, int ms)
{
	struct timer	t;

	timer_init(&t, l, stop, l);
	timer_start(&t, ms);
	assert_int_equal(loop_run(l), 0);
	timer_fini(&t);
}

static SSL_CTX *
server_context(void)
{
	SSL_CTX		*ctx = SSL_CTX_new(TLS_server_method());
	EVP_PKEY	*key = EVP_EC_gen("P-256");
	X509		*cert = X509_new();

	assert_non_null(key);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), 0);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	assert_int_equal(X509_set_pubkey(cert, key), 1);
	assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
	assert_int_equal(SSL_CTX_use_certificate(ctx, cert), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, key), 1);
	X509_free(cert);
	EVP_PKEY_free(key);
	return ctx;
}

/* Sends the first n of the collected bytes, in one write. */
static void
world_send(struct world *w, size_t n)
{
	char	*p = malloc(n);

	assert_int_equal(BIO_read(w->out, p, (int)n), (int)n);
	assert_int_equal(write(w->fd, p, n), (ssize_t)n);
	free(p);
}

static void
world_send_all(struct world *w)
{
	size_t	n = BIO_ctrl_pending(w->out);

	if (n != 0)
		world_send(w, n);
}

static void
world_open(struct world *w)
{
	const struct tls_demand	any = { .sni = NULL };
	int			sv[2];

	memset(w, 0, sizeof *w);
	w->loop = loop_new(NULL);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
	    sv), 0);
	w->fd = sv[1];
	w->server = server_context();
	w->ssl = SSL_new(w->server);
	w->out = BIO_new(BIO_s_mem());
	SSL_set_bio(w->ssl, BIO_new_socket(w->fd, BIO_NOCLOSE), w->out);
	SSL_set_accept_state(w->ssl);
	w->client = tls_client_unverified(NULL);
	w->stream = stream_new(w->loop, sv[0], &world_ops, w);
	assert_int_equal(stream_tls_connect(w->stream, w->client, &any, NULL),
	    0);
}

/* Up to and without what the server still has to say: its tickets. */
static void
world_shake(struct world *w)
{
	int	tries = 0;

	while (SSL_do_handshake(w->ssl) != 1) {
		assert_true(tries++ < 1000);
		world_send_all(w);
		run_for(w->loop, 1);
	}
	assert_true(w->shaken);
}

static void
world_close(struct world *w)
{
	stream_free(&w->stream);
	SSL_free(w->ssl);
	SSL_CTX_free(w->server);
	tls_context_free(&w->client);
	(void)close(w->fd);
	buf_free(&w->got);
	loop_free(&w->loop);
}

static void
world_records(struct world *w, int count)
{
	char	text[RECORD];

	memset(text, 'x', sizeof text);
	while (count-- > 0)
		assert_int_equal(SSL_write(w->ssl, text, sizeof text),
		    (int)sizeof text);
}

static void
test_many_at_once(void **state)
{
	struct world	w;

	(void)state;
	world_open(&w);
	world_shake(&w);
	world_records(&w, MANY);
	world_send_all(&w);
	run_for(w.loop, 20);
	assert_int_equal(w.got.len, MANY * RECORD);
	world_close(&w);
}

/* Of a buffer that is full nothing is lost, nor left where no event is. */
static void
test_many_while_paused(void **state)
{
	struct world	w;

	(void)state;
	world_open(&w);
	world_shake(&w);
	stream_read_limit(w.stream, 5 * RECORD);
	stream_pause(w.stream);
	world_records(&w, MANY);
	world_send_all(&w);
	run_for(w.loop, 20);
	assert_int_equal(w.got.len, 0);
	assert_int_equal(stream_unread(w.stream).len, 5 * RECORD);
	stream_resume(w.stream);
	run_for(w.loop, 20);
	assert_int_equal(w.got.len, MANY * RECORD);
	world_close(&w);
}

/* A record in two parts, with every place to cut it, and an answer of ours
 * between them. */
static void
test_half_records(void **state)
{
	struct world	w;
	size_t		cut, all;
	int		sent = 0;

	(void)state;
	world_open(&w);
	world_shake(&w);
	world_send_all(&w);
	for (cut = 1; cut < RECORD; cut += 3) {
		world_records(&w, 2);
		all = BIO_ctrl_pending(w.out);
		world_send(&w, all / 2 + cut);
		run_for(w.loop, 0);
		stream_write(w.stream, "y", 1);
		run_for(w.loop, 0);
		world_send_all(&w);
		run_for(w.loop, 1);
		sent += 2 * RECORD;
		assert_int_equal(w.got.len, sent);
	}
	assert_true(stream_peer_present(w.stream));
	world_close(&w);
}

/* close_notify behind many records: first these, then the end. */
static void
test_end_behind_records(void **state)
{
	struct world	w;

	(void)state;
	world_open(&w);
	world_shake(&w);
	world_records(&w, MANY);
	(void)SSL_shutdown(w.ssl);
	world_send_all(&w);
	run_for(w.loop, 20);
	assert_int_equal(w.got.len, MANY * RECORD);
	assert_true(w.closed && w.how == STREAM_EOF);
	assert_false(stream_peer_present(w.stream));
	world_close(&w);
}

/* One who left before the loop could say so is not there any more. */
static void
test_presence(void **state)
{
	struct world	w;

	(void)state;
	world_open(&w);
	world_shake(&w);
	world_send_all(&w);
	run_for(w.loop, 1);
	assert_true(stream_peer_present(w.stream));
	world_records(&w, 1);
	world_send_all(&w);
	assert_true(stream_peer_present(w.stream));
	assert_int_equal(stream_unread(w.stream).len, RECORD);
	(void)SSL_shutdown(w.ssl);
	world_send_all(&w);
	assert_false(stream_peer_present(w.stream));
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_many_at_once),
		cmocka_unit_test(test_many_while_paused),
		cmocka_unit_test(test_half_records),
		cmocka_unit_test(test_end_behind_records),
		cmocka_unit_test(test_presence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
