/*
 * x509 - certificates as scripts hold them: opaque until a class reads them
 */
#ifndef HOOKS_X509_H
#define HOOKS_X509_H

#include "hsl/hsl.h"

struct x509_st;

/* Counts one more for the script; the caller keeps its own. */
struct hsl_value x509_resource(struct hsl_exec *x, struct x509_st *cert);

#endif
