# The project's commands; `make help` lists them. Each sets up what it needs on a fresh clone: Python tools go into
# target/venv, system packages are installed only where they are missing (by root; anybody else is told the command).

CARGO   ?= cargo
OBJCOPY ?= objcopy
STRIP   ?= strip
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib

VERSION := $(shell sed -n 's/^version = "\(.*\)"$$/\1/p' Cargo.toml | head -n 1)
ABI     := $(firstword $(subst ., ,$(VERSION)))

# Functions up to this size are merged into their callers when the libraries are linked (docs/benchmarks.md, "What was tried and
# did not pay"). It does not count in what Cargo.toml wants small, as -inline-threshold would.
RELEASE_FLAGS := -Cllvm-args=-inlinedefault-threshold=500

# What cargo builds goes where the user says; everything else into this clone's own target/.
BUILT := $(abspath $(or $(CARGO_TARGET_DIR),target))
export CARGO_TARGET_DIR := $(BUILT)

# The first Python that is new enough.
PYTHON = $(firstword $(foreach p,python3 python3.14 python3.13 python3.12 python3.11 python3.10,$(shell \
	$(p) -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && echo $(p))))
VENV   := target/venv
MATURIN_VERSION := maturin==1.16.0
ZIG_VERSION     := ziglang==0.17.1
TEST_TOOLS  := pytest==9.2.0 cmake==4.4.5 cffi==2.1.1 pycparser==3.12 phonenumbers==9.0.43
PYRIGHT     := pyright[nodejs]==1.1.414
# What the Python package is tested with: on each Python, and once in full.
LIGHT_TOOLS := pytest==9.2.0 anyio==4.16.0 uvloop==0.23.0 tenacity==9.2.1 stamina==26.1.0 asgiref==3.12.1 sentry-sdk==2.75.0 \
	pydantic==2.14.4 jedi==0.20.1
# These have left Python 3.10.
NEWER       := $(patsubst %,'%;python_version>="3.11"',hypothesis==6.170.17 fastapi==0.165.0 python-multipart==0.0.34)
WEB_TOOLS   := $(NEWER) opentelemetry-sdk==1.45.2 gunicorn==27.0.1 celery==5.7.0 pytest-run-parallel==0.10.0 \
	uvicorn==0.54.0 itsdangerous==2.2.0 Django==5.2.19 Flask==3.1.3 \
	gevent==26.9.0 eventlet==0.41.3 trio==0.35.0 $(PYRIGHT)
DOC_TOOLS   := pdoc==16.0.0
CHECK_TOOLS := mypy==2.4.1 selenium==4.51.0 $(PYRIGHT) ruff==0.17.6 clang-format==23.1.5

PYTHON_SOURCES := python examples tests benches
C_SOURCES      := $(sort $(shell find benches bindings examples include tests -name '*.[ch]' -o -name '*.[ch]pp'))
# Generated, and compared with its source by a test.
C_SOURCES      := $(filter-out include/ants_otp.h,$(C_SOURCES))

.PHONY: help demo sandbox login-web test test-rust test-peers test-sandbox test-login-web fuzz mutants soak soak-python test-model \
	test-scenarios test-python test-program test-wheel test-install test-image check check-format check-rust check-python check-speed bench \
	bench-quick bench-record install uninstall library wheel wheel-python wheel-program tested-python tested-program bench-wheel \
	first-look first-hour docs address clean need-cargo need-cc need-python need-bench need-bench-tools licences test-abi abi-check \
	abi-record test-asan test-calling-codes need-c-tools need-privileged
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

help:           ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20
	@echo '  Variables: PREFIX, LIBDIR, DESTDIR (install), CARGO_TARGET_DIR, CARGO, CC, CXX'
	@echo '  WHEEL_FOR, WHEEL_LINK (wheel, for another system), WHEELS (test wheels from elsewhere)'

# --- First steps --------------------------------------------------------------------------------------------------------

# $(call program,NAME,SOURCE): a program in C or C++, and beside it the library that cargo has built.
program = $(if $(filter %.c,$(2)),$(CC) -std=c99,$(CXX) -std=c++17) -Iinclude $(2) -o target/programs/$(1) \
	-Ltarget/programs -lants_otp -Wl,-rpath,'$$ORIGIN'
