/*
 * What the log's parameters say is put in the form that base/log.h takes.
 */
#include "base/log.h"
#include "base/log_address.h"

#include "log_params.h"
#include "params.h"

void
log_params(const struct params *p)
{
	static const enum log_format	formats[] = {
		[PARAM_LOG_FORMAT_TEXT] = LOG_FORMAT_TEXT,
		[PARAM_LOG_FORMAT_JSON] = LOG_FORMAT_JSON,
	};
	static const enum log_level	levels[] = {
		[PARAM_LOG_LEVEL_ERROR] = LOG_LEVEL_ERROR,
		[PARAM_LOG_LEVEL_WARN] = LOG_LEVEL_WARN,
		[PARAM_LOG_LEVEL_INFO] = LOG_LEVEL_INFO,
		[PARAM_LOG_LEVEL_DEBUG] = LOG_LEVEL_DEBUG,
	};

	static const enum log_addresses	addresses[] = {
		[PARAM_LOG_ADDRESSES_FULL] = LOG_ADDRESSES_FULL,
		[PARAM_LOG_ADDRESSES_DOMAIN] = LOG_ADDRESSES_DOMAIN,
		[PARAM_LOG_ADDRESSES_HASH] = LOG_ADDRESSES_HASH,
	};

	log_set_format(formats[p->log_format]);
	log_set_level(levels[p->log_level]);
	log_set_addresses(addresses[p->log_addresses]);
}
