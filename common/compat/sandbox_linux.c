/*
 * Linux: Landlock for paths, then seccomp for everything.
 *
 * The filter names what is allowed; the rest fails with EPERM, so that a
 * library that only tries goes on.  Running a program and tracing another
 * process end the worker: nothing of ours tries those.
 */
#include "sandbox_system.h"

#ifdef SANDBOX_LINUX

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <seccomp.h>
#include <stdint.h>
#include <unistd.h>

#include "sandbox.h"
#include "sandbox_linux.h"

#define N(a)	(sizeof(a) / sizeof((a)[0]))

/* ---- Landlock ---------------------------------------------------------- */

/* Rights by the version that brought them; headers may be older. */
#define FS_V1		((1ull << 13) - 1)
#define FS_REFER	(1ull << 13)		/* 2 */
#define FS_TRUNCATE	(1ull << 14)		/* 3 */
#define FS_IOCTL	(1ull << 15)		/* 5 */
#define NET_BIND	(1ull << 0)		/* 4 */
#define NET_CONNECT	(1ull << 1)		/* 4 */
#define SCOPE_ALL	3ull			/* 6: abstract names, signals */

struct landlock_walls {
	uint64_t	fs;
	uint64_t	net;
	uint64_t	scope;
};

static void
landlock_walls(struct landlock_walls *w, int version, unsigned int promises)
{
	w->fs = FS_V1;
	if (version >= 2)
		w->fs |= FS_REFER;
	if (version >= 3)
		w->fs |= FS_TRUNCATE;
	if (version >= 5)
		w->fs |= FS_IOCTL;
	w->net = version >= 4 && (promises & SANDBOX_NET) == 0 ?
	    NET_BIND | NET_CONNECT : 0;
	w->scope = version >= 6 ? SCOPE_ALL : 0;
}

static int
landlock_allow(int rules, int dir, uint64_t rights)
{
	struct landlock_path_beneath_attr	a = { .parent_fd = dir,
	    .allowed_access = rights };

	if (dir == -1)
		return 0;
	return (int)syscall(SYS_landlock_add_rule, rules,
	    LANDLOCK_RULE_PATH_BENEATH, &a, 0);
}

static int
landlock_restrict(int rules, const struct landlock_walls *w,
    unsigned int promises, const struct sandbox_dirs *d)
{
	const uint64_t	read = LANDLOCK_ACCESS_FS_READ_FILE |
			    LANDLOCK_ACCESS_FS_READ_DIR;
	const uint64_t	scratch = LANDLOCK_ACCESS_FS_READ_FILE |
			    LANDLOCK_ACCESS_FS_WRITE_FILE |
			    LANDLOCK_ACCESS_FS_MAKE_REG |
			    LANDLOCK_ACCESS_FS_REMOVE_FILE | FS_TRUNCATE;
	const uint64_t	spool = read | scratch |
			    LANDLOCK_ACCESS_FS_MAKE_DIR |
			    LANDLOCK_ACCESS_FS_REMOVE_DIR | FS_REFER;

	if ((promises & SANDBOX_FILES) != 0 &&
	    (landlock_allow(rules, d->read, read) == -1 ||
	    landlock_allow(rules, d->read_too, read) == -1 ||
	    landlock_allow(rules, d->scratch, scratch & w->fs) == -1))
		return -1;
	if ((promises & SANDBOX_SPOOL) != 0 &&
	    landlock_allow(rules, d->spool, spool & w->fs) == -1)
		return -1;
	return (int)syscall(SYS_landlock_restrict_self, rules, 0);
}

