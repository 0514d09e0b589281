/*
 * Files for tests, from the top of the source tree.
 */
#include <sys/stat.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/file.h"

bool
file_read(const char *path, struct buf *out)
{
	char	 block[4096];
	size_t	 n;
	FILE	*f = fopen(path, "rb");

	if (f == NULL)
		return false;
	while ((n = fread(block, 1, sizeof block, f)) > 0)
		buf_add(out, block, n);
	fclose(f);
	return true;
}

bool
file_is(const char *path, const char *end)
{
	size_t	 n = strlen(path), m = strlen(end);

	return n > m && strcmp(path + n - m, end) == 0;
}

void
file_each(const char *folder, void (*fn)(void *arg, const char *path),
    void *arg)
{
	struct dirent	**names;
	struct stat	 st;
	char		 path[512];
	int		 n = scandir(folder, &names, NULL, alphasort);

	if (n == -1) {
		fprintf(stderr, "%s can't be read\n", folder);
		abort();
	}
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof path, "%s/%s", folder,
		    names[i]->d_name);
		if (names[i]->d_name[0] == '.')
			;
		else if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			file_each(path, fn, arg);
		else
			fn(arg, path);
		free(names[i]);
	}
	free(names);
}
