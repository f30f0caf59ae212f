// SPDX-License-Identifier: GPL-2.0

//! Functions that never return, so no caller can wait for their return.
//!
//! Does not use the kernel, so it is tested on the host as well.

/// Their names. No list is complete: a call of any other function may end with its task, too.
///
/// Source: `tools/objtool/noreturns.h`, as far as RISC-V has them, and what leads to nothing else;
/// and the functions that a task, a hart or the machine ends in.
const NEVER_RETURN: [&str; 23] = [
    "__do_sys_exit",
    "__do_sys_exit_group",
    "__module_put_and_kthread_exit",
    "__riscv_sys_exit",
    "__riscv_sys_exit_group",
    "__se_sys_exit",
    "__se_sys_exit_group",
    "arch_cpu_idle_dead",
    "cpu_startup_entry",
    "do_exit",
    "do_group_exit",
    "do_task_dead",
    "io_sq_thread",
    "io_wq_worker",
    "kthread_complete_and_exit",
    "kthread_exit",
    "make_task_dead",
    "panic",
    "sbi_cpu_stop",
    "sbi_suspend_finisher",
    "smp_callin",
    "vhost_task_fn",
    "vpanic",
];

/// Returns whether the function of that name never returns. The name may stand behind that of a
/// module, and a clone that the compiler made (`do_exit.isra.0`) is as its function. A number may
/// tell functions of one name apart.
pub(crate) fn never_returns(function: &str) -> bool {
    let name = function.split_once(':').map_or(function, |(_, name)| name);
    let name = name.split_once(',').map_or(name, |(name, _)| name);
    let name = name.split_once('.').map_or(name, |(name, _)| name);
    NEVER_RETURN.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::never_returns;

    #[test]
    fn clones_are_as_their_function() {
        for name in [
            "do_exit",
            "do_exit.isra.0",
            "do_exit.constprop.0.part.0",
            "vhost:vhost_task_fn",
            "panic,2",
        ] {
            assert!(never_returns(name), "{name}");
        }
        for name in ["", "do_exi", "do_exit_", "isra.do_exit", "do_exit:vfs_read"] {
            assert!(!never_returns(name), "{name}");
        }
    }
}