# $(call step,WHAT,COMMAND): what is done, and then how long it took. A comma in WHAT is written $(,).
step = echo '$(1) …'; start=$$(date +%s); $(2) && echo "… done in $$(($$(date +%s) - start)) s"
, := ,
library = mkdir -p target/programs && for name in libants_otp.so libants_otp.so.$(ABI); \
	do ln -sfn "$(BUILT)/debug/libants_otp.so" target/programs/$$name; done

# One call of cargo, so that nothing is built twice. Python finds the package in target/first, with the module beside it.
first-look: need-cargo need-cc need-python
	@$(call step,The program$(,) the libraries and the Python module are built: a minute or two the first time,\
		PYO3_BUILD_EXTENSION_MODULE=1 PYO3_PYTHON="$(PYTHON)" $(CARGO) build -p ants-otp -p ants-otp-cli -p ants-otp-c -p ants-otp-python \
		--lib --bins --example login)
	@rm -rf target/first && mkdir -p target/first && cp -r python/ants_otp target/first
	@cp "$(BUILT)/debug/lib_native.so" target/first/ants_otp/_native.abi3.so

# On a terminal it prints what to export; in a pipe, one line of JSON.
PORT ?= 8025
sandbox: first-look  ## the sandbox with its inbox on http://127.0.0.1:8025 (PORT=N for another); ends with Ctrl-C
	@exec "$(BUILT)/debug/ants-otp" sandbox --port $(PORT)

demo: first-look  ## verify somebody in Rust, C, C++ and Python, against the sandbox
	@$(library)
	$(call program,login-c,examples/login.c)
	$(call program,login-cpp,examples/login.cpp)
	@PYTHONPATH=target/first $(PYTHON) examples/demo.py --program "$(BUILT)/debug/ants-otp" \
		'Rust="$(BUILT)/debug/examples/login"' C=target/programs/login-c C++=target/programs/login-cpp \
		'Python=$(PYTHON) examples/login.py'

login-web: first-look | $(VENV)/bin/python  ## the sample application with its inbox, in the browser; ends with Ctrl-C
	@$(call step,FastAPI and what it needs are installed into $(VENV),\
		$(PIP_INSTALL) --prefer-binary -r examples/login-web/requirements.txt)
	@cd examples/login-web && PYTHONPATH="$(abspath target/first)" ANTS_OTP_PROGRAM="$(BUILT)/debug/ants-otp" \
		exec "$(abspath $(VENV))/bin/python" -m login_web

# --- Tests --------------------------------------------------------------------------------------------------------------

test: test-rust test-peers test-scenarios test-python test-program test-wheel test-sandbox test-login-web test-install test-abi test-asan test-calling-codes  ## all tests: Rust, C, C++, Python, the wheel, the install tree

test-rust: need-cargo need-cc need-c-tools need-privileged $(VENV)/.test
	@$(call need,strace,strace)
	@$(call need,openssl,openssl)
	ANTS_OTP_PYTHON="$(abspath $(VENV))/bin/python" $(CARGO) test --workspace

# The core against a second reading of the same rules, in Python (tests/model). It is one of the tests above; this runs it
# alone: MODEL_CASES=COUNT,FIRST plays other answers than the 30 000 of every day.
test-model: need-cargo need-python
	ANTS_OTP_PYTHON="$(PYTHON)" $(CARGO) test -p ants-otp --test model -- --nocapture

# Against real servers and proxies, started on loopback and ended by the tests.
test-peers: need-cargo need-cc
	@$(call need,nginx,nginx)
	@$(call need,tinyproxy,tinyproxy)
	@$(call need,microsocks,microsocks)
	$(CARGO) test --workspace --test peers -- --ignored

# One list of scenarios, played by a runner in each language.
test-scenarios: need-cargo need-cc tested-python
	$(CARGO) build -p ants-otp-c
	@$(library)
	$(call program,runner-c,tests/scenarios/runner.c)
	$(call program,runner-cpp,tests/scenarios/runner.cpp)
	ANTS_OTP_RUNNER_C=target/programs/runner-c ANTS_OTP_RUNNER_CPP=target/programs/runner-cpp \
	ANTS_OTP_RUNNER_PYTHON='$(VENV)/bin/python tests/scenarios/runner.py' \
	$(CARGO) test --workspace --test scenarios --example scenario-runner -- --include-ignored

