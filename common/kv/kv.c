/*
 * The calls of kv.h, handed to the back end.
 */
#include "kv.h"

int
kv_open(struct kv **kv, const struct kv_ops *ops, void *arg, struct err *e)
{
	*kv = NULL;
	return ops->open(kv, arg, e);
}

void
kv_close(struct kv **kv)
{
	if (*kv != NULL)
		(*kv)->ops->close(*kv);
	*kv = NULL;
}

int
kv_destroy(const struct kv_ops *ops, void *arg, struct err *e)
{
	return ops->destroy(arg, e);
}

int
kv_get(struct kv *kv, struct str key, struct str *value, struct err *e)
{
	return kv->ops->get(kv, key, value, e);
}

int
kv_begin(struct kv *kv, struct err *e)
{
	return kv->ops->begin(kv, e);
}

int
kv_put(struct kv *kv, struct str key, struct str value, struct err *e)
{
	return kv->ops->put(kv, key, value, e);
}

int
kv_remove(struct kv *kv, struct str key, struct err *e)
{
	return kv->ops->remove(kv, key, e);
}

int
kv_commit(struct kv *kv, struct err *e)
{
	return kv->ops->commit(kv, e);
}

void
kv_abort(struct kv *kv)
{
	kv->ops->abort(kv);
}

int
kv_seek(struct kv *kv, struct str key, struct err *e)
{
	return kv->ops->seek(kv, key, e);
}

int
kv_next(struct kv *kv, struct str *key, struct str *value, struct err *e)
{
	return kv->ops->next(kv, key, value, e);
}

int
kv_flush(struct kv *kv, struct err *e)
{
	return kv->ops->flush(kv, e);
}

int
kv_step(struct kv *kv, struct err *e)
{
	return kv->ops->step(kv, e);
}

bool
kv_sound(const struct kv *kv)
{
	return kv->ops->sound(kv);
}
