/*
 * parse - tokens to trees, by recursive descent
 *
 * Inside the parser only.  After an error `panic` is set: nothing more is
 * reported or consumed until parse_sync() has found the next statement.
 */
#ifndef HSL_SYNTAX_PARSE_H
#define HSL_SYNTAX_PARSE_H

#include "hsl/syntax/unit.h"

struct parser {
	struct unit		*c;
	struct lexer		 lexer;
	struct token		 tok;
	struct token		 ahead;
	bool			 has_ahead;
	bool			 panic;
	uint16_t		 file;
	int			 depth;
	int			 top;		/* the depth of this file's
						 * top level, or -1: it is
						 * included deeper */
	int			 loops;		/* around this statement */
	int			 switches;
	int			 barriers;
	uint32_t		 assigns;	/* assignments seen so far */
	uint32_t		 calls;		/* calls seen so far */
	struct str		 first;		/* name that the statement
						 * begins with, or none */
	struct func		*func;
	struct unit_class	*class;
	struct parser		*includer;
	const char		*name;		/* of the file */
};

/* parse.c: the machinery */
void		 parse_advance(struct parser *p);
bool		 parse_accept(struct parser *p, enum token_kind kind);
bool		 parse_expect(struct parser *p, enum token_kind kind);
enum token_kind	 parse_peek(struct parser *p);
void		 parse_unexpected(struct parser *p, const char *wanted);
void		 parse_error(struct parser *p, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3)));
struct node	*parse_node(struct parser *p, enum node_kind kind);
struct node	*parse_node_at(struct parser *p, enum node_kind kind,
		    const struct node *at);
bool		 parse_enter(struct parser *p);	/* one deeper; false: error */
void		 parse_leave(struct parser *p);
/* parse_expect() of a closing bracket: an error says in which line it was
 * opened. */
bool		 parse_close(struct parser *p, enum token_kind kind,
		    uint32_t line);
/* Parses a file's text as the body of p->func. */
struct node	*parse_text(struct unit *c, struct func *f, const char *name,
		    struct str text, struct parser *includer);

/* parse_expr.c, parse_postfix.c, parse_primary.c */
struct node	*parse_expr(struct parser *p);
struct node	*parse_operation(struct parser *p);
struct node	*parse_unary(struct parser *p);
struct node	*parse_postfix(struct parser *p);
struct node	*parse_cache(struct parser *p);
struct node	*parse_primary(struct parser *p);
/* What follows an lvalue when an assignment operator does. */
struct node	*parse_assignment(struct parser *p, struct node *target);
bool		 parse_is_assign(enum token_kind kind);
struct node	*parse_array(struct parser *p, struct node *n,
		    enum token_kind close);
struct node	*parse_string(struct parser *p, const struct token *t);

/* parse_mistake.c */
bool		 parse_mistake_operand(struct parser *p);
void		 parse_mistake_parameter(struct parser *p);
void		 parse_mistake_typed(struct parser *p);
void		 parse_mistake_body(struct parser *p);
bool		 parse_mistake_member(struct parser *p);
void		 parse_mistake_item(struct parser *p, bool keys);
void		 parse_mistake_value(struct parser *p, enum node_kind kind);
void		 parse_mistake_jump(struct parser *p, const char *word);

/* parse_lvalue.c */
bool		 parse_is_lvalue(const struct node *n);
void		 parse_check_target(struct parser *p, struct node *n);
struct var	*parse_variable(struct parser *p, struct str name);
struct var	*parse_declare(struct parser *p, struct func *f,
		    struct str name);

/* parse_stmt.c, parse_decl.c, parse_import.c */
struct node	*parse_statement(struct parser *p);
struct node	*parse_block(struct parser *p);
struct node	*parse_statements(struct parser *p, enum token_kind end);
struct func	*parse_function(struct parser *p, struct str name);
void		 parse_function_decl(struct parser *p);
void		 parse_class_decl(struct parser *p);
struct node	*parse_import(struct parser *p);
struct node	*parse_include(struct parser *p);
struct node	*parse_global(struct parser *p);

#endif
