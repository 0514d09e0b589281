/*
 * certificate - a self-signed certificate and its key, for tests of TLS
 *
 * Failure    ends the program: there is nothing to test then.
 */
#ifndef TESTS_CERTIFICATE_H
#define TESTS_CERTIFICATE_H

/* PEM files; the paths end in XXXXXX, as for mkstemp(). */
void	certificate_make(char *cert_path, char *key_path);

#endif
