/*
 * certificate - a certificate and its key, for tests of TLS
 *
 * Failure    ends the program: there is nothing to test then.
 */
#ifndef TESTS_CERTIFICATE_H
#define TESTS_CERTIFICATE_H

/* Self-signed.  PEM files; the paths end in XXXXXX, as for mkstemp(). */
void	certificate_make(char *cert_path, char *key_path);
/* For that name, by an authority whose certificate is behind it. */
void	certificate_make_signed(char *cert_path, char *key_path,
	    const char *name);

#endif
