/*
 * Bodies that are too long for a record: each in a file "bodies/XX/ID", XX
 * being the last two digits of the id.
 *
 * The bytes are copied a piece a turn, so that small mail goes on meanwhile,
 * and synced by a process of its own, which does nothing else; then the
 * folder is synced, and the transaction may be committed.  A file whose
 * transaction does not come to be is removed; one that a crash leaves is
 * found by its id, which no segment has (spool verify).
 */
#include <sys/socket.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "compat/crc32c.h"
#include "conf/programs.h"
#include "ipc/fdpass.h"
#include "spool/body_file.h"
#include "spool/disk_real.h"

#include "cleanup.h"

#define LARGE_PIECE	(256 * 1024)

struct large {
	TAILQ_ENTRY(large)	 link;		/* while it is being synced */
	struct intake		*intake;	/* NULL: nobody waits */
	char			 name[DISK_NAME_MAX];
	char			 dir[DISK_NAME_MAX];
	struct disk_file	*file;
	int			 fd;		/* what is copied */
	uint64_t		 size, done;
	uint32_t		 crc;
	struct timer		 turn;
	bool			 syncing;
	bool			 keep;
};

/* The process that syncs answers in order, a byte for each. */
static struct {
	int			 fd;
	struct watch		*watch;
	TAILQ_HEAD(, large)	 asked;
} syncer = { -1, NULL, TAILQ_HEAD_INITIALIZER(syncer.asked) };

/* ---- The process that syncs ---------------------------------------------- */

static void
syncer_serve(int sock)
{
	char	byte;
	int	fd;

	while (fdpass_recv(sock, &byte, 1, &fd) == 1) {
		byte = fd != -1 && fdatasync(fd) == 0 ? 1 : 0;
		if (fd != -1)
			(void)close(fd);
		if (fd_write_full(sock, &byte, 1) == -1)
			break;
	}
	_exit(0);
}

int
large_prepare(struct err *e)
{
	static const struct sandbox_dirs	none = SANDBOX_DIRS_NONE;
	int					pair[2];
	pid_t					pid;

	if (disk_make_dir(cleanup.disk, BODY_FILE_DIR) == -1)
		return err_errno(e, "%s", BODY_FILE_DIR);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
		return err_errno(e, "socketpair");
	if ((pid = fork()) == -1)
		return err_errno(e, "fork");
	if (pid == 0) {
		if (dup2(pair[1], 0) == -1)
			_exit(1);
		closefrom(1);
		if (cleanup.worker->params.sandbox && sandbox_enter(
		    program_find("cleanup")->promises, &none) == -1)
			_exit(1);
		syncer_serve(0);
	}
	(void)close(pair[1]);
	syncer.fd = pair[0];
	return 0;
}

/* ---- One body ------------------------------------------------------------ */

static void
large_drop(struct large *l)
{
	if (l->fd != -1)
		(void)close(l->fd);
	l->fd = -1;
	disk_close(&l->file);
	timer_fini(&l->turn);
	if (!l->keep)
		(void)disk_unlink(cleanup.disk, l->name);
	free(l);
}

void
large_free(struct large **lp, bool keep)
{
	struct large	*l = *lp;

	*lp = NULL;
	if (l == NULL)
		return;
	l->keep = keep;
	l->intake = NULL;
	if (!l->syncing)
		large_drop(l);
}

static void
large_ready(struct large *l, bool ok)
{
	if (ok && (disk_sync_dir(cleanup.disk, l->dir) == -1 ||
	    disk_sync_dir(cleanup.disk, BODY_FILE_DIR) == -1))
		ok = false;
	disk_close(&l->file);
	if (l->intake != NULL)
		intake_large_ready(l->intake, ok, l->crc);
	else
		large_drop(l);
}

static void
syncer_answered(void *arg)
{
	struct large	*l = TAILQ_FIRST(&syncer.asked);
	char		 byte;
	ssize_t		 n;

	(void)arg;
	n = read(syncer.fd, &byte, 1);
	if (n == -1)
		return;
	if (n == 0 || l == NULL) {
		/* It is gone: without it this process can't go on. */
		LOG(EV_STORE_FAILED, NULL, LOG_STR("reason",
		    "the process that syncs large bodies is gone"));
		worker_exit(cleanup.worker);
		return;
	}
	TAILQ_REMOVE(&syncer.asked, l, link);
	l->syncing = false;
	large_ready(l, byte == 1);
}

static void
large_sync(struct large *l)
{
	char	byte = 0;

	if (fdpass_send(syncer.fd, &byte, 1, disk_real_fd(l->file)) != 1) {
		large_ready(l, false);
		return;
	}
	l->syncing = true;
	TAILQ_INSERT_TAIL(&syncer.asked, l, link);
}

/* A piece a turn. */
static void
large_copy(void *arg)
{
	static char	 piece[LARGE_PIECE];
	struct large	*l = arg;
	size_t		 want = l->size - l->done < sizeof piece ?
			     l->size - l->done : sizeof piece;
	ssize_t		 n;

	if (want == 0) {
		large_sync(l);
		return;
	}
	n = pread(l->fd, piece, want, (off_t)l->done);
	if (n <= 0 || disk_write_bytes(l->file, piece, (size_t)n,
	    l->done) == -1) {
		large_ready(l, false);
		return;
	}
	l->crc = crc32c(l->crc, piece, (size_t)n);
	l->done += (uint64_t)n;
	timer_start(&l->turn, 0);
}

static void
large_failed(void *arg)
{
	large_ready(arg, false);
}

struct large *
large_new(struct intake *in, const struct spool_id *id, int fd,
    uint64_t size)
{
	struct large	*l = xcalloc(1, sizeof *l);
	bool		 ok;

	body_file_folder(l->dir, id);
	body_file_name(l->name, id);
	l->intake = in;
	l->fd = fd;
	l->size = size;
	/* One that a crash left, of the same transaction, is in the way. */
	(void)disk_unlink(cleanup.disk, l->name);
	ok = disk_make_dir(cleanup.disk, l->dir) == 0 &&
	    disk_open(cleanup.disk, l->name, DISK_CREATE, &l->file) == 0;
	timer_init(&l->turn, cleanup.worker->loop, ok ? large_copy :
	    large_failed, l);
	timer_start(&l->turn, 0);
	return l;
}

int
large_start(struct worker *w, struct err *e)
{
	if (fd_nonblock(syncer.fd) == -1)
		return err_errno(e, "the process that syncs");
	syncer.watch = watch_readable(w->loop, syncer.fd, syncer_answered,
	    NULL);
	return 0;
}
