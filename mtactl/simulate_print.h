/*
 * simulate_print - a forecast, for people or as JSON
 *
 * Failure    none.
 */
#ifndef MTACTL_SIMULATE_PRINT_H
#define MTACTL_SIMULATE_PRINT_H

#include <jansson.h>

#include "forecast/forecast.h"

/* At most so many tenants, and destinations. */
void	 simulate_print(const struct forecast_report *p, size_t top);
json_t	*simulate_json(const struct forecast_report *p, size_t top);

#endif