# The C programs again, with the Rust side under AddressSanitizer too. That needs a nightly compiler: without one it is left
# out, and said.
test-asan: need-cargo need-c-tools
	@if $(CARGO) +nightly --version >/dev/null 2>&1; then \
		set -e; lib="$(BUILT)/asan/$$(rustc -vV | sed -n 's/^host: //p')/debug"; \
		RUSTFLAGS=-Zsanitizer=address $(CARGO) +nightly build --target-dir "$(BUILT)/asan" \
			--target "$$(rustc -vV | sed -n 's/^host: //p')" -p ants-otp-c; \
		ln -sfn libants_otp.so "$$lib/libants_otp.so.$(ABI)"; \
		ANTS_OTP_ASAN_LIBRARY="$$lib" $(CARGO) test -p ants-otp-c --test dynamic sanitizers; \
	else echo 'test-asan is left out: it needs a nightly toolchain (rustup toolchain install nightly)'; fi

# The ABI against the record, and that each kind of break would be seen.
test-abi: abi-check $(VENV)/.test
	$(VENV)/bin/python -m pytest -q bindings/c/tests/abi

abi-check: need-cargo need-c-tools need-python  ## must the SONAME change? Compares the library's ABI with the record
	$(CARGO) build -p ants-otp-c
	$(PYTHON) bindings/c/abi/check.py --library "$(BUILT)/debug/libants_otp.so"

abi-record: need-c-tools need-python  ## records functions and numbers that are new, after abi-check has found nothing else
	$(PYTHON) bindings/c/abi/check.py --record

# The table of calling codes against the metadata that it was made from.
test-calling-codes: $(VENV)/.test
	$(VENV)/bin/python -m pytest -q tests/calling_codes

# The wheels as they are released, or those in the folder WHEELS: everything on one Python; on each other one that is there,
# what needs no more than LIGHT_TOOLS, and how the interpreter ends.
test-python: tested-python tested-program $(VENV)/.test
	$(PYTEST) python/tests
	$(PYTEST) --parallel-threads=4 $(addprefix python/tests/test_,results.py bad_input.py secrets.py web.py)
	$(VENV)/bin/python python/test_all_pythons.py target/venvs $(WHEELS) $(LIGHT_TOOLS)

soak-python: tested-python tested-program $(VENV)/.test  ## everything on each Python, with 200 ends of the interpreter in each shape
	$(VENV)/bin/python python/test_all_pythons.py --also-this --ends 200 target/venvs $(WHEELS) $(LIGHT_TOOLS) $(WEB_TOOLS)

PYTEST = ANTS_OTP_WHEELS="$(abspath $(WHEELS))" $(VENV)/bin/python -m pytest -q

# The program as it is released; `make test-rust` plays the same tests to the one that cargo has just built.
test-program: need-cargo tested-program
	ANTS_OTP_TESTED_PROGRAM="$(abspath $(VENV))/bin/ants-otp" $(CARGO) test -p ants-otp-cli --test program

# What the wheels and the source distribution hold, and the way of somebody who installs them.
test-wheel: need-cargo tested-python tested-program $(VENV)/.test
	$(PYTEST) tests/wheel

test-install: need-cargo need-c-tools tested-python $(VENV)/.test
	@$(call need,pkg-config,pkg-config)
	$(PYTEST) tests/install

# README from the top in a fresh clone, where nothing has been built: each command within the time that README says.
first-hour: need-cargo need-c-tools $(VENV)/.test  ## does README's way work in a fresh clone, in the time that it says? 10 minutes
	@$(call need,pkg-config,pkg-config)
	ANTS_OTP_COLD=1 $(VENV)/bin/python -m pytest -q -s -k every_command tests/install/test_readme.py

# The image of the Dockerfile, or where docker does not run, what its build step makes.
test-image: need-cargo need-cc
	tests/image/run

# The inbox page in Chromium, and the service held against its OpenAPI document by strangers' calls.
test-sandbox: need-cargo need-cc need-python
	@$(call need,chromium,chromium)
	@$(call need,chromedriver,chromium-driver)
	$(CARGO) build -p ants-otp-c
	@$(library)
	$(call program,login-c,examples/login.c)
	ANTS_OTP_LOGIN_C="$(abspath target/programs/login-c)" sh sandbox/tests/browser.sh
	sh sandbox/tests/schemathesis.sh

