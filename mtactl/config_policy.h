/*
 * config_policy - the rows of policy.cf, for config dump
 */
#ifndef MTACTL_CONFIG_POLICY_H
#define MTACTL_CONFIG_POLICY_H

#include <jansson.h>

#include "conf/conf.h"

/* Prints them, or adds them to out; false: policy.cf is not right, which was
 * reported. */
bool	config_policies(const struct conf *conf, json_t *out);

#endif
