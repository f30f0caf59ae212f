/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The input from which bindgen makes src/bindings_generated.rs: the part of the
 * kernel's interface that its own Rust bindings lack, or have by accident only.
 */
#include <linux/ftrace.h>
#include <linux/glob.h>
#include <linux/kallsyms.h>
#include <linux/module.h>
#include <linux/notifier.h>

#include "../asm/trampoline.h"
#include "abstraction/background.h"
#include "abstraction/file.h"
#include "abstraction/parameters.h"
#include "abstraction/shim.h"
#include "abstraction/symbols.h"
#include "trampoline/handlers.h"
#include "trampoline/in_flight.h"