# The sample application in Chromium, its sandbox's page beside it.
test-login-web: tested-python tested-program
	@$(call need,chromium,chromium)
	@$(call need,chromedriver,chromium-driver)
	$(PIP_INSTALL) -r examples/login-web/requirements.txt selenium==4.51.0
	ANTS_OTP_PROGRAM="$(abspath $(VENV))/bin/ants-otp" $(VENV)/bin/python examples/login-web/tests/test_login_web.py

# Which tests decide about which files stands in tests/mutants, what is left alone and why in .cargo/mutants.toml. A change that
# no test notices is printed as MISSED: write the test that states the rule, from the description of the wire or an RFC, or give
# the reason there. One file again: MUTANTS_ARGS='--re src/json' make mutants MUTANTS=answers. A stopped run goes on with
# MUTANTS_ARGS=--iterate. The counts stand in docs/reliability.md.
mutants: need-cargo need-cc need-python  ## does a test notice each small change of the deciding code? Hours; MUTANTS=GROUP for a part
	ANTS_OTP_PYTHON="$(PYTHON)" tests/mutants $(MUTANTS)

fuzz: need-cargo need-cc  ## what reads other people's bytes, FUZZ_SECONDS (20) for each of five targets
	fuzz/run

# Without link-time optimisation: this measures memory and outcomes, not speed.
soak: need-cargo need-cc  ## twice a million calls (SOAK_CALLS) over threads: with random faults, and with answers that nobody waits for
	CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
	$(CARGO) test --release -p ants-otp --test soak --test strays -- --ignored --nocapture

check: check-format check-rust check-python  ## formatting, lints, types, documentation

check-format: need-cargo $(VENV)/.check  ## formatting and ruff alone, in seconds: what pre-commit runs
	$(CARGO) fmt --all --check
	$(VENV)/bin/clang-format --dry-run -Werror $(C_SOURCES)
	$(VENV)/bin/ruff check --config python/pyproject.toml $(PYTHON_SOURCES)
	$(VENV)/bin/ruff format --config python/pyproject.toml --check $(PYTHON_SOURCES)

check-rust: need-cargo
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --workspace --no-deps

check-python: tested-python $(VENV)/.check $(VENV)/.test
	$(VENV)/bin/python -m mypy --config-file python/pyproject.toml $(PYTHON_SOURCES)
	$(VENV)/bin/pyright --pythonpath $(VENV)/bin/python --project python $(PYTHON_SOURCES)
	$(VENV)/bin/python -m mypy.stubtest --allowlist python/stubtest.txt ants_otp
	$(VENV)/bin/python -m pytest -q tests/circles

docs: first-look $(VENV)/.docs  ## the Python package's reference, in target/docs/python
	rm -rf target/docs/python
	PYTHONPATH=target/first $(VENV)/bin/pdoc --docformat google --output-directory target/docs/python \
		ants_otp ants_otp.aio ants_otp.testing ants_otp.web

# --- Speed --------------------------------------------------------------------------------------------------------------

BENCH_VENV  := target/venv-bench
BENCH       := CC="$(firstword $(CC))" CARGO="$(CARGO)" STRIP="$(STRIP)" \
	$(BENCH_VENV)/bin/python benches/bench.py --built "$(BUILT)"
# What our package is measured against.
BENCH_PEERS := pycurl==7.49.0 urllib3==2.8.0 requests==2.34.2 httpx==0.28.1 aiohttp==3.14.5

bench: need-bench library bench-wheel  ## all measurements, against libcurl and others, into docs/benchmarks.md
	$(CARGO) build --release --locked -p ants-otp-cli
	$(BENCH) full

bench-quick: need-bench library bench-wheel  ## those that repeat to 1 %: instructions, system calls, allocations, sizes
	$(BENCH) quick

bench-record: need-bench library bench-wheel  ## the same, recorded as what `make check-speed` compares with
	$(BENCH) record

check-speed: need-bench library bench-wheel  ## are the ratios of `make bench-quick` still those on record?
	$(BENCH) check

bench-wheel: tested-python $(BENCH_VENV)/.peers
	$(BENCH_VENV)/bin/python -m pip install -q --disable-pip-version-check $(RELEASED) ants-otp==$(VERSION)

need-bench: $(BENCH_VENV)/.peers

need-bench-tools: need-cargo need-cc
	@$(call need,valgrind,valgrind)
	@$(call need,strace,strace)
	@$(call need,openssl,openssl)
	@$(call need-header,curl/curl.h,libcurl4-openssl-dev)
	@$(call need-header,cjson/cJSON.h,libcjson-dev)
	@$(call need-header,openssl/ssl.h,libssl-dev)

