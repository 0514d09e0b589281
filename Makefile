# Halyard.  all builds; check proves; demo shows; the rest: see INSTALL.
#
#     make [SAN=1] [V=1] all check check-more crash bench fuzz lint demo
#     make compdb coverage analyze
#     make install uninstall clean
#
# One make, not recursive: a file that exists is built.  SAN=1 builds under
# build/san with ASan and UBSan, FUZZ=1 under build/fuzz for libFuzzer, COV=1
# under build/cov for gcov.

ifeq ($(filter clean,$(MAKECMDGOALS)),)
include config.mk			# CC, CFLAGS, PREFIX ...: from ./configure
endif

VERSION	:= 0.2
DAEMONS	:= master smtpd metrics share cleanup qmgr deliver bounce
PROGS	:= $(DAEMONS) mtactl
LAYERS	:= compat base logs event conf mime hsl kv spool queue job ipc dns smtp dsn body \
	  store send schedule forecast proc outbound share hooks
# A program's folder; the small services live under master.
home_metrics := master/metrics
home_share := master/share
home	= $(or $(home_$(1)),$(1))

FUZZ_CC	?= clang
FUZZ_SECONDS ?= 600
CPUS	:= $(shell getconf _NPROCESSORS_ONLN)
FUZZ_JOBS ?= $(CPUS)
BUILD	:= build$(if $(SAN),/san)$(if $(FUZZ),/fuzz)$(if $(COV),/cov)
SAN_FLAGS = -O1 -g -fsanitize=address,undefined,float-cast-overflow \
	  -fno-sanitize-recover=undefined,float-cast-overflow \
	  -fno-omit-frame-pointer
ifdef FUZZ
CC	:= $(FUZZ_CC)
SAN_FLAGS += -fsanitize=fuzzer-no-link
endif
COV_FLAGS = -O0 -g --coverage -DHALYARD_COVERAGE
MODE_FLAGS = $(if $(SAN)$(FUZZ),$(SAN_FLAGS))$(if $(COV),$(COV_FLAGS))
# What ends at once would leave no counts: tests/coverage/exit.c.
COV_WRAP = -Wl,--wrap=_exit -Wl,--wrap=abort
COV_OBJ	= $(if $(COV),$(BUILD)/tests/coverage/exit.o)
WARN	:= -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
	  -Wpointer-arith -Wwrite-strings -Wundef -Werror
STD	:= -std=c11 -D_GNU_SOURCE
CPPFLAGS += -Icommon -I. -Itests -I$(BUILD)
ALL_CFLAGS = $(STD) $(WARN) $(or $(MODE_FLAGS),$(CFLAGS)) $(DEPS_CFLAGS)
ALL_LDFLAGS = $(LDFLAGS) $(MODE_FLAGS) $(if $(COV),$(COV_WRAP))
Q	:= $(if $(V),,@)
say	= $(if $(V),:,echo "  $(1)")

# ---- What is built of what --------------------------------------------------

# Of the back ends of common/kv only the one that configure chose is built.
KV_OTHER = $(patsubst %,common/kv/kv_%.c,$(filter-out $(KV),bdb lmdb))
KV_FLAGS = $(KV_FLAGS_$(KV))
objs	= $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(KV_OTHER),$(wildcard $(1)/*.c)))
layer	= $(BUILD)/lib/$(1).a
# A program's objects but for the one with main(), for its unit tests.
parts	= $(filter-out $(BUILD)/%/$(1).o,$(call objs,$(call home,$(1))))
# What a folder stands on, from the one table of allowed includes.
# A layer stands on all that its rooms do.
allowed	= $(shell awk '$$1 == "$(1)" || ($$1 ~ /^common/ && \
	  index($$1, "$(1)/") == 1) { $$1 = ""; print }' tests/lint/layers)
layers_of = $(filter $(if $(filter common/*,$(1)),%,$(patsubst common/%,%,$(1))), \
	  $(LAYERS))
libs_of	= $(foreach l,$(call layers_of,$(call allowed,$(1))),$(call layer,$(l)))
LIBS	:= $(foreach l,$(LAYERS),$(call layer,$(l)))
BIN	:= $(PROGS:%=$(BUILD)/bin/%)
UNIT	:= $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/*/test_*.c))
TOOLS	:= $(patsubst %.c,$(BUILD)/%,$(wildcard tests/tools/*.c))
# What tests load into programs, to have faults at places of their choice.
PRELOADS := $(patsubst %.c,$(BUILD)/%.so,$(wildcard tests/preload/*.c))
TARGETS	:= $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZERS	:= $(TARGETS:%=$(BUILD)/tests/fuzz/%)
REPLAYS	:= $(TARGETS:fuzz_%=$(BUILD)/tests/fuzz/replay_%)
# $(1) more flags, $(2) more libraries
define link
@mkdir -p $(@D); $(call say,LD $@)
$(Q)$(CC) $(ALL_LDFLAGS) $(1) -o $@ $(filter %.o,$^) -Wl,--start-group \
  $(filter %.a,$^) -Wl,--end-group $(DEPS_LIBS) \
  $(if $(filter %/kv.a,$^),$(filter -L% -l%,$(KV_FLAGS))) $(2)
endef

all: $(BIN)
tools: $(TOOLS) $(PRELOADS)
units: $(UNIT)
replays: $(REPLAYS)
fuzzers: $(FUZZERS)

# In a fresh clone this comes before any target's own commands.
config.mk: configure
	$(if $(filter check% demo bench% fuzz,$(MAKECMDGOALS)),@tests/packages)
	@./configure

# A layer is its folder and the rooms in it.
define layer_rule
$(call layer,$(1)): $(foreach d,$(wildcard common/$(1) common/$(1)/*/),$(call \
	objs,$(patsubst %/,%,$(d))))
	@mkdir -p $$(@D); $$(call say,AR $$@)
	@rm -f $$@
	$$(Q)ar rcs $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call layer_rule,$(l))))

