/*
 * A certificate as scripts see it: a resource that only the library can read.
 */
#include <openssl/x509.h>

#include "x509.h"

static void
x509_drop(void *cert)
{
	X509_free(cert);
}

static const struct hsl_resource_kind	x509_kind = { "X509Resource",
	x509_drop };

struct hsl_value
x509_resource(struct hsl_exec *x, struct x509_st *cert)
{
	(void)X509_up_ref(cert);
	return hsl_resource_new(x, &x509_kind, cert);
}
