# Halyard.  Targets: all check bench fuzz lint demo install uninstall clean.
# SAN=1 builds everything under build/san with ASan and UBSan.

ifeq ($(filter clean,$(MAKECMDGOALS)),)
include config.mk			# CC, CFLAGS, PREFIX ...: from ./configure
endif

DAEMONS	:= master smtpd metrics
PROGS	:= $(DAEMONS) mtactl
LAYERS	:= compat base event conf hsl ipc dns smtp proc hooks

BUILD	:= build$(if $(SAN),/san)
SAN_FLAGS = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	  -fno-omit-frame-pointer
WARN	:= -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
	  -Wpointer-arith -Wwrite-strings -Wundef -Werror
STD	:= -std=c11 -D_GNU_SOURCE
CPPFLAGS += -Icommon -I$(BUILD)
ALL_CFLAGS = $(STD) $(WARN) $(if $(SAN),$(SAN_FLAGS),$(CFLAGS)) $(DEPS_CFLAGS)
ALL_LDFLAGS = $(LDFLAGS) $(if $(SAN),$(SAN_FLAGS))

objs	= $(patsubst %.c,$(BUILD)/%.o,$(wildcard $(1)/*.c))
layer	= $(BUILD)/lib/$(1).a
# What a layer stands on, from the one table of allowed includes.
under	= $(1) $(patsubst common/%,%,$(shell awk '$$1 == "common/$(1)" \
	  { $$1 = ""; print }' tests/lint/layers))
libs_of	= $(foreach l,$(call under,$(1)),$(call layer,$(l)))
LIBS	:= $(foreach l,$(LAYERS),$(call layer,$(l)))
BIN	:= $(PROGS:%=$(BUILD)/bin/%)
UNIT	:= $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/*/test_*.c))
TOOLS	:= $(patsubst %.c,$(BUILD)/%,$(wildcard tests/tools/*.c))
link	= @mkdir -p $(@D) && $(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) \
	  -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(DEPS_LIBS)

all: $(BIN)

config.mk: configure
	./configure

define layer_rule
$(call layer,$(1)): $(call objs,common/$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	@ar rcs $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call layer_rule,$(l))))
# A program's folder; the small services live under master.
home_metrics := master/metrics
home	= $(or $(home_$(1)),$(1))
$(foreach p,$(PROGS),$(eval $(BUILD)/bin/$(p): $(call objs,$(call home,$(p))) \
	$(LIBS)))
$(BIN): ; $(link)

define unit_rule
$(patsubst %.c,$(BUILD)/%,$(1)): $(patsubst %.c,$(BUILD)/%.o,$(1)) \
	$(call libs_of,$(notdir $(patsubst %/,%,$(dir $(1)))))
	$$(link) -lcmocka
endef
$(foreach t,$(wildcard tests/unit/*/test_*.c),$(eval $(call unit_rule,$(t))))
$(TOOLS): $(BUILD)/%: $(BUILD)/%.o $(LIBS)
	$(link)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

clean:
	rm -rf build config.mk

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
.SECONDARY:
.PHONY: all clean
