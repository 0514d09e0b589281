#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#include "certificate.h"

static void
certificate_extend(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION	*e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	if (e == NULL || X509_add_ext(cert, e, -1) != 1)
		abort();
	X509_EXTENSION_free(e);
}

/* By that issuer; NULL: by itself. */
static X509 *
certificate_of(EVP_PKEY *key, const char *common, int nid, const char *value,
    const X509 *issuer, EVP_PKEY *by)
{
	X509		*cert = X509_new();
	X509_NAME	*name = X509_get_subject_name(cert);

	(void)X509_set_version(cert, X509_VERSION_3);
	(void)ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	(void)X509_gmtime_adj(X509_getm_notBefore(cert), 0);
	(void)X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	(void)X509_set_pubkey(cert, key);
	(void)X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)common, -1, -1, 0);
	(void)X509_set_issuer_name(cert, issuer != NULL ?
	    X509_get_subject_name(issuer) : name);
	if (value != NULL)
		certificate_extend(cert, nid, value);
	if (X509_sign(cert, by, EVP_sha256()) <= 0)
		abort();
	return cert;
}

static void
certificate_write(char *cert_path, char *key_path, X509 *cert, X509 *issuer,
    EVP_PKEY *key)
{
	FILE	*to_cert = fdopen(mkstemp(cert_path), "w");
	FILE	*to_key = fdopen(mkstemp(key_path), "w");

	if (PEM_write_X509(to_cert, cert) != 1 ||
	    (issuer != NULL && PEM_write_X509(to_cert, issuer) != 1) ||
	    fclose(to_cert) != 0 ||
	    PEM_write_PrivateKey(to_key, key, NULL, NULL, 0, NULL,
	    NULL) != 1 || fclose(to_key) != 0)
		abort();
}

void
certificate_make(char *cert_path, char *key_path)
{
	EVP_PKEY	*key = EVP_EC_gen("P-256");
	X509		*cert = certificate_of(key, "script", 0, NULL, NULL,
			    key);

	certificate_write(cert_path, key_path, cert, NULL, key);
	X509_free(cert);
	EVP_PKEY_free(key);
}

void
certificate_make_signed(char *cert_path, char *key_path, const char *name)
{
	EVP_PKEY	*key = EVP_EC_gen("P-256"), *own = EVP_EC_gen("P-256");
	X509		*issuer, *cert;
	char		 san[300];

	(void)snprintf(san, sizeof san, "DNS:%s", name);
	issuer = certificate_of(own, "authority", NID_basic_constraints,
	    "critical,CA:TRUE", NULL, own);
	cert = certificate_of(key, "script", NID_subject_alt_name, san,
	    issuer, own);
	certificate_write(cert_path, key_path, cert, issuer, key);
	X509_free(issuer);
	X509_free(cert);
	EVP_PKEY_free(own);
	EVP_PKEY_free(key);
}
