/*
 * Names of the files of large bodies.
 */
#include <stdio.h>

#include "body_file.h"

void
body_file_folder(char out[DISK_NAME_MAX], const struct spool_id *id)
{
	(void)snprintf(out, DISK_NAME_MAX, BODY_FILE_DIR "/%02x",
	    id->txn[SPOOL_TXN_SIZE - 1]);
}

void
body_file_name(char out[DISK_NAME_MAX], const struct spool_id *id)
{
	char	text[UUID_TEXT];

	uuid_text(id->txn, text);
	(void)snprintf(out, DISK_NAME_MAX, BODY_FILE_DIR "/%02x/%s",
	    id->txn[SPOOL_TXN_SIZE - 1], text);
}
