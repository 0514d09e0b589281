/*
 * transport.def is expanded into a table: a row's type says who reads its
 * value, and its field where to.
 */
#include "transport_option.h"

#define ANY	(TRANSPORT_ROW_GROUP | TRANSPORT_ROW_TRANSPORT)
#define ADDRESS	TRANSPORT_ROW_ADDRESS
#define SHAPE	(ANY | TRANSPORT_ROW_DELIVERY)

/* Words of an ENUM, "|" between them. */
#define TLS_WORD(id, text)	"|" text
#define TRANSPORT_TLS_WORDS	&(TRANSPORT_TLS_MODES(TLS_WORD))[1]
#define TRANSPORT_FAMILIES_WORDS	"ipv6,ipv4|ipv4,ipv6|ipv6|ipv4"
#define TRANSPORT_ORDER_WORDS	"random|strict"

static const struct option_row	option_rows[TRANSPORT_OPTIONS] = {
#define OPTION(type, name, def, near, min, max, kinds, help)		\
	{ #name, def, near, min, max, kinds,				\
	    offsetof(struct transport_options, name), option_read_##type },
#include "schedule/transport.def"
#undef OPTION
};

enum transport_option
transport_option_find(struct str name)
{
	return (enum transport_option)option_find(option_rows,
	    TRANSPORT_OPTIONS, name);
}

const char *
transport_option_name(enum transport_option o)
{
	return option_rows[o].name;
}

const char *
transport_option_suggest(struct str name, int row)
{
	return option_suggest(option_rows, TRANSPORT_OPTIONS, name, row);
}

bool
transport_option_for(enum transport_option o, int row)
{
	return (option_rows[o].kinds & row) != 0;
}

const char *
transport_option_default(enum transport_option o, bool near)
{
	return near && option_rows[o].near[0] != '\0' ? option_rows[o].near :
	    option_rows[o].def;
}

int
transport_option_set(struct transport_options *t, enum transport_option o,
    struct str value, struct err *e)
{
	return option_set(&option_rows[o], t, value, e);
}