$(BENCH_VENV)/.peers: Makefile | need-python need-bench-tools
	[ -x $(BENCH_VENV)/bin/python ] || $(PYTHON) -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/python -m pip install -q --disable-pip-version-check $(BENCH_PEERS)
	@touch $@

# --- Installation -------------------------------------------------------------------------------------------------------

INCLUDE := $(DESTDIR)$(PREFIX)/include
LIB     := $(DESTDIR)$(LIBDIR)
BIN     := $(DESTDIR)$(PREFIX)/bin
MAN     := $(DESTDIR)$(PREFIX)/share/man/man3
MAN1    := $(DESTDIR)$(PREFIX)/share/man/man1
DOC     := $(DESTDIR)$(PREFIX)/share/doc/ants_otp
# What each shell looks up by itself.
BASH_COMPLETION := $(DESTDIR)$(PREFIX)/share/bash-completion/completions
FISH_COMPLETION := $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
ZSH_COMPLETION  := $(DESTDIR)$(PREFIX)/share/zsh/site-functions
SO      := libants_otp.so.$(VERSION)
LICENCES := LICENSE-MIT LICENSE-APACHE bindings/c/THIRD-PARTY-LICENCES
# The pkg-config and CMake files find the rest from where they lie, so the tree can be moved.
PREFIX_FROM_LIBDIR = $(shell realpath -ms --relative-to='$(LIBDIR)' '$(PREFIX)')
FILL_IN = sed -e 's|@VERSION@|$(VERSION)|g' -e 's|@ABI@|$(ABI)|g' -e 's|@PREFIX_FROM_LIBDIR@|$(PREFIX_FROM_LIBDIR)|g'

# The debug information goes into a file of its own, where gdb looks for it.
install: library  ## the C and C++ library and the program, below PREFIX
	$(CARGO) build --release --locked -p ants-otp-cli
	install -d "$(INCLUDE)" "$(LIB)/pkgconfig" "$(LIB)/cmake/ants_otp" "$(LIB)/.debug" "$(BIN)" "$(MAN)" "$(DOC)"
	install -m 644 include/ants_otp.h include/ants_otp.hpp "$(INCLUDE)"
	install -m 755 "$(BUILT)/release/libants_otp.so" "$(LIB)/$(SO)"
	$(OBJCOPY) --only-keep-debug "$(LIB)/$(SO)" "$(LIB)/.debug/$(SO).debug"
	chmod 644 "$(LIB)/.debug/$(SO).debug"
	$(STRIP) --strip-unneeded "$(LIB)/$(SO)"
	$(OBJCOPY) --add-gnu-debuglink="$(LIB)/.debug/$(SO).debug" "$(LIB)/$(SO)"
	ln -sfn $(SO) "$(LIB)/libants_otp.so.$(ABI)"
	ln -sfn libants_otp.so.$(ABI) "$(LIB)/libants_otp.so"
	install -m 644 "$(BUILT)/release/libants_otp.a" "$(LIB)"
	$(STRIP) --strip-debug "$(LIB)/libants_otp.a"
	$(FILL_IN) bindings/c/ants_otp.pc.in >"$(LIB)/pkgconfig/ants_otp.pc"
	$(FILL_IN) bindings/c/cmake/ants_otp-config.cmake.in >"$(LIB)/cmake/ants_otp/ants_otp-config.cmake"
	$(FILL_IN) bindings/c/cmake/ants_otp-config-version.cmake.in >"$(LIB)/cmake/ants_otp/ants_otp-config-version.cmake"
	chmod 644 "$(LIB)/pkgconfig/ants_otp.pc" "$(LIB)/cmake/ants_otp/"*.cmake
	install -m 755 "$(BUILT)/release/ants-otp" "$(BIN)"
	$(STRIP) "$(BIN)/ants-otp"
	awk -v folder="$(MAN)" -v version=$(VERSION) -f bindings/c/man.awk include/ants_otp.h
	chmod 644 "$(MAN)"/ants_otp*.3
	install -d "$(MAN1)" "$(BASH_COMPLETION)" "$(FISH_COMPLETION)" "$(ZSH_COMPLETION)"
	"$(BUILT)/release/ants-otp" man --output "$(MAN1)"
	"$(BUILT)/release/ants-otp" completion bash >"$(BASH_COMPLETION)/ants-otp"
	"$(BUILT)/release/ants-otp" completion fish >"$(FISH_COMPLETION)/ants-otp.fish"
	"$(BUILT)/release/ants-otp" completion zsh >"$(ZSH_COMPLETION)/_ants-otp"
	chmod 644 "$(MAN1)"/ants-otp*.1 "$(BASH_COMPLETION)/ants-otp" "$(FISH_COMPLETION)/ants-otp.fish" "$(ZSH_COMPLETION)/_ants-otp"
	install -m 644 $(LICENCES) "$(DOC)"

