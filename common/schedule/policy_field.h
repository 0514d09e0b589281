/*
 * policy_field - the fields of policy.cf, and values for them
 *
 * Process    pure.
 */
#ifndef SCHEDULE_POLICY_FIELD_H
#define SCHEDULE_POLICY_FIELD_H

#include "base/buf.h"
#include "base/str.h"
#include "pattern.h"

/* X(id, name, how its values are compared), in the order of limiters'
 * names. */
#define POLICY_FIELD_LIST(X)						\
	X(TRANSPORTID, "transportid", TEXT)				\
	X(LOCALIP, "localip", ADDRESS)					\
	X(REMOTEIP, "remoteip", ADDRESS)				\
	X(REMOTEMX, "remotemx", DOMAIN)					\
	X(RECIPIENTDOMAIN, "recipientdomain", DOMAIN)			\
	X(TENANTID, "tenantid", TEXT)					\
	X(JOBID, "jobid", TEXT)						\
	X(GROUPING, "grouping", DOMAIN)

enum policy_field {
#define POLICY_FIELD_ID(id, name, type)	POLICY_FIELD_##id,
	POLICY_FIELD_LIST(POLICY_FIELD_ID)
#undef POLICY_FIELD_ID
	POLICY_FIELDS
};

/* A bit of a set of fields. */
#define POLICY_BIT(field)	(1u << (field))
enum { POLICY_MASKS = 1 << POLICY_FIELDS };

/* By field; an empty one is absent. */
struct policy_values {
	struct str	of[POLICY_FIELDS];
};

/* POLICY_FIELDS: there is none of that name. */
enum policy_field	 policy_field_find(struct str name);
/* The nearest name, or NULL. */
const char		*policy_field_suggest(struct str name);
const char		*policy_field_name(enum policy_field f);
enum pattern_type	 policy_field_type(enum policy_field f);
/* All eight on the wire.  -1: too long; no honest peer says so. */
int			 policy_values_put(struct buf *out,
			    const struct policy_values *v);
int			 policy_values_get(struct policy_values *v,
			    struct str bytes);
/* "remotemx,localip" in words of their own order; "-" for none. */
void			 policy_fields_put(struct buf *out, unsigned mask);

#endif
