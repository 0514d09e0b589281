/*
 * intake - what qmgr says of jobs, frame by frame
 *
 * Failure    -1: no honest qmgr says so; the connection ends, and with it what
 *            was half told.
 * Process    takes the descriptor of a frame, whatever it returns.
 */
#ifndef DELIVER_INTAKE_H
#define DELIVER_INTAKE_H

#include "base/wire.h"

int	intake_job(struct rbuf *r);
int	intake_file(struct rbuf *r, int fd);
int	intake_entry(struct rbuf *r);

#endif
