#ifndef EVENT_TLS_PRIVATE_H
#define EVENT_TLS_PRIVATE_H

#include <openssl/ssl.h>

struct tls_context {
	SSL_CTX	*ssl;
};

#endif
