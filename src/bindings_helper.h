/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The input from which bindgen makes src/bindings_generated.rs: the headers that C and
 * Rust share. Of the kernel's own, they include none that has a structure which Rust
 * could look into.
 */
#include "../asm/trampoline.h"
#include "abstraction/background.h"
#include "abstraction/cgroup.h"
#include "abstraction/file.h"
#include "abstraction/ftrace.h"
#include "abstraction/module_notifier.h"
#include "abstraction/parameters.h"
#include "abstraction/shim.h"
#include "abstraction/symbols.h"
#include "trampoline/handlers.h"
#include "trampoline/in_flight.h"
#include "trampoline/own_event.h"
