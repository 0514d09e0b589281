/*
 * Everything below is expanded from ipc.def.  To add a message, add a row.
 */
#include <stddef.h>
#include <string.h>

#include "frame.h"
#include "ipc.h"

enum { NOFD, FD };

struct ipc_row {
	int		 type;
	const char	*name;
	enum ipc_role	 from;
	enum ipc_role	 to;
	int		 nfds;
	const char	*fields;
};

static const struct ipc_row ipc_rows[] = {
#define MSG(id, name, from, to, fd, ...)				\
	{ id, #name, IPC_##from, IPC_##to, fd, #__VA_ARGS__ },
#include "ipc/ipc.def"
#undef MSG
};

#define IPC_ROWS	(sizeof ipc_rows / sizeof ipc_rows[0])

static const struct ipc_row *
ipc_find(int type)
{
	size_t	i;

	for (i = 0; i < IPC_ROWS; i++)
		if (ipc_rows[i].type == type)
			return &ipc_rows[i];
	return NULL;
}

const char *
ipc_name(int type)
{
	const struct ipc_row	*row = ipc_find(type);

	return row != NULL ? row->name : "unknown";
}

bool
ipc_allowed(int type, enum ipc_role from, enum ipc_role to, int nfds)
{
	const struct ipc_row	*row = ipc_find(type);

	return row != NULL && (row->from & from) != 0 &&
	    (row->to & to) != 0 && row->nfds == nfds;
}

static const struct {
	enum ipc_role	 role;
	const char	*name;
} ipc_roles[] = {
#define ROLE(id, name, bit)	{ IPC_##id, name },
#define ROLES(id, members)
#include "ipc/roles.def"
#undef ROLE
#undef ROLES
};

#define IPC_ROLES	(sizeof ipc_roles / sizeof ipc_roles[0])

const char *
ipc_role_name(enum ipc_role role)
{
	size_t	i;

	for (i = 0; i < IPC_ROLES; i++)
		if (ipc_roles[i].role == role)
			return ipc_roles[i].name;
	return "nobody";
}

enum ipc_role
ipc_role_of(const char *program)
{
	size_t	i;

	for (i = 0; i < IPC_ROLES; i++)
		if ((ipc_roles[i].role & IPC_WORKER) != 0 &&
		    strcmp(ipc_roles[i].name, program) == 0)
			return ipc_roles[i].role;
	return IPC_NOBODY;
}

/* FNV-1a over each row's name, direction and fields. */
uint64_t
ipc_table_hash(void)
{
	uint64_t	 h = 0xcbf29ce484222325U;
	const char	*p;
	size_t		 i;

	for (i = 0; i < IPC_ROWS; i++) {
		h = (h ^ (uint64_t)ipc_rows[i].type << 32 ^
		    (uint64_t)ipc_rows[i].from << 17 ^
		    (uint64_t)ipc_rows[i].to << 1 ^
		    (uint64_t)ipc_rows[i].nfds) * 0x100000001b3U;
		for (p = ipc_rows[i].fields; *p != '\0'; p++)
			h = (h ^ (unsigned char)*p) * 0x100000001b3U;
	}
	return h;
}

/* No message is larger than a frame may be. */
#define U32(field)		+ 4
#define U64(field)		+ 8
#define TEXT(field, size)	+ 4 + (size)
#define BLOB(field, max)	+ 4 + (max)
#define MSG(id, name, from, to, fd, ...)				\
_Static_assert(0 __VA_ARGS__ <= FRAME_MAX, #name);
#include "ipc/ipc.def"
#undef MSG
#undef U32
#undef U64
#undef TEXT
#undef BLOB

/* Each field becomes one more "|| failed"; the first failure stops them. */

#define U32(field)		|| (wire_put_uint(b, m->field, 4), 0)
#define U64(field)		|| (wire_put_uint(b, m->field, 8), 0)
#define TEXT(field, size)	|| wire_put_str(b, m->field, size)
#define BLOB(field, max)	|| wire_put_blob(b, m->field, max)
#define MSG(id, name, from, to, fd, ...)				\
int									\
ipc_put_##name(struct buf *b, const struct ipc_##name *m)		\
{									\
	return (0 __VA_ARGS__) ? -1 : 0;				\
}
#include "ipc/ipc.def"
#undef MSG
#undef U32
#undef U64
#undef TEXT
#undef BLOB

#define U32(field)		|| wire_get_uint(r, &n, 4) ||		\
				(m->field = (uint32_t)n, 0)
#define U64(field)		|| wire_get_uint(r, &n, 8) || (m->field = n, 0)
#define TEXT(field, size)	|| wire_get_str(r, m->field, size)
#define BLOB(field, max)	|| wire_get_blob(r, &m->field, max)
#define MSG(id, name, from, to, fd, ...)				\
int									\
ipc_get_##name(struct rbuf *r, struct ipc_##name *m)			\
{									\
	uint64_t	n = 0;						\
									\
	(void)n;							\
	return (0 __VA_ARGS__) || r->len != 0 ? -1 : 0;			\
}
#include "ipc/ipc.def"
#undef MSG
