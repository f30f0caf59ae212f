# SPDX-License-Identifier: GPL-2.0
#
# For people to run. The kernel's build reads Kbuild instead.

# The build tree of the kernel to build the module for.
KDIR ?= /lib/modules/$(shell uname -r)/build
# The module supports only this architecture.
ARCH ?= riscv

# The kernel's Makefile takes some of these from its command line only, so
# pass on the values from the environment.
tool-variables := ARCH LLVM RUSTC RUSTFMT CLIPPY_DRIVER BINDGEN RUST_LIB_SRC
tools := $(foreach v,$(tool-variables),$(if $($(v)),$(v)=$($(v))))

# The scripts take these from the environment; export those that are set on this
# command line. An unset variable must not become an empty one.
$(foreach v,$(filter-out ARCH,$(tool-variables)) CARGO KSRC LIBCLANG_PATH MINUTES PEERS SEED SUITE \
	VM_APPEND VM_DISK VM_FILES VM_ICOUNT VM_KERNEL VM_LOG VM_MEM VM_SMP VM_TIMEOUT,$(if $($(v)),$(eval export $(v))))

# The tree that was built for last.
kbuild = $(MAKE) -C "$$(cat .kdir)" M=$(CURDIR) $(tools)

has-rust = grep -q '^CONFIG_RUST=y' $(KDIR)/include/config/auto.conf

# File times do not show that the last build was for another kernel.
.PHONY: modules
modules: check-kdir
	@[ ! -e .kdir ] || [ "$$(cat .kdir)" = "$(abspath $(KDIR))" ] || $(kbuild) clean
	@echo "$(abspath $(KDIR))" >.kdir
	@$(has-rust) || { object=$$(scripts/rust-object) && \
		install -C -m 644 "$$object" src/standin/rust.o_shipped; }
	$(kbuild) modules

.PHONY: modules_install
modules_install:
	@[ -e .kdir ] || { echo 'rvdirect: error: nothing is built yet: run make' >&2; exit 1; }
	$(kbuild) modules_install

# The command, its manual page and its completions; the module has modules_install.
PREFIX ?= /usr/local
share = $(DESTDIR)$(PREFIX)/share

.PHONY: install
install:
	command=$$(scripts/command) && install -D -m 755 "$$command" $(DESTDIR)$(PREFIX)/sbin/rvdirect
	install -D -m 644 Documentation/rvdirect.8 $(share)/man/man8/rvdirect.8
	install -D -m 644 src/command/completions/bash $(share)/bash-completion/completions/rvdirect
	install -D -m 644 src/command/completions/zsh $(share)/zsh/vendor-completions/_rvdirect
	install -D -m 644 src/command/completions/fish $(share)/fish/vendor_completions.d/rvdirect.fish

.PHONY: clean
clean:
	@[ ! -e .kdir ] || $(kbuild) clean
	@rm -f .kdir src/standin/rust.o_shipped

.PHONY: rust-analyzer
rust-analyzer: check-kdir
	$(MAKE) -C $(KDIR) M=$(CURDIR) $(tools) rust-analyzer

.PHONY: check-kdir
check-kdir:
	@scripts/check-kdir $(KDIR)

# Everything below uses the guest and its kernel.

.PHONY: run
run:
	@scripts/run

.PHONY: test
test: setup
	@scripts/test

.PHONY: test-board
test-board: setup
	@scripts/test-board

.PHONY: test-host
test-host: setup
	@scripts/test-host

.PHONY: soak
soak: setup
	@scripts/soak

.PHONY: bench
bench: setup
	@scripts/bench

.PHONY: jobs
jobs: setup
	@scripts/jobs

.PHONY: vm
vm: setup
	@scripts/vm $(SCRIPT)

.PHONY: shell
shell: setup
	@scripts/vm --shell

.PHONY: deb
deb: setup
	@scripts/deb

.PHONY: check
check: setup
	@scripts/check

.PHONY: kdir
kdir: setup
	@scripts/kernel

.PHONY: setup
setup:
	@scripts/setup

.PHONY: help
help:
	@echo 'On this machine, for a RISC-V guest in QEMU:'
	@echo '  run             - boot the guest, hook real functions, show what was seen'
	@echo '  test            - all tests, on the host and in the guest'
	@echo '  soak            - a fuzzer, for MINUTES=10 with SEED=any, on the debug kernel, and'
	@echo "                    all of the kernel's own tests of ftrace, all tests on all kernels"
	@echo '  test-board      - the packages on Debian 13: DKMS, an upgrade, removals'
	@echo '  test-host       - "make run" on fresh Debian 12 and 13, in a chroot, as root'
	@echo '  check           - rustfmt, clippy, checkpatch, shellcheck'
	@echo "  deb             - Debian packages; SUITE=stable (default), stable-security,"
	@echo '                    stable-backports, testing or sid has the kernel'
	@echo '  bench           - what each caller costs, in instructions'
	@echo "  bench PEERS=1   - what the kernel's other tracers cost for the same jobs"
	@echo '  jobs            - fifteen jobs of an engineer, done with rvdirect and its peers'
	@echo '  vm SCRIPT=path  - run a script in the guest as root; see scripts/vm'
	@echo '                    for VM_KERNEL=debug|stable|backports|debian VM_SMP= VM_MEM='
	@echo '                    VM_ICOUNT=1 VM_APPEND= VM_FILES='
	@echo '  shell           - an interactive guest'
	@echo "  kdir            - print the guest kernel's build tree"
	@echo
	@echo 'For a kernel of your own, with KDIR=build-tree:'
	@echo '  modules         - build rvdirect.ko (default)'
	@echo '  modules_install - install it; INSTALL_MOD_PATH= as for any module'
	@echo '  install         - install the command rvdirect; PREFIX=, DESTDIR='
	@echo '  rust-analyzer   - write rust-project.json'
	@echo '  clean           - remove what was built'
