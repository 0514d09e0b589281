/*
 * values - facts as the arrays scripts see
 *
 * Names and shapes are those of the hooks' documentation: $connection,
 * $transaction, addresses as {localpart, domain}.
 *
 * Ownership  the caller owns each value returned.
 */
#ifndef HOOKS_VALUES_H
#define HOOKS_VALUES_H

#include "hooks/facts.h"
#include "hooks/hook.h"
#include "hsl/hsl.h"

struct attempt;

struct hsl_value values_connection(struct hsl_exec *x,
		    const struct hook_connection *c);
/* Its id and priority only: what the connect hook sees. */
struct hsl_value values_connection_id(struct hsl_exec *x,
		    const struct hook_connection *c);
/* $arguments of the connect hook. */
struct hsl_value values_connect(struct hsl_exec *x,
		    const struct hook_connection *c);
struct hsl_value values_arguments(struct hsl_exec *x,
		    const struct hook_arguments *args);
struct hsl_value values_transaction(struct hsl_exec *x,
		    const struct hook_transaction *t);
/* Before there is one; NULL gives an empty array. */
struct hsl_value values_transaction_id(struct hsl_exec *x, const char *id);

/* {localpart, domain, domain_lower}; and local@domain in lower case. */
struct hsl_value values_address(struct hsl_exec *x,
		    const struct smtp_path *p);
struct hsl_value values_lower(struct hsl_exec *x, const struct smtp_path *p);

/* [5, 7, 1] */
struct hsl_value values_enhanced(struct hsl_exec *x, const int enhanced[3]);
/* ["Ok", "queued"] */
struct hsl_value values_lines(struct hsl_exec *x, const struct smtp_reply *r);
/* What send() returns (ATTEMPT_INLINE), or the post-delivery document has. */
struct hsl_value values_attempt(struct hsl_exec *x, const struct attempt *a,
		    unsigned who);
/* Of a peer or ours: code, enhanced, reason, state. */
struct hsl_value values_reply(struct hsl_exec *x, const struct smtp_reply *r,
		    const char *state);

/*
 * Addresses a script gives: "local@domain" or {localpart, domain}.  Parts
 * are copied to the arena.  -1: not an address.
 */
int	values_to_path(struct hsl_value v, struct arena *a,
	    struct smtp_path *path);

#endif