/* A kernel without Landlock leaves the work to chroot and seccomp. */
static int
landlock_enter(unsigned int promises, const struct sandbox_dirs *d)
{
	struct landlock_walls	w;
	size_t			size = sizeof w.fs;
	int			version, rules, rc;

	version = (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	if (version < 1)
		return 0;
	landlock_walls(&w, version, promises);
	if (version >= 4)
		size += sizeof w.net;
	if (version >= 6)
		size += sizeof w.scope;
	rules = (int)syscall(SYS_landlock_create_ruleset, &w, size, 0);
	if (rules == -1)
		return -1;
	rc = landlock_restrict(rules, &w, promises, d);
	(void)close(rules);
	return rc;
}

/* ---- seccomp ----------------------------------------------------------- */

/* What every worker does: its loop, its memory, its sockets, its clock. */
static const int	calls_always[] = {
	SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(brk),
	SCMP_SYS(clock_getres), SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(close), SCMP_SYS(connect),
	SCMP_SYS(dup), SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2), SCMP_SYS(epoll_wait),
	SCMP_SYS(eventfd2), SCMP_SYS(exit), SCMP_SYS(exit_group),
	SCMP_SYS(fstat), SCMP_SYS(futex), SCMP_SYS(getegid),
	SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getpeername),
	SCMP_SYS(getpid), SCMP_SYS(getrandom), SCMP_SYS(getrlimit),
	SCMP_SYS(getsockname), SCMP_SYS(getsockopt), SCMP_SYS(gettid),
	SCMP_SYS(gettimeofday), SCMP_SYS(getuid),
	SCMP_SYS(madvise), SCMP_SYS(mremap), SCMP_SYS(munmap),
	SCMP_SYS(nanosleep), SCMP_SYS(newfstatat), SCMP_SYS(pipe2),
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(pread64),
	SCMP_SYS(preadv), SCMP_SYS(pselect6), SCMP_SYS(read), SCMP_SYS(readv),
	SCMP_SYS(recvfrom), SCMP_SYS(recvmmsg), SCMP_SYS(recvmsg),
	SCMP_SYS(restart_syscall), SCMP_SYS(rseq), SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sched_yield), SCMP_SYS(select), SCMP_SYS(sendmmsg),
	SCMP_SYS(sendmsg), SCMP_SYS(sendto), SCMP_SYS(set_robust_list),
	SCMP_SYS(sigaltstack), SCMP_SYS(socketpair),
	SCMP_SYS(statx), SCMP_SYS(sysinfo), SCMP_SYS(time),
	SCMP_SYS(uname), SCMP_SYS(write), SCMP_SYS(writev),
};

/*
 * Some of what these do.  Not among it: to have the kernel send a signal
 * (F_SETOWN, F_SETSIG), and to empty the log (ftruncate is not named at all).
 * F_SETFL has rules of its own.
 */
static const int	fcntl_commands[] = { F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD,
	F_SETFD, F_GETFL };

/*
 * Listening sockets are shared, and what is set on one stays set when the
 * worker that did it has gone: a filter for packets, buffers too small for
 * mail, a wait for the client's first byte.  So only what is in use: ours
 * (TCP_NODELAY, and a source address that this machine has not got yet), the
 * resolver's (the rest).
 */
static const struct {
	int	level;
	int	name;
} options[] = {
	{ SOL_SOCKET, SO_REUSEADDR }, { IPPROTO_TCP, TCP_NODELAY },
	{ IPPROTO_IP, IP_FREEBIND }, { IPPROTO_IP, IP_MTU_DISCOVER },
	{ IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT },
	{ IPPROTO_IPV6, IPV6_V6ONLY }, { IPPROTO_IPV6, IPV6_MTU },
	{ IPPROTO_IPV6, IPV6_MTU_DISCOVER },
};

/* With SANDBOX_NET; a source address is bound, nothing is listened on. */
static const int	calls_net[] = { SCMP_SYS(bind) };

/* With SANDBOX_FILES; where to is Landlock's and chroot's to say. */
static const int	calls_files[] = { SCMP_SYS(open), SCMP_SYS(openat),
	SCMP_SYS(openat2), SCMP_SYS(unlinkat), SCMP_SYS(faccessat2) };

