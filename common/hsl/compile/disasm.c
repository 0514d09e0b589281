/*
 * A program as text, an instruction a line, for those who work on the
 * compiler.  How its operands are shown is its form in opcodes.def.
 */
#include "hsl/compile/gen.h"
#include "hsl/run/exec.h"
#include "hsl/values/class.h"

enum form {
	FORM_NONE, FORM_A, FORM_AB, FORM_ABC, FORM_ABN, FORM_AK, FORM_ABK,
	FORM_BCJ, FORM_BKJ, FORM_AJ, FORM_J, FORM_AD, FORM_CALL, FORM_PATH
};

static const struct {
	const char	*name;
	enum form	 form;
} opcodes[] = {
#define OP(name, form, text)	{ #name, FORM_##form },
#include "hsl/values/opcodes.def"
#undef OP
};

static void
disasm_constant(const struct hsl_program *p, uint32_t k, struct buf *out)
{
	struct buf		 b = BUF_INIT;
	struct hsl_array	 one = { .refs = 1 };
	struct hsl_value	 v = p->k[k];
	struct str		 s;

	/* A string is shown as the only item of an array, since there it is
	 * quoted. */
	one.packed = true;
	one.count = one.used = 1;
	one.u.list = &v;
	vprint(vmake(HSL_ARRAY, &one), &b, 60);
	s = buf_str(&b);
	buf_add(out, s.p + 4, s.len > 5 ? s.len - 5 : 0);
	buf_free(&b);
}

static void
disasm_register(const struct proto *f, uint16_t r, struct buf *out)
{
	if (r < f->nvars)
		buf_printf(out, " $%.*s", (int)f->var_names[r].len,
		    f->var_names[r].p);
	else if (r == REG_NONE)
		buf_add_text(out, " -");
	else
		buf_printf(out, " r%d", r);
}

static void
disasm_path(const struct hsl_program *p, const struct proto *f,
    const struct ins *c, struct buf *out)
{
	static const char *const	 roots[] = {
		"", " cell", " outer", " global", " static"
	};
	struct ins			 i = c[0], sub = c[1];

	buf_add_text(out, roots[i.x]);
	if (i.x <= ROOT_CELL)
		disasm_register(f, i.a, out);
	else if (i.x == ROOT_GLOBAL)
		buf_printf(out, " %d.%d", i.a, sub.b);
	else
		buf_printf(out, " %d", i.a);
	for (uint16_t s = 0; s < i.c; s++) {
		if (c[s + 2].op == STEP_PUSH)
			buf_add_text(out, " []");
		else if (c[s + 2].op == STEP_KEY || c[s + 2].op == STEP_SLICE)
			disasm_register(f, c[s + 2].a, out);
		else {
			buf_add_byte(out, ' ');
			disasm_constant(p, (uint32_t)c[s + 2].d, out);
		}
	}
	if (i.op == OP_PATH_OP || i.op == OP_PATH_INC)
		buf_printf(out, " %s", opcodes[sub.op].name);
	if (i.op == OP_PATH_SET || i.op == OP_PATH_OP)
		disasm_register(f, sub.a, out);
	buf_add_text(out, " to");
	disasm_register(f, i.b, out);
}

static void
disasm_call(const struct hsl_program *p, const struct proto *f, struct ins i,
    struct buf *out)
{
	if (i.op == OP_CALL)
		buf_printf(out, " %.*s", (int)p->protos[i.b]->name.len,
		    p->protos[i.b]->name.p);
	else if (i.op == OP_CALL_NATIVE)
		buf_printf(out, " %s", p->natives[i.b]->name);
	else if (i.op == OP_CALL_METHOD)
		buf_printf(out, " ->%s", p->k[i.b].u.string->data);
	else if (i.op == OP_CALL_CLASS)
		buf_printf(out, " %.*s", (int)p->classes[i.b]->name.len,
		    p->classes[i.b]->name.p);
	disasm_register(f, i.a, out);
	if (i.x == 255)
		buf_add_text(out, " ...");
	else
		buf_printf(out, " %d", i.x);
	buf_add_text(out, " to");
	disasm_register(f, i.c, out);
}

static void
disasm_operands(const struct hsl_program *p, const struct proto *f,
    const struct ins *c, struct buf *out)
{
	struct ins	 i = *c;
	enum form	 form = opcodes[i.op].form;

	if (form != FORM_NONE && form != FORM_BCJ && form != FORM_BKJ &&
	    form != FORM_J && form != FORM_CALL && form != FORM_PATH)
		disasm_register(f, i.a, out);
	if (form == FORM_AB || form == FORM_ABC || form == FORM_ABK ||
	    form == FORM_ABN || form == FORM_BCJ || form == FORM_BKJ)
		disasm_register(f, i.b, out);
	if (form == FORM_ABC || form == FORM_BCJ)
		disasm_register(f, i.c, out);
	if (form == FORM_AK || form == FORM_ABK || form == FORM_BKJ) {
		buf_add_byte(out, ' ');
		disasm_constant(p, form == FORM_AK ? (uint32_t)i.d : i.c,
		    out);
	}
	if (form == FORM_ABN)
		buf_printf(out, " %d", i.c);
	if (form == FORM_AD)
		buf_printf(out, " %d", i.d);
	if (form == FORM_CALL)
		disasm_call(p, f, i, out);
	if (form == FORM_PATH)
		disasm_path(p, f, c, out);
}

/* How many words an instruction takes. */
static uint32_t
disasm_words(struct ins i)
{
	switch (opcodes[i.op].form) {
	case FORM_BCJ: case FORM_BKJ: case FORM_AJ:
		return 2;
	case FORM_PATH:
		return 2u + i.c;
	default:
		return i.op == OP_NEXT ? 2 : 1;
	}
}

static void
disasm_proto(const struct hsl_program *p, const struct proto *f,
    struct buf *out)
{
	uint32_t	 pc, words;

	buf_printf(out, "%s%.*s: %d parameters, %d registers\n",
	    f->generator ? "generator " : "",
	    f->name.len ? (int)f->name.len : 8,
	    f->name.len ? f->name.p : "function", f->nparams, f->nregs);
	for (pc = 0; pc < f->ncode; pc += words) {
		words = disasm_words(f->code[pc]);
		buf_printf(out, "%5u  %-12s", pc,
		    opcodes[f->code[pc].op].name);
		disasm_operands(p, f, &f->code[pc], out);
		if (f->code[pc].op == OP_JUMP || f->code[pc].op == OP_LOOP)
			buf_printf(out, " -> %d", (int)pc + f->code[pc].d);
		else if (words == 2 && opcodes[f->code[pc].op].form !=
		    FORM_PATH)
			buf_printf(out, " -> %d", (int)pc + 1 +
			    f->code[pc + 1].d);
		buf_add_byte(out, '\n');
	}
	for (uint32_t h = 0; h < f->nhandlers; h++)
		buf_printf(out, "       %u to %u: catch at %u\n",
		    f->handlers[h].start, f->handlers[h].end,
		    f->handlers[h].handler);
}

void
hsl_disassemble(const struct hsl_program *p, struct buf *out)
{
	for (uint32_t i = 0; i < p->nprotos; i++)
		disasm_proto(p, p->protos[i], out);
}
