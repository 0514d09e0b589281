/*
 * Bodies that are too long for a record: each in a file "bodies/XX/ID", XX
 * being the last two digits of the id.
 *
 * The bytes are copied a piece a turn, so that small mail goes on meanwhile,
 * and synced by a process of its own, which does nothing else; until then it
 * is "bodies/new/ID".  Then it is renamed, the folder is synced, and the
 * transaction may be committed.  A file whose transaction does not come to be
 * is removed, but not while a crash could still bring that transaction back:
 * a commit that failed is undone by the next one (spool/writer.c, I2).  One
 * that a crash leaves in "new" goes at the next start; one of a later moment is
 * found by its id, which no segment has.
 *
 * A file that is there is never replaced: it may be another transaction's
 * whose id a peer that was taken over knows.  Where it has the same bytes it is
 * the one that a crash left between the rename and the commit, and is taken as
 * it is; else the transaction is refused.
 */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
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

#define LARGE_NEW	BODY_FILE_DIR "/new"
#define LARGE_PIECE	(256 * 1024)	/* of all that are copied, a turn */
#define LARGE_PIECE_MIN	4096

struct large {
	TAILQ_ENTRY(large)	 link;		/* while it is being synced */
	TAILQ_ENTRY(large)	 all;
	struct intake		*intake;	/* NULL: nobody waits */
	char			 name[DISK_NAME_MAX];
	char			 dir[DISK_NAME_MAX];
	char			 made[DISK_NAME_MAX];	/* "": no file yet */
	struct disk_file	*file;
	int			 fd;		/* what is copied */
	uint64_t		 size, done;
	uint32_t		 crc;
	struct timer		 turn;
	bool			 syncing;
	bool			 there;		/* file is not ours to remove */
	enum large_fate		 fate;
};

/* The process that syncs answers in order, a byte for each. */
static struct {
	int			 fd;
	struct watch		*watch;
	TAILQ_HEAD(, large)	 asked;
} syncer = { -1, NULL, TAILQ_HEAD_INITIALIZER(syncer.asked) };

static struct {
	TAILQ_HEAD(, large)	 all;
	size_t			 count;
	TAILQ_HEAD(, large)	 doubtful;	/* files alone */
} larges = { TAILQ_HEAD_INITIALIZER(larges.all), 0,
	TAILQ_HEAD_INITIALIZER(larges.doubtful) };

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
	TAILQ_REMOVE(&larges.all, l, all);
	larges.count--;
	if (l->fate == LARGE_DOUBT && l->made[0] != '\0') {
		TAILQ_INSERT_TAIL(&larges.doubtful, l, all);
		return;
	}
	if (l->fate != LARGE_STAYS && l->made[0] != '\0')
		(void)disk_unlink(cleanup.disk, l->made);
	free(l);
}

void
large_settle(void)
{
	struct large	*l;

	while ((l = TAILQ_FIRST(&larges.doubtful)) != NULL) {
		TAILQ_REMOVE(&larges.doubtful, l, all);
		(void)disk_unlink(cleanup.disk, l->made);
		free(l);
	}
}

void
large_free(struct large **lp, enum large_fate fate)
{
	struct large	*l = *lp;

	*lp = NULL;
	if (l == NULL)
		return;
	l->fate = fate;
	l->intake = NULL;
	if (!l->syncing)
		large_drop(l);
}

/* It gets its name. */
static int
large_place(struct large *l)
{
	if (!l->there) {
		if (disk_rename(cleanup.disk, l->made, l->name) == -1)
			return -1;
		memcpy(l->made, l->name, sizeof l->made);
	}
	if (disk_sync_dir(cleanup.disk, l->dir) == -1)
		return -1;
	return disk_sync_dir(cleanup.disk, BODY_FILE_DIR);
}

