/*
 * hooks - what each hook offers to its script, for compilers and checks
 *
 * Process    tables only.
 */
#ifndef HOOKS_HOOKS_H
#define HOOKS_HOOKS_H

#include "hooks/hook.h"
#include "hsl/hsl.h"

const struct hsl_host	*hooks_host(enum hook_kind kind);
/* By the name in hook_NAME ("eod"); NULL: there is no such hook. */
const struct hsl_host	*hooks_host_named(const char *hook);
/* Of a script that is no hook: what all hooks have. */
extern const struct hsl_host	 hooks_script_host;

#endif
