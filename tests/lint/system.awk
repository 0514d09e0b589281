# usage: awk -f tests/lint/system.awk FILES...
#
# What only one system has stays in common/compat and in sandbox_*.c, and their tests.
function complain(what) {
	printf "%s:%d: %s belongs in common/compat\n", FILENAME, FNR, what
	bad = 1
}
/__SANITIZE_ADDRESS__|address_sanitizer/ && FILENAME !~ /^common\/compat\/asan.h$/ {
	complain("what asks for a sanitizer")
}
FILENAME ~ /^common\/compat\// || FILENAME ~ /(^|\/)(test_)?sandbox_[a-z]*\.c$/ { next }
/^#[ \t]*include[ \t]*<(linux|asm)\// { complain($0); next }
/^#[ \t]*include[ \t]*<sys\/(epoll|event|prctl|eventfd|timerfd|signalfd|inotify|capsicum|procctl|sendfile|sysctl|syscall|capability)\.h>/ {
	complain($0); next
}
/^#[ \t]*include[ \t]*<(seccomp|sched|capsicum_helpers|malloc)\.h>/ {
	complain($0); next
}
/^#[ \t]*(if|elif|ifdef|ifndef).*(__linux__|__FreeBSD__|__OpenBSD__|__NetBSD__|__DragonFly__|__APPLE__|__GLIBC__)/ {
	complain($0)
}
END { exit bad }
