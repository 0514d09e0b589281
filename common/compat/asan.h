/*
 * asan - whether this build watches memory with AddressSanitizer
 *
 * COMPAT_ASAN is 1 or 0, with gcc and with clang: each says it in a way that
 * the other does not know.
 */
#ifndef COMPAT_ASAN_H
#define COMPAT_ASAN_H

#if defined(__SANITIZE_ADDRESS__)
#define COMPAT_ASAN	1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define COMPAT_ASAN	1
#endif
#endif
#ifndef COMPAT_ASAN
#define COMPAT_ASAN	0
#endif

#endif