$(foreach p,$(PROGS),$(eval $(BUILD)/bin/$(p): \
	$(call objs,$(call home,$(p))) $(call libs_of,$(call home,$(p)))))
$(BIN) $(UNIT) $(TOOLS) $(REPLAYS): $(COV_OBJ)
$(BIN):
	$(link)

# tests/unit/NAME tests the layer or the program NAME.
unit_of	= $(notdir $(patsubst %/,%,$(dir $(1))))
unit_on	= $(if $(filter $(1),$(PROGS)),$(call parts,$(1)) \
	  $(call libs_of,$(call home,$(1))),$(call layer,$(1)) \
	  $(call libs_of,common/$(1)))
# What the tests of one folder share, and what all tests share.  The former is
# an archive: a test that needs none of it may stand in for what it needs.
unit_beside = $(addprefix $(BUILD)/$(1),$(filter-out test_%,$(notdir \
	  $(patsubst %.c,%.o,$(wildcard $(1)*.c)))))
unit_shared = $(if $(call unit_beside,$(1)),$(BUILD)/$(1)shared.a)
SUPPORT	:= $(call objs,tests/support)
define unit_rule
$(patsubst %.c,$(BUILD)/%,$(1)): $(patsubst %.c,$(BUILD)/%.o,$(1)) \
	$(call unit_shared,$(dir $(1))) \
	$(if $(findstring support/,$(shell grep -h '^.include "support/' \
	$(1))),$(SUPPORT)) \
	$(call unit_on,$(call unit_of,$(1)))
	$$(call link,,-lcmocka)
