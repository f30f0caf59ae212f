// SPDX-License-Identifier: GPL-2.0

//! The symbols of the kernel, kept for the next ones who need them.

use crate::{
    abstraction::{
        background::{
            Background,
            InBackground, //
        },
        functions::Found,
        symbols::Symbols, //
    },
    algorithm::hash::hash,
    language::command::is_pattern, //
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

/// The symbols of the kernel, with the hash of each name: so a name is found without looking at all.
///
/// # Invariants
///
/// Each symbol has its hash at the same index.
pub(crate) struct Index {
    symbols: Symbols,
    hashes: KVVec<u32>,
}

impl Index {
    #[inline(never)] // keeps its frame from that of its caller
    fn new() -> Result<Self> {
        let symbols = Symbols::of_kernel()?;
        let mut hashes = KVVec::with_capacity(symbols.names().count(), GFP_KERNEL)?;
        for name in symbols.names() {
            hashes.push(hash(name), GFP_KERNEL)?;
        }
        // INVARIANT: They were pushed in the order of the symbols.
        Ok(Index { symbols, hashes })
    }

    /// Adds the functions that have the name, or match the pattern, to `found`.
    pub(crate) fn add_matching(&self, function: &CStr, found: &mut Found) -> Result {
        if is_pattern(function.to_str()?) {
            return self.symbols.add_matching(function, None, found);
        }
        let name = function.to_bytes();
        let wanted = hash(name);
        for (index, hash) in self.hashes.iter().enumerate() {
            if *hash == wanted {
                self.symbols.add_one_named(index, name, found)?;
            }
        }
        Ok(())
    }

    /// Adds the function that begins at `start` to `found`, if there is one.
    pub(crate) fn add_beginning_at(&self, start: usize, found: &mut Found) -> Result {
        self.symbols.add_beginning_at(start, found)
    }
}

/// The symbols of the kernel. They never change; they are read when somebody needs them, which takes
/// a tenth of a second or more, and forgotten when nobody needs them for a minute.
///
/// On Debian's kernel, with 42,000 functions, they take 2 MB.
pub(crate) struct KernelSymbols {
    cache: Background<Cache>,
}

/// Has the symbols while they are kept.
struct Cache {
    symbols: Pin<KBox<Mutex<Option<Arc<Index>>>>>,
}

impl KernelSymbols {
    /// Reads no symbols yet.
    pub(crate) fn new() -> Result<Self> {
        let symbols = new_mutex!(None, "rvdirect::kernel_symbols");
        let symbols = KBox::pin_init(symbols, GFP_KERNEL)?;
        Ok(KernelSymbols {
            cache: Background::new(Arc::new(Cache { symbols }, GFP_KERNEL)?)?,
        })
    }

    /// Returns the symbols.
    ///
    /// # Errors
    ///
    /// - [`EINTR`]: the current task is being killed;
    /// - [`ENOMEM`].
    pub(crate) fn get(&self) -> Result<Arc<Index>> {
        let mut kept = self.cache.target().symbols.lock();
        let symbols = match &*kept {
            Some(symbols) => symbols.clone(),
            None => {
                let symbols = Arc::new(Index::new()?, GFP_KERNEL)?;
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
