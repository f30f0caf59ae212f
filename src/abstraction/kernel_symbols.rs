// SPDX-License-Identifier: GPL-2.0

//! The symbols of the kernel, kept for the next ones who need them.

use crate::abstraction::{
    background::{
        Background,
        InBackground, //
    },
    symbols::Symbols, //
};
use kernel::{
    new_mutex,
    prelude::*,
    sync::{
        Arc,
        Mutex, //
    },
};

/// How long they are kept after their last use, in milliseconds.
const KEPT: u32 = 60_000;

/// The symbols of the kernel. They never change; they are read when somebody needs them, which takes
/// a tenth of a second or more, and forgotten when nobody needs them for a minute.
///
/// On Debian's kernel, with 42,000 functions, they take 2 MB.
pub(crate) struct KernelSymbols {
    cache: Background<Cache>,
}

/// Has the symbols while they are kept.
#[pin_data]
struct Cache {
    #[pin]
    symbols: Mutex<Option<Arc<Symbols>>>,
}

impl KernelSymbols {
    /// Reads no symbols yet.
    pub(crate) fn new() -> Result<Self> {
        let cache = pin_init!(Cache {
            symbols <- new_mutex!(None, "rvdirect::kernel_symbols"),
        });
        Ok(KernelSymbols {
            cache: Background::new(Arc::pin_init(cache, GFP_KERNEL)?)?,
        })
    }

    /// Returns the symbols.
    ///
    /// # Errors
    ///
    /// - [`EINTR`]: the current task is being killed;
    /// - [`ENOMEM`].
    pub(crate) fn get(&self) -> Result<Arc<Symbols>> {
        let mut kept = self.cache.target().symbols.lock();
        let symbols = match &*kept {
            Some(symbols) => symbols.clone(),
            None => {
                let symbols = Arc::new(Symbols::of_kernel()?, GFP_KERNEL)?;
                kept.insert(symbols).clone()
            }
        };
        self.cache.queue(KEPT);
        Ok(symbols)
    }
}

impl InBackground for Cache {
    const THREAD: &'static CStr = c"rvdirect_symbols";

    fn run(&self) -> Option<u32> {
        // Dropped without the lock, as that frees a lot of memory.
        let _forgotten = self.symbols.lock().take();
        None
    }
}