static void
large_ready(struct large *l, bool ok)
{
	if (ok && l->intake != NULL && large_place(l) == -1)
		ok = false;
	disk_close(&l->file);
	if (l->fd != -1)
		(void)close(l->fd);
	l->fd = -1;
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

/* The piece is written, or is what lies there: 0, or -1. */
static int
large_piece(struct large *l, const char *piece, size_t n)
{
	static char	there[LARGE_PIECE];

	if (!l->there)
		return disk_write_bytes(l->file, piece, n, l->done);
	return disk_read(l->file, there, n, l->done) == (ssize_t)n &&
	    memcmp(there, piece, n) == 0 ? 0 : -1;
}

/* A piece a turn. */
static void
large_copy(void *arg)
{
	static char	 piece[LARGE_PIECE];
	struct large	*l = arg;
	size_t		 want = sizeof piece / larges.count;
	ssize_t		 n;

	if (want < LARGE_PIECE_MIN)
		want = LARGE_PIECE_MIN;
	if (want > l->size - l->done)
		want = l->size - l->done;
	if (want == 0) {
		large_sync(l);
		return;
	}
	n = pread(l->fd, piece, want, (off_t)l->done);
	if (n <= 0 || large_piece(l, piece, (size_t)n) == -1) {
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

/* One of that name is there: of the same size, for large_copy() to look at. */
static int
large_found(struct large *l)
{
	uint64_t	size;

	l->there = true;
	return disk_size(l->file, &size) == 0 && size == l->size ? 0 : -1;
}

/* -1: there is another of that name, or there is to be, or it can't be made. */
static int
large_make(struct large *l)
{
	struct large		*other;
	char			 made[DISK_NAME_MAX];

	TAILQ_FOREACH(other, &larges.all, all) {
		if (strcmp(other->name, l->name) == 0)
			return -1;
	}
	if (disk_open(cleanup.disk, l->name, DISK_READ, &l->file) == 0)
		return large_found(l);
	if (errno != ENOENT || disk_make_dir(cleanup.disk, l->dir) == -1)
		return -1;
	(void)snprintf(made, sizeof made, LARGE_NEW "/%s",
	    strrchr(l->name, '/') + 1);
	if (disk_open(cleanup.disk, made, DISK_CREATE, &l->file) == -1)
		return -1;
	memcpy(l->made, made, sizeof l->made);
	return 0;
}

bool
large_fits(uint64_t size)
{
	uint64_t	 left = (uint64_t)cleanup.bytes_free;
	struct large	*l;

	left = left < cleanup.bytes_floor ? 0 : left - cleanup.bytes_floor;
	if (left > (uint64_t)cleanup.bytes_free / 2)
		left = (uint64_t)cleanup.bytes_free / 2;
	TAILQ_FOREACH(l, &larges.all, all) {
		if (l->size - l->done > left)
			return false;
		left -= l->size - l->done;
	}
	return size <= left;
}

struct large *
large_new(struct intake *in, const struct spool_id *id, int fd,
    uint64_t size)
{
	struct large	*l = xcalloc(1, sizeof *l);

	body_file_folder(l->dir, id);
	body_file_name(l->name, id);
	l->intake = in;
	l->fd = fd;
	l->size = size;
	timer_init(&l->turn, cleanup.worker->loop, large_make(l) == 0 ?
	    large_copy : large_failed, l);
	TAILQ_INSERT_TAIL(&larges.all, l, all);
	larges.count++;
	timer_start(&l->turn, 0);
	return l;
}

/* What a crash left. */
static int
large_sweep(void *arg, const char *name)
{
	char	path[DISK_NAME_MAX];

	(void)arg;
	if (name[0] != '.' && (size_t)snprintf(path, sizeof path,
	    LARGE_NEW "/%s", name) < sizeof path)
		(void)disk_unlink(cleanup.disk, path);
	return 0;
}

int
large_start(struct worker *w, struct err *e)
{
	if (disk_make_dir(cleanup.disk, LARGE_NEW) == -1 ||
	    disk_list(cleanup.disk, LARGE_NEW, large_sweep, NULL) == -1)
		return err_errno(e, "%s", LARGE_NEW);
	if (fd_nonblock(syncer.fd) == -1)
		return err_errno(e, "the process that syncs");
	syncer.watch = watch_readable(w->loop, syncer.fd, syncer_answered,
	    NULL);
	return 0;
}
