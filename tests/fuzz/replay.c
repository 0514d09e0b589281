/*
 * A main() for a fuzz target where libFuzzer is not wanted: each seed as it
 * is, then mutations of it that are the same in every run.
 *
 *     replay_NAME [-n MUTATIONS] FILE...
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEED_MAX	(1u << 20)
#define MUTATIONS	200
#define ROOM		64	/* bytes that a mutation may add */

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t	state;

/* xorshift: small, and the same everywhere. */
static uint64_t
replay_random(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return below == 0 ? 0 : state % below;
}

/* Bytes that mean something to some grammar. */
static const uint8_t	telling[] = "\0\n\r\t .:;,$\"'{}[]()<>@=+-0129aA\x7f"
    "\x80\xff";

static size_t
replay_change(uint8_t *p, size_t n, size_t room)
{
	size_t	at = replay_random(n), len = replay_random(n - at) + 1;

	switch (n == 0 ? 3 : replay_random(6)) {
	case 0:				/* one bit */
		p[at] ^= (uint8_t)(1u << replay_random(8));
		return n;
	case 1:				/* one byte */
		p[at] = telling[replay_random(sizeof telling)];
		return n;
	case 2:				/* cut off */
		return at;
	case 3:				/* insert */
		if (room == 0)
			return n;
		memmove(p + at + 1, p + at, n - at);
		p[at] = telling[replay_random(sizeof telling)];
		return n + 1;
	case 4:				/* remove a run */
		len = len > n - at ? n - at : len;
		memmove(p + at, p + at + len, n - at - len);
		return n - len;
	default:			/* double a run */
		len = len > room ? room : len;
		len = len > n - at ? n - at : len;
		memmove(p + at + len, p + at, n - at);
		return n + len;
	}
}

/* The target sees an allocation of just that size: ASan guards its end. */
static void
replay_run(const uint8_t *p, size_t n)
{
	uint8_t	*exact = malloc(n > 0 ? n : 1);

	if (exact == NULL)
		exit(1);
	memcpy(exact, p, n);
	(void)LLVMFuzzerTestOneInput(exact, n);
	free(exact);
}

static void
replay_seed(const uint8_t *seed, size_t size, long mutations)
{
	uint8_t	*work = malloc(size + ROOM);
	size_t	 n;
	uint64_t changes;
	long	 i;

	if (work == NULL)
		exit(1);
	replay_run(seed, size);
	for (i = 0; i < mutations; i++) {
		memcpy(work, seed, size);
		n = size;
		for (changes = replay_random(8) + 1; changes > 0; changes--)
			n = replay_change(work, n, size + ROOM - n);
		replay_run(work, n);
	}
	free(work);
}

int
main(int argc, char **argv)
{
	static uint8_t	 seed[SEED_MAX];
	long		 mutations = MUTATIONS;
	size_t		 size;
	FILE		*f;
	int		 opt;

	while ((opt = getopt(argc, argv, "n:")) != -1) {
		if (opt != 'n')
			return 2;
		mutations = strtol(optarg, NULL, 10);
	}
	state = 88172645463325252u;
	replay_seed((const uint8_t *)"", 0, mutations);
	for (; optind < argc; optind++) {
		f = fopen(argv[optind], "rb");
		if (f == NULL) {
			perror(argv[optind]);
			return 1;
		}
		size = fread(seed, 1, sizeof seed, f);
		(void)fclose(f);
		/* So that a failure names its seed. */
		(void)fprintf(stderr, "%s\n", argv[optind]);
		replay_seed(seed, size, mutations);
	}
	return 0;
}
