/*
 * Where systems keep the authorities that they trust.  This is apart from
 * tls_client.c for programs that have no TLS.
 */
#include <stddef.h>
#include <unistd.h>

#include "tls_client.h"

const char *
tls_system_authorities(void)
{
	static const char *const	files[] = {
		"/etc/ssl/certs/ca-certificates.crt",
		"/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
		"/usr/local/share/certs/ca-root-nss.crt",
	};
	size_t				i;

	for (i = 0; i < sizeof files / sizeof files[0]; i++)
		if (access(files[i], R_OK) == 0)
			return files[i];
	return NULL;
}
