/* Which of the sandbox_*.c files is the one of this build. */
#ifndef COMPAT_SANDBOX_SYSTEM_H
#define COMPAT_SANDBOX_SYSTEM_H

#include "compat/asan.h"

/* Such a build must reach its own files, too: counts of what was run, or what
 * the sanitizers write. */
#if COMPAT_ASAN || defined(HALYARD_COVERAGE)
#define SANDBOX_SANITIZER
#define SANDBOX_NONE
#elif defined(__linux__)
#define SANDBOX_LINUX
#elif defined(__OpenBSD__)
#define SANDBOX_OPENBSD
#elif defined(__FreeBSD__)
#define SANDBOX_FREEBSD
#else
#define SANDBOX_NONE
#endif

#endif
