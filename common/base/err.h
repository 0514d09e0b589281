/*
 * err - why a call failed, in words for the operator
 *
 * A function that can fail returns 0 or -1 and takes a `struct err *` last.
 * On -1 the err holds one line of text without a newline.  NULL is accepted
 * where the caller does not care.
 *
 * Ownership  the caller's storage; nothing is allocated.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#define ERR_TEXT_MAX	512

struct err {
	char	text[ERR_TEXT_MAX];
};

/* Each returns -1, so that "return err_set(...)" reads as it acts. */
int	err_set(struct err *e, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* As err_set(), with ": " and strerror(errno) after it. */
int	err_errno(struct err *e, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* Puts "context: " before what is there. */
int	err_wrap(struct err *e, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

#endif
