/*
 * body_file - where a body lies that is too long for a record
 *
 * "bodies/XX/ID": ID is the transaction's, XX its last two digits.
 *
 * Process  pure.
 */
#ifndef SPOOL_BODY_FILE_H
#define SPOOL_BODY_FILE_H

#include "disk.h"
#include "spool_id.h"

#define BODY_FILE_DIR	"bodies"

void	body_file_name(char out[DISK_NAME_MAX], const struct spool_id *id);
/* "bodies/XX" */
void	body_file_folder(char out[DISK_NAME_MAX], const struct spool_id *id);

#endif
