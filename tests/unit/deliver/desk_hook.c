/*
 * A script for the worker of desk.c, as master would have told it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "deliver/mailroom.h"
#include "deliver/script.h"

#include "desk.h"

void
give_hook(const char *text, const char *transports)
{
	static struct script	one;
	static struct conf_file	file;

	script_fini();
	STAILQ_INIT(&worker.scripts);
	conf_files_init(&worker.conf_files);
	one = (struct script){ .path = (char *)(uintptr_t)"p",
	    .text = str_of(text) };
	STAILQ_INSERT_TAIL(&worker.scripts, &one, link);
	buf_clear(&file.text);
	buf_add_text(&file.text, transports);
	(void)strlcpy(file.name, "transport.cf", sizeof file.name);
	STAILQ_INSERT_TAIL(&worker.conf_files, &file, link);
	assert_int_equal(params_set(&worker.params, "hook_predelivery", "p",
	    NULL), 0);
	assert_int_equal(script_prepare(&worker), 0);
	assert_int_equal(script_load(&worker), 0);
	script_lend(mailroom_channel());
}