/* With SANDBOX_SPOOL; Berkeley DB and LMDB name files by their paths. */
static const int	calls_spool[] = { SCMP_SYS(open), SCMP_SYS(openat),
	SCMP_SYS(openat2), SCMP_SYS(access), SCMP_SYS(copy_file_range),
	SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(fadvise64),
	SCMP_SYS(fallocate), SCMP_SYS(fdatasync), SCMP_SYS(flock),
	SCMP_SYS(fstatfs), SCMP_SYS(fsync), SCMP_SYS(ftruncate),
	SCMP_SYS(getcwd), SCMP_SYS(getdents64), SCMP_SYS(lseek),
	SCMP_SYS(lstat), SCMP_SYS(mkdir), SCMP_SYS(mkdirat),
	SCMP_SYS(mlock), SCMP_SYS(msync), SCMP_SYS(munlock),
	SCMP_SYS(preadv2), SCMP_SYS(pwrite64), SCMP_SYS(pwritev),
	SCMP_SYS(pwritev2), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
	SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2),
	SCMP_SYS(rmdir), SCMP_SYS(stat), SCMP_SYS(statfs),
	SCMP_SYS(sync_file_range), SCMP_SYS(unlink), SCMP_SYS(unlinkat),
	SCMP_SYS(wait4) };

static const int	calls_deadly[] = { SCMP_SYS(execve),
	SCMP_SYS(execveat), SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev), SCMP_SYS(init_module),
	SCMP_SYS(finit_module), SCMP_SYS(bpf) };

static int
filter_add(scmp_filter_ctx f, uint32_t action, const int *calls, size_t n)
{
	size_t	i;
	int	rc = 0;

	for (i = 0; i < n && rc == 0; i++) {
		rc = seccomp_rule_add(f, action, calls[i], 0);
		/* A call that this machine does not have at all. */
		if (rc == -EDOM)
			rc = 0;
	}
	return rc;
}

/* Streams and datagrams of the usual protocol, not raw, not ICMP. */
static int
filter_socket(scmp_filter_ctx f, int family)
{
	static const struct {
		int	type;
		int	protocol;
	} kinds[] = { { SOCK_STREAM, 0 }, { SOCK_STREAM, IPPROTO_TCP },
	    { SOCK_DGRAM, 0 }, { SOCK_DGRAM, IPPROTO_UDP } };
	const scmp_datum_t	flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
	size_t			i;
	int			rc = 0;

	for (i = 0; i < N(kinds) && rc == 0; i++)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 3,
		    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)family, 0),
		    SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff & ~flags,
		    (scmp_datum_t)kinds[i].type),
		    SCMP_A2(SCMP_CMP_EQ, (scmp_datum_t)kinds[i].protocol, 0));
	return rc;
}

static int
filter_second(scmp_filter_ctx f, int call, const int *values, size_t n)
{
	size_t	i;
	int	rc = 0;

	for (i = 0; i < n && rc == 0; i++)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, call, 1,
		    SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)values[i], 0));
	return rc;
}

/* The spool's own files: zeros go out past the cache, and locks are taken. */
static int
filter_spool(scmp_filter_ctx f)
{
	static const int	commands[] = { F_SETLK, F_GETLK, F_SETLKW };
	const scmp_datum_t	never = O_ASYNC | O_NOATIME;
	int			rc;

	rc = filter_add(f, SCMP_ACT_ALLOW, calls_spool, N(calls_spool));
	if (rc == 0)
		rc = filter_second(f, SCMP_SYS(fcntl), commands, N(commands));
	if (rc == 0)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 2,
		    SCMP_A1(SCMP_CMP_EQ, F_SETFL, 0),
		    SCMP_A2(SCMP_CMP_MASKED_EQ, never, 0));
	return rc;
}

/* See sandbox_linux_trap.c.  With O_DIRECT no line of the shared log could be
 * written any more, by nobody: none is a block of the disk. */
static int
filter_setfl(scmp_filter_ctx f)
{
	const scmp_datum_t	both = O_APPEND | O_NONBLOCK;
	const scmp_datum_t	never = O_DIRECT | O_ASYNC | O_NOATIME;
	int			rc;

	rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 2,
	    SCMP_A1(SCMP_CMP_EQ, F_SETFL, 0),
	    SCMP_A2(SCMP_CMP_MASKED_EQ, both | never, both));
	if (rc != 0)
		return rc;
