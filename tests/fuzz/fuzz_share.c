/*
 * What workers say to the share service: frames from two of them, in turns.
 * Nothing they say breaks the limit, keeps a lock when both are gone, or is
 * answered by what a worker can't read.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ipc/frame.h"
#include "ipc/ipc.h"
#include "share/desk.h"
#include "share/wire.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LIMIT	20000

static void
fuzz_answer(void *arg, struct desk_client *c, uint64_t id,
    const struct share_answer *a)
{
	struct ipc_SHARE_ANSWER	 m;
	struct share_answer	 b;
	struct buf		 out = BUF_INIT;
	struct rbuf		 r;

	(void)arg;
	(void)c;
	share_put_answer(id, a, &m);
	if (ipc_put_SHARE_ANSWER(&out, &m) == -1)
		abort();
	r = (struct rbuf){ (const unsigned char *)buf_data(&out), out.len };
	if (ipc_get_SHARE_ANSWER(&r, &m) == -1 || m.id != id ||
	    share_get_answer(&m, &b) == -1 || b.status != a->status ||
	    b.version != a->version || !str_eq(b.value, a->value))
		abort();
	buf_free(&out);
}

static void
fuzz_ask(struct desk *d, struct desk_client *c, struct rbuf *r,
    int64_t now_ms)
{
	struct ipc_SHARE_ASK	 m, again;
	struct share_question	 q;

	if (ipc_get_SHARE_ASK(r, &m) == -1 ||
	    share_get_question(&m, &q) == -1)
		return;
	share_put_question(m.id, &q, &again);
	if (again.op != m.op || again.flags != m.flags ||
	    again.version != m.version || !str_eq(again.key, m.key))
		abort();
	(void)desk_ask(d, c, m.id, &q, now_ms);
}

static void
fuzz_frame(struct desk *d, struct desk_client *c, const struct frame *f,
    int64_t now_ms)
{
	struct ipc_SHARE_HELD	 held;
	struct ipc_SHARE_DROP	 drop;
	struct rbuf		 r = f->payload;

	if (f->type == IPC_SHARE_ASK)
		fuzz_ask(d, c, &r, now_ms);
	else if (f->type == IPC_SHARE_HELD &&
	    ipc_get_SHARE_HELD(&r, &held) == 0)
		(void)desk_hold(d, c, held.id, held.name);
	else if (f->type == IPC_SHARE_DROP &&
	    ipc_get_SHARE_DROP(&r, &drop) == 0)
		desk_drop(d, c, drop.id);
	else
		desk_open(d);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str		 in = { (const char *)data, size };
	struct desk		*d = desk_new(LIMIT, fuzz_answer, NULL);
	struct desk_client	 clients[2];
	struct desk_figures	 figures;
	struct frame		 f;
	int64_t			 now_ms = 0;
	bool			 held = false;
	long			 n;

	desk_enter(d, &clients[0]);
	desk_enter(d, &clients[1]);
	for (; (n = frame_parse(in, &f)) > 0; now_ms += 7) {
		fuzz_frame(d, &clients[now_ms & 1], &f, now_ms);
		held |= f.type == IPC_SHARE_HELD;
		desk_figures(d, &figures);
		/* What is held from before is let in whatever it takes. */
		if (figures.bytes > LIMIT + 100 && !held)
			abort();
		in.p += n;
		in.len -= (size_t)n;
	}
	desk_sweep(d, now_ms);
	desk_leave(d, &clients[0]);
	desk_leave(d, &clients[1]);
	desk_figures(d, &figures);
	if (figures.claims != 0)
		abort();
	desk_free(&d);
	return 0;
}
