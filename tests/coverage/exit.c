/*
 * What a build that counts lines is linked with: a process that ends at once,
 * by _exit() or abort(), writes down what it ran, as one that returns does.
 * The linker sends both here (--wrap).
 */
void	__gcov_dump(void);
void	__real_abort(void) __attribute__((noreturn));
void	__real__exit(int status) __attribute__((noreturn));
void	__wrap_abort(void) __attribute__((noreturn));
void	__wrap__exit(int status) __attribute__((noreturn));

void
__wrap__exit(int status)
{
	__gcov_dump();
	__real__exit(status);
}

void
__wrap_abort(void)
{
	__gcov_dump();
	__real_abort();
}