#ifdef SANDBOX_TRAPS
	return seccomp_rule_add(f, SCMP_ACT_TRAP, SCMP_SYS(fcntl), 2,
	    SCMP_A1(SCMP_CMP_EQ, F_SETFL, 0),
	    SCMP_A2(SCMP_CMP_MASKED_EQ, both | never, O_NONBLOCK));
#else
	return seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 2,
	    SCMP_A1(SCMP_CMP_EQ, F_SETFL, 0),
	    SCMP_A2(SCMP_CMP_MASKED_EQ, both | never, O_NONBLOCK));
#endif
}

/* To end one's own sending is no harm; to end the receiving of a listening
 * socket ends the service. */
static int
filter_sockets(scmp_filter_ctx f)
{
	size_t	i;
	int	rc;

	rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(shutdown), 1,
	    SCMP_A1(SCMP_CMP_EQ, SHUT_WR, 0));
	for (i = 0; i < N(options) && rc == 0; i++)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(setsockopt),
		    2, SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)options[i].level, 0),
		    SCMP_A2(SCMP_CMP_EQ, (scmp_datum_t)options[i].name, 0));
	return rc;
}

/* Patterns of scripts are compiled to code; who runs none makes no code. */
static int
filter_memory(scmp_filter_ctx f, unsigned int promises)
{
	const int	calls[] = { SCMP_SYS(mmap), SCMP_SYS(mprotect) };
	size_t		i;
	int		rc = 0;

	if ((promises & SANDBOX_FILES) != 0)
		return filter_add(f, SCMP_ACT_ALLOW, calls, N(calls));
	for (i = 0; i < N(calls) && rc == 0; i++)
		rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 1,
		    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return rc;
}

/* abort() and raise() signal oneself. */
static int
filter_signal(scmp_filter_ctx f)
{
	return seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
	    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
}

static int
filter_build(scmp_filter_ctx f, unsigned int promises)
{
	int	rc;

	rc = filter_add(f, SCMP_ACT_KILL_PROCESS, calls_deadly,
	    N(calls_deadly));
	if (rc == 0)
		rc = filter_add(f, SCMP_ACT_ALLOW, calls_always,
		    N(calls_always));
	if (rc == 0)
		rc = filter_signal(f);
	if (rc == 0)
		rc = filter_memory(f, promises);
	if (rc == 0)
		rc = filter_second(f, SCMP_SYS(fcntl), fcntl_commands,
		    N(fcntl_commands));
	if (rc == 0)
		rc = (promises & SANDBOX_SPOOL) != 0 ? filter_spool(f) :
		    filter_setfl(f);
	if (rc == 0)
		rc = filter_sockets(f);
	/* The share service and the system's log are behind such sockets. */
	if (rc == 0)
		rc = filter_socket(f, AF_UNIX);
	if (rc == 0 && (promises & SANDBOX_NET) != 0 &&
	    (rc = filter_socket(f, AF_INET)) == 0 &&
	    (rc = filter_socket(f, AF_INET6)) == 0)
		rc = filter_add(f, SCMP_ACT_ALLOW, calls_net, N(calls_net));
	if (rc == 0 && (promises & SANDBOX_FILES) != 0)
		rc = filter_add(f, SCMP_ACT_ALLOW, calls_files,
		    N(calls_files));
	return rc;
}

static int
filter_enter(unsigned int promises)
{
	scmp_filter_ctx	f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int		rc;

	if (f == NULL) {
		errno = ENOMEM;
		return -1;
	}
	/* A tree: the cost of a call does not grow with the list. */
	(void)seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	rc = filter_build(f, promises);
	if (rc == 0)
		rc = seccomp_load(f);
	seccomp_release(f);
	errno = -rc;
	return rc == 0 ? 0 : -1;
}

int
sandbox_enter(unsigned int promises, const struct sandbox_dirs *d)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    landlock_enter(promises, d) == -1 || sandbox_trap() == -1)
		return -1;
	return filter_enter(promises);
}

#endif
