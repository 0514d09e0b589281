/*
 * log_params - the form and level of the log, as the parameters say
 */
#ifndef CONF_LOG_PARAMS_H
#define CONF_LOG_PARAMS_H

struct params;

void	log_params(const struct params *p);

#endif
