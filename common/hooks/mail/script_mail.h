/*
 * script_mail - class MailMessage: mail that a script makes itself
 *
 * Its queue() is a transaction of its own, whatever the hook says of the
 * client's: the script is suspended until the message is durable, or an
 * exception tells why it is not.
 *
 * Ownership  an object holds a string of the script's heap.  A message that
 *            is being stored has bytes of its own, which go with the wait.
 */
#ifndef HOOKS_SCRIPT_MAIL_H
#define HOOKS_SCRIPT_MAIL_H

#include "hsl/hsl.h"

extern const struct hsl_class	script_mail_class;

#endif
