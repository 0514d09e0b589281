#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

#include "certificate.h"

void
certificate_make(char *cert_path, char *key_path)
{
	EVP_PKEY	*key = EVP_EC_gen("P-256");
	X509		*cert = X509_new();
	X509_NAME	*name = X509_get_subject_name(cert);
	FILE		*to_cert = fdopen(mkstemp(cert_path), "w");
	FILE		*to_key = fdopen(mkstemp(key_path), "w");

	(void)ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	(void)X509_gmtime_adj(X509_getm_notBefore(cert), 0);
	(void)X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	(void)X509_set_pubkey(cert, key);
	(void)X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)"script", -1, -1, 0);
	(void)X509_set_issuer_name(cert, name);
	if (X509_sign(cert, key, EVP_sha256()) <= 0 ||
	    PEM_write_X509(to_cert, cert) != 1 || fclose(to_cert) != 0 ||
	    PEM_write_PrivateKey(to_key, key, NULL, NULL, 0, NULL,
	    NULL) != 1 || fclose(to_key) != 0)
		abort();
	X509_free(cert);
	EVP_PKEY_free(key);
}
