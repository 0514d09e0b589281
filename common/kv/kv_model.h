/*
 * kv_model - a store in memory that forgets as a real one may
 *
 * For the simulation: what was committed and not flushed is, after
 * kv_model_crash(), there up to some commit.
 *
 * Ownership  kv_model_new() gives what kv_open() of kv_model_ops takes as its
 *            argument; it outlives the stores that are opened on it.
 */
#ifndef KV_KV_MODEL_H
#define KV_KV_MODEL_H

#include "kv.h"

struct kv_model;

extern const struct kv_ops	kv_model_ops;

struct kv_model	*kv_model_new(void);
void		 kv_model_free(struct kv_model **m);
/* Keeps all that was flushed, and `keep` of the commits after it. */
void		 kv_model_crash(struct kv_model *m, uint64_t keep);
uint64_t	 kv_model_unflushed(const struct kv_model *m);	/* commits */
/* The next kv_open() gives KV_DAMAGED until kv_destroy(). */
void		 kv_model_damage(struct kv_model *m);

#endif
