// SPDX-License-Identifier: GPL-2.0

//! The calls that will return into a trampoline: a safe type over `in_flight.c`.

use crate::{
    bindings,
    trampoline::slot_data::SlotData, //
};
use kernel::prelude::*;

/// Calls in flight, as they were found at one time.
pub(crate) struct InFlight {
    calls: KVVec<bindings::rvdirect_in_flight>,
    is_complete: bool,
}

/// A call in flight.
pub(crate) struct Call<'a> {
    /// Where its target resumed.
    pub(crate) resume: usize,
    /// The task.
    pub(crate) pid: i32,
    /// The name of the task.
    pub(crate) comm: &'a str,
    /// For how long it has been in its target, in nanoseconds; 0 if it is not there yet.
    pub(crate) nanoseconds: u64,
}

impl InFlight {
    /// Finds those that will return into the trampolines of these slots. A call that is just being
    /// made may be left out.
    pub(crate) fn find<'a>(slots: impl Iterator<Item = &'a SlotData>) -> Result<Self> {
        let mut rows = KVec::new();
        for slot in slots {
            rows.push(slot.rows().cast::<c_void>(), GFP_KERNEL)?;
        }
        let mut calls = KVVec::new();
        let mut count = 0;
        while !rows.is_empty() {
            // SAFETY: Both lists have as many elements as they say. Sleeping is allowed, as wherever
            // memory is allocated like this.
            count = unsafe {
                bindings::rvdirect_find_in_flight(
                    rows.as_ptr(),
                    rows.len(),
                    calls.as_mut_ptr(),
                    calls.len(),
                )
            };
            if count <= calls.len() {
                break;
            }
            // A few more may come meanwhile.
            calls.resize(
                count + 16,
                bindings::rvdirect_in_flight::default(),
                GFP_KERNEL,
            )?;
        }
        calls.truncate(count);
        Ok(InFlight {
            calls,
            // SAFETY: The function only reads.
            is_complete: unsafe { bindings::rvdirect_knows_idle_tasks() },
        })
    }

    /// Returns whether the stacks of all tasks are known, so that none can have another call.
    pub(crate) fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Returns those of one slot.
    pub(crate) fn of<'a>(&'a self, slot: &SlotData) -> impl Iterator<Item = Call<'a>> {
        let rows: *const c_void = slot.rows().cast();
        // SAFETY: The function only reads a timer.
        let now = unsafe { bindings::rvdirect_ticks() };
        self.calls
            .iter()
            .filter(move |call| call.rows == rows)
            .map(move |call| Call {
                resume: call.resume,
                pid: call.pid,
                comm: CStr::from_bytes_until_nul(&call.comm)
                    .ok()
                    .and_then(|comm| comm.to_str().ok())
                    .unwrap_or("?"),
                nanoseconds: match call.ticks {
                    0 => 0,
                    // SAFETY: The function only computes.
                    ticks => unsafe { bindings::rvdirect_nanoseconds(now.saturating_sub(ticks)) },
                },
            })
    }
}