uninstall:      ## takes away what `make install` with the same PREFIX, LIBDIR and DESTDIR put there
	rm -f "$(INCLUDE)/ants_otp.h" "$(INCLUDE)/ants_otp.hpp" "$(BIN)/ants-otp" "$(LIB)/.debug/$(SO).debug"
	rm -f "$(LIB)/libants_otp.so" "$(LIB)/libants_otp.so.$(ABI)" "$(LIB)/$(SO)" "$(LIB)/libants_otp.a"
	rm -f "$(LIB)/pkgconfig/ants_otp.pc" "$(MAN)"/ants_otp.3 "$(MAN)"/ants_otp_*.3
	rm -f "$(MAN1)"/ants-otp.1 "$(MAN1)"/ants-otp-*.1
	rm -f "$(BASH_COMPLETION)/ants-otp" "$(FISH_COMPLETION)/ants-otp.fish" "$(ZSH_COMPLETION)/_ants-otp"
	rm -f "$(LIB)/cmake/ants_otp/ants_otp-config.cmake" "$(LIB)/cmake/ants_otp/ants_otp-config-version.cmake"
	rm -f $(foreach file,$(LICENCES),"$(DOC)/$(notdir $(file))")
	-rmdir "$(LIB)/cmake/ants_otp" "$(LIB)/.debug" "$(DOC)"

licences: need-cargo need-python  ## writes the licences of all crates that are linked in; after a change of dependencies
	$(PYTHON) bindings/c/licences.py
	$(PYTHON) python/third_party.py

# Linked against the C library of manylinux2014, which zig brings; it is found as a module of the python3 on the PATH. For
# another system: `make wheel WHEEL_FOR='--zig --target aarch64-unknown-linux-gnu --compatibility manylinux2014'
# CC=aarch64-linux-gnu-gcc`, or WHEEL_FOR= and WHEEL_LINK= with nothing where the system's own linker is right.
WHEEL_FOR  ?= --zig --compatibility manylinux2014
# zig would link an unwinder of its own into the module. But CPython ends threads with the C library's, which unwinds by
# libgcc_s, and the two crash together. zig takes -lgcc_s for its own, so this names the file.
LIBGCC_S   = $(or $(filter /%,$(shell $(CC) -print-file-name=libgcc_s.so.1)),$(error $(CC) has no libgcc_s.so.1))
WHEEL_LINK ?= -Clink-arg=$(LIBGCC_S)
MATURIN_BUILD = PATH="$(abspath $(VENV))/bin:$$PATH" $(VENV)/bin/maturin build --release --locked $(WHEEL_FOR) --out target/wheels

wheel: wheel-python wheel-program  ## the Python wheels ants-otp and ants-otp-cli and the source distribution, in target/wheels

# A Python without a GIL needs a wheel of its own.
wheel-python: need-cargo need-cc $(VENV)/.zig
	rm -f target/wheels/ants_otp-*
	$(MATURIN_BUILD) --manifest-path python/Cargo.toml -- $(RELEASE_FLAGS) $(WHEEL_LINK)
	for python in $$($(VENV)/bin/python python/test_all_pythons.py --free-threaded); do \
		$(MATURIN_BUILD) --manifest-path python/Cargo.toml --interpreter "$$python" -- $(RELEASE_FLAGS) $(WHEEL_LINK) || exit; done
	$(VENV)/bin/maturin sdist --manifest-path python/Cargo.toml --out target/wheels

wheel-program: need-cargo $(VENV)/.zig
	rm -f target/wheels/ants_otp_cli-*
	$(MATURIN_BUILD) --manifest-path cli/Cargo.toml

# What tests and measurements install: the wheels that are released, built here, or with WHEELS=folder those that are there.
WHEELS   ?= target/wheels
RELEASED  = --no-index --no-deps --force-reinstall --only-binary :all: --find-links $(WHEELS)

