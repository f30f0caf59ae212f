// SPDX-License-Identifier: GPL-2.0

//! What tasks share.

mod arc;
pub mod atomic;
mod lock;

pub use self::{
    arc::Arc,
    lock::{
        LockClassKey,
        Mutex,
        MutexGuard,
        NewMutex, //
    },
};
pub use crate::global_lock;