endef
$(foreach t,$(wildcard tests/unit/*/test_*.c),$(eval $(call unit_rule,$(t))))

define shared_rule
$(call unit_shared,$(1)): $(call unit_beside,$(1))
	@rm -f $$@
	$$(Q)ar rcs $$@ $$^
endef
$(foreach d,$(sort $(dir $(UNIT:$(BUILD)/%=%))),$(if $(call unit_beside,$(d)),\
	$(eval $(call shared_rule,$(d)))))

$(TOOLS): $(BUILD)/%: $(BUILD)/%.o $(LIBS)
	$(link)

# A fuzz target includes headers like any source: those name its layers and
# its neighbours, and what it is linked with is what these stand on.
headers	= $(shell sed -n 's,^.include "\([a-z]*\)/.*,\1,p' tests/fuzz/$(1).c)
beside	= $(filter $(basename $(notdir $(wildcard tests/fuzz/*.c))),$(shell \
	  sed -n 's,^.include "\([a-z_]*\)\.h",\1,p' tests/fuzz/$(1).c))
fuzz_on	= $(sort $(foreach l,$(filter-out support,$(call headers,$(1))),$(call unit_on,$(l)))) \
	  $(foreach n,$(call beside,$(1)),$(BUILD)/tests/fuzz/$(n).o) \
	  $(if $(filter support,$(call headers,$(1))),$(SUPPORT))
$(foreach t,$(TARGETS),$(eval $(BUILD)/tests/fuzz/$(t) \
	$(BUILD)/tests/fuzz/replay_$(t:fuzz_%=%): $(call fuzz_on,$(t))))
$(FUZZERS): $(BUILD)/tests/fuzz/%: $(BUILD)/tests/fuzz/%.o
	$(call link,-fsanitize=fuzzer)
$(REPLAYS): $(BUILD)/tests/fuzz/replay_%: $(BUILD)/tests/fuzz/fuzz_%.o \
	  $(BUILD)/tests/fuzz/replay.o
	$(link)

$(PRELOADS): $(BUILD)/%.so: %.c $(BUILD)/flags
	@mkdir -p $(@D); $(call say,CC $@)
	$(Q)$(CC) $(STD) $(WARN) -shared -fPIC -o $@ $<

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D); $(call say,CC $<)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/common/kv/kv_$(KV).o: CPPFLAGS += $(filter -I%,$(KV_FLAGS))
$(BUILD)/common/base/version.o: CPPFLAGS += -DHALYARD_VERSION='"$(VERSION)"'
$(BUILD)/common/base/version.o: Makefile

# Changes when compiler or flags do.
$(BUILD)/flags: always
	@mkdir -p $(@D)
	@echo '$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(KV)' > $@.new
	@cmp -s $@.new $@ || mv $@.new $@

# mtactl carries the sample configuration, and knows where it is installed.
SAMPLES	:= conf/sample/main.cf.in conf/sample/master.cf.in \
	   conf/sample/transport.cf.in conf/sample/policy.cf.in \
	   conf/sample/eod.hsl.in \
	   conf/sample/queue.hsl.in conf/sample/rcptto.hsl.in \
	   $(wildcard conf/hooks/*.hsl conf/templates/bounce/*.txt)
$(BUILD)/mtactl/init.o: $(BUILD)/mtactl/samples.h
$(BUILD)/mtactl/mtactl.o $(BUILD)/mtactl/start.o $(BUILD)/mtactl/verb.o: \
	$(BUILD)/mtactl/paths.h
$(BUILD)/mtactl/samples.h: mtactl/embed.awk $(SAMPLES)
	@mkdir -p $(@D)
	@awk -v table=1 -f mtactl/embed.awk $(SAMPLES) > $@
# English is what a notification is made of where no template is installed.
$(BUILD)/common/dsn/template.o: $(BUILD)/dsn/builtin.h
$(BUILD)/dsn/builtin.h: mtactl/embed.awk conf/templates/bounce/en.txt
	@mkdir -p $(@D)
	@awk -f mtactl/embed.awk conf/templates/bounce/en.txt > $@
$(BUILD)/mtactl/paths.h: always
	@mkdir -p $(@D)
	@{ echo '#define HALYARD_LIBEXEC "$(LIBEXECDIR)/halyard"'; \
	   echo '#define HALYARD_CONFIG "$(SYSCONFDIR)/halyard"'; } > $@.new
	@cmp -s $@.new $@ || mv $@.new $@

# ---- Proof ------------------------------------------------------------------

check:
	@tests/packages check
	@tests/run check

check-more:
	@tests/packages more
	@tests/run more

crash: all tools $(BUILD)/tests/unit/kv/test_cuts
	@tests/packages check
	@[ "$$(id -u)" = 0 ] || { echo "crash: as root"; exit 1; }
	@rc=0; export CUTS KILLS; \
	CUTS=1000000; tests/run simulation || rc=1; \
	KV_HISTORIES=1000 $(BUILD)/tests/unit/kv/test_cuts || rc=1; \
	CUTS=100; tests/integration/test_power.py || rc=1; \
	CUTS=50 KILLS=1000; \
	python3 tests/integration/test_ledger.py || rc=1; \
	python3 tests/integration/test_bounce_ledger.py || rc=1; \
	tests/crash/hour || rc=1; exit $$rc

# Both commands of README.md and the rest of tests/fresh, half an hour.
check-fresh:
	@tests/packages more
	@LONG=1 tests/run fresh

lint:
	@tests/lint/run

# ---- For who changes it ------------------------------------------------------

# What editors and clang's tools read: each file with its flags.
compdb:
	@$(MAKE) --no-print-directory config.mk
	@tests/compdb $(CC) $(CPPFLAGS) $(ALL_CFLAGS) \
	    '-DHALYARD_VERSION="$(VERSION)"' > compile_commands.json.new
	@mv compile_commands.json.new compile_commands.json
	@echo "  compile_commands.json"

# Lines that unit and integration tests reach, by layer.
coverage:
	@tests/packages check
	@tests/coverage/run

# What readers that are programs find: gcc -fanalyzer, cppcheck, clang-tidy.
analyze: all compdb
	@tests/packages analyze
	@tests/analyze/run

fuzz:
	@tests/packages fuzz
	@$(MAKE) --no-print-directory FUZZ=1 fuzzers
	@printf '%s\n' $(TARGETS) | FUZZ_SECONDS=$(FUZZ_SECONDS) \
	    xargs -n 1 -P $(FUZZ_JOBS) tests/fuzz/run

bench: bench-inline bench-accept bench-relay bench-listing bench-tls bench-hsl
bench-inline: all tools
	@tests/bench/inline
	@tests/bench/idle
	@tests/bench/memory
bench-accept: all tools
	@tests/bench/accept
bench-relay: all tools
	@tests/bench/relay
bench-listing: all tools
	@tests/bench/listing
bench-tls: all tools
	@tests/bench/tls
	@tests/bench/latency
# The queue as a whole, some three hours on a machine that does nothing else.
# Where a limit does not hold the others are measured all the same.
bench-queue: all tools
	@rc=0; for b in accept relay listing tls latency forecast scale entries \
	    day; do \
		tests/bench/$$b || { rc=1; echo "bench/$$b: see above"; }; \
	done; exit $$rc
bench-hsl: all
	@tests/bench/hsl

# As many jobs as processors, where the caller did not say.
demo:
	@tests/packages
	@$(MAKE) --no-print-directory $(if $(filter -j% j%,$(MAKEFLAGS)),,-j$(CPUS)) \
	  all tools
	@tests/demo

# ---- Installation -----------------------------------------------------------

SBIN	= $(DESTDIR)$(PREFIX)/sbin
LIBEXEC	= $(DESTDIR)$(LIBEXECDIR)/halyard
ETC	= $(DESTDIR)$(SYSCONFDIR)/halyard
MAN	= $(DESTDIR)$(PREFIX)/share/man
PAGES	:= $(wildcard conf/*.[1-9] common/*/*.[1-9] \
	   $(PROGS:%=%/*.[1-9]) master/*/*.[1-9])
# Other mail systems have a smtpd(8) and a master(8), too: a daemon's page is
# installed as halyard-NAME(8), and the pages refer to each other so.
page_as	= $(if $(filter $(DAEMONS:%=%.8) sendmail.8,$(1)),halyard-)$(1)
page_to	= $(MAN)/man$(subst .,,$(suffix $(1)))/$(call page_as,$(notdir $(1)))
PAGES_TO = $(foreach p,$(PAGES),$(call page_to,$(p)))
daemon_re = $(subst $() ,|,$(DAEMONS) sendmail)
# The names by which programs call mtactl to send mail.  Links to it are always
# beside the daemons; where other mail systems have theirs only with MTA=yes.
FRONTS	:= sendmail mailq newaliases
FRONTS_TO = $(SBIN)/sendmail $(DESTDIR)$(PREFIX)/lib/sendmail \
	  $(DESTDIR)$(PREFIX)/bin/mailq $(DESTDIR)$(PREFIX)/bin/newaliases
FRONT_PAGES = $(MAN)/man8/sendmail.8 $(MAN)/man1/mailq.1 $(MAN)/man1/newaliases.1
# The pages speak of the usual places.
PAGE	= sed -E -e 's,/etc/halyard,$(SYSCONFDIR)/halyard,g' \
	  -e 's,/usr/local/libexec,$(LIBEXECDIR),g' \
	  -e 's,^(\.Xr )($(daemon_re)) 8,\1halyard-\2 8,' \
	  -e '/^\.Dt /s, ($(daemon_re)) 8, HALYARD-\1 8,I'
TEMPLATES := $(wildcard conf/templates/bounce/*.txt)
# Scripts that an operator may want; init writes none of them.
HOOKS	:= $(wildcard conf/hooks/*.hsl)
SAMPLE_HOSTNAME ?= mx.example.com
SAMPLE_LOG ?= /var/log/halyard.log
SAMPLE_SPOOL ?= /var/tmp
SAMPLE_QUEUE ?= /var/spool/halyard
SAMPLE_LISTEN ?= smtp
SAMPLE_BACKEND_HOST ?= backend.example.com
SAMPLE_BACKEND_PORT ?= 25
FILL	= sed -e 's,@HOSTNAME@,$(SAMPLE_HOSTNAME),' -e 's,@RUN@,/run/halyard,' \
	  -e 's,@LOG@,$(SAMPLE_LOG),' -e 's,@SPOOL@,$(SAMPLE_SPOOL),' \
	  -e 's,@QUEUE@,$(SAMPLE_QUEUE),' \
	  -e "s,@LISTEN@,$$(printf %-21s $(SAMPLE_LISTEN))," \
	  -e 's,@BACKEND@,$(SAMPLE_BACKEND_HOST):$(SAMPLE_BACKEND_PORT),' \
	  -e 's,@BACKEND_HOST@,$(SAMPLE_BACKEND_HOST),' \
	  -e 's,@BACKEND_PORT@,$(SAMPLE_BACKEND_PORT),' \
	  -e 's,@RCPTTO@,\#,' -e 's,@DOMAINS@,"example.com",'

install: all
	install -d $(SBIN) $(LIBEXEC) $(ETC)/hooks $(ETC)/templates/bounce
	install -m 755 $(BUILD)/bin/mtactl $(SBIN)/mtactl
	$(foreach d,$(DAEMONS),install -m 755 $(BUILD)/bin/$(d) $(LIBEXEC)/$(d) &&) :
	for f in $(FRONTS); do \
	  ln -sf $(PREFIX)/sbin/mtactl $(LIBEXEC)/$$f || exit 1; done
	install -d $(sort $(dir $(PAGES_TO)))
	$(foreach p,$(PAGES),$(PAGE) $(p) > $(call page_to,$(p)) &&) :
	$(FILL) conf/sample/main.cf.in > $(ETC)/main.cf.sample
	$(FILL) conf/sample/master.cf.in > $(ETC)/master.cf.sample
	$(FILL) conf/sample/transport.cf.in > $(ETC)/transport.cf.sample
	$(FILL) conf/sample/policy.cf.in > $(ETC)/policy.cf.sample
	$(FILL) conf/sample/eod.hsl.in > $(ETC)/hooks/eod.hsl.sample
	$(FILL) conf/sample/queue.hsl.in > $(ETC)/hooks/queue.hsl.sample
	$(FILL) conf/sample/rcptto.hsl.in > $(ETC)/hooks/rcptto.hsl.sample
	for f in $(TEMPLATES); do install -m 644 $$f \
	  $(ETC)/templates/bounce/$${f##*/}.sample || exit 1; done
	for f in $(HOOKS); do install -m 644 $$f \
	  $(ETC)/hooks/$${f##*/}.sample || exit 1; done
	$(if $(filter yes,$(MTA)),$(MAKE) --no-print-directory install-mta)

# In place of another mail system's: the links, and their page by each name.
install-mta:
	install -d $(sort $(dir $(FRONTS_TO) $(FRONT_PAGES)))
	for f in $(FRONTS_TO); do \
	  ln -sf $(PREFIX)/sbin/mtactl $$f || exit 1; done
	for f in $(FRONT_PAGES); do \
	  echo '.so man8/halyard-sendmail.8' > $$f || exit 1; done

# Leaves what the operator wrote.
uninstall:
	$(if $(filter yes,$(MTA)),rm -f $(FRONTS_TO) $(FRONT_PAGES))
	rm -f $(SBIN)/mtactl $(DAEMONS:%=$(LIBEXEC)/%) $(FRONTS:%=$(LIBEXEC)/%)
	rm -f $(PAGES_TO)
	rm -f $(ETC)/main.cf.sample $(ETC)/master.cf.sample \
	  $(ETC)/transport.cf.sample $(ETC)/policy.cf.sample \
	  $(ETC)/hooks/queue.hsl.sample \
	  $(ETC)/hooks/eod.hsl.sample $(ETC)/hooks/rcptto.hsl.sample \
	  $(patsubst conf/%,$(ETC)/%.sample,$(TEMPLATES) $(HOOKS))
	-rmdir $(LIBEXEC) $(ETC)/hooks $(ETC)/templates/bounce \
	  $(ETC)/templates $(ETC) 2>/dev/null

clean:
	rm -rf build config.mk

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
.SECONDARY:
.PHONY: all tools units replays fuzzers check check-more crash lint fuzz compdb \
	coverage analyze bench bench-inline bench-accept bench-relay bench-listing \
	bench-tls bench-hsl bench-queue check-fresh demo install install-mta \
	uninstall clean always