tested-python: $(if $(filter target/wheels,$(WHEELS)),wheel-python) $(VENV)/.maturin
	$(PIP_INSTALL) $(RELEASED) ants-otp==$(VERSION)

tested-program: $(if $(filter target/wheels,$(WHEELS)),wheel-program) $(VENV)/.maturin
	$(PIP_INSTALL) $(RELEASED) ants-otp-cli==$(VERSION)

# The C library as it is released.
library: need-cargo need-cc
	$(CARGO) rustc --release --locked -p ants-otp-c --lib -- $(RELEASE_FLAGS)

# One address, in Cargo.toml and where Python's metadata wants it as text.
address:        ## writes where the project is published, ADDRESS=https://…, into the packages' metadata
	@case '$(ADDRESS)' in https://*) ;; *) echo 'which? make address ADDRESS=https://…' >&2; exit 1;; esac
	sed -i "s|$$(sed -n 's/^repository = "\(.*\)"$$/\1/p' Cargo.toml)|$(patsubst %/,%,$(ADDRESS))|" \
		Cargo.toml python/pyproject.toml cli/pyproject.toml

clean:          ## everything that was built
	$(CARGO) clean
	rm -rf target

# --- What must be there -------------------------------------------------------------------------------------------------

# $(call need,COMMAND,DEBIAN PACKAGE)
need = command -v $(1) >/dev/null || $(call debian,$(1),$(2))
debian = { echo '$(1) is missing: installing $(2)'; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; \
	then apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(2); \
	else echo 'Please run: sudo apt-get install $(2)' >&2; exit 1; fi; }

# $(call need-header,HEADER,DEBIAN PACKAGE)
need-header = $(CC) -E -include $(1) -x c /dev/null >/dev/null 2>&1 || $(call debian,$(1),$(2))

need-cargo:
	@command -v $(CARGO) >/dev/null || { echo 'cargo is missing: install Rust 1.88 or later (rustup)' >&2; exit 1; }

need-cc:
	@$(call need,$(firstword $(CC)),gcc)
	@$(call need,$(firstword $(CXX)),g++)

# A second compiler, its sanitizers, and what reads headers, memory and ABIs.
need-c-tools: need-cc
	@$(call need,clang,clang)
	@$(call need,valgrind,valgrind)
	@$(call need,bindgen,bindgen)
	@$(call need,abidiff,abigail-tools)
	@[ -e /usr/include/doctest/doctest.h ] || $(call debian,doctest,doctest-dev)
	@[ -n "$$(find /usr/lib/llvm-*/lib/clang -name 'libclang_rt.asan*x86_64.a' 2>/dev/null)" ] || \
		$(call debian,the sanitizers of clang,libclang-rt-dev)

# What the tests of privileged programs and of the example for PAM run in, where root runs them.
need-privileged: need-cc
	@$(call need,unshare,util-linux)
	@$(call need,ip,iproute2)
	@$(call need,setcap,libcap2-bin)
	@$(call need,pamtester,pamtester)
	@$(call need-header,security/pam_modules.h,libpam0g-dev)

need-python:
	@[ -n '$(PYTHON)' ] || { echo 'Python is missing: install Python 3.10 or later' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || $(call debian,venv,python3-venv)

PIP_INSTALL = $(VENV)/bin/python -m pip install -q --disable-pip-version-check

$(VENV)/bin/python: | need-python
	$(PYTHON) -m venv $(VENV)

# Each stamp follows this file, which holds the versions.
$(VENV)/.maturin: Makefile | $(VENV)/bin/python
	$(PIP_INSTALL) $(MATURIN_VERSION)
	@touch $@

$(VENV)/.zig: Makefile | $(VENV)/.maturin
	$(PIP_INSTALL) $(ZIG_VERSION)
	@touch $@

$(VENV)/.test: Makefile | $(VENV)/.maturin
	$(PIP_INSTALL) $(TEST_TOOLS) $(LIGHT_TOOLS) $(WEB_TOOLS)
	@touch $@

$(VENV)/.docs: Makefile | $(VENV)/.maturin
	$(PIP_INSTALL) $(DOC_TOOLS)
	@touch $@

$(VENV)/.check: Makefile | $(VENV)/.maturin
	$(PIP_INSTALL) $(CHECK_TOOLS) -r examples/login-web/requirements.txt
	@touch $@
