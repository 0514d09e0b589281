/*
 * version - which Halyard this is, as the Makefile says
 */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

const char	*halyard_version(void);

#endif
