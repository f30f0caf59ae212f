// SPDX-License-Identifier: GPL-2.0

//! The filter of a slot: which calls go on to its work.

use crate::{
    abstraction::cgroup::Cgroup,
    bindings,
    language::{
        escape::unescape,
        filter::Filter,
        refusal::Reason, //
    },
};
use core::ptr;
use kernel::{
    prelude::*,
    str::CString,
    sync::Arc, //
};

/// A filter, with the cgroup that it names. It is shared, as it is large for the kernel's stack.
pub(crate) struct Gate {
    filter: Filter<'static>,
    cgroup: Option<NamedCgroup>,
}

struct NamedCgroup {
    /// The path as it was written.
    path: CString,
    cgroup: Cgroup,
}

impl Gate {
    /// Makes a gate that lets those calls pass. The path of a cgroup begins at the root that the
    /// current task sees.
    pub(crate) fn new(filter: &Filter<'_>) -> Result<Arc<Self>, Reason> {
        let cgroup = match filter.cgroup {
            Some(path) => Some(NamedCgroup::find(path)?),
            None => None,
        };
        let filter = filter.without_cgroup();
        Ok(Arc::new(Gate { filter, cgroup }, GFP_KERNEL)?)
    }

    /// Returns the filter, as commands name it.
    pub(crate) fn filter(&self) -> Filter<'_> {
        let path = self.cgroup.as_ref().map(|named| named.path.to_str());
        Filter {
            // Cannot fail: the text was made from a `str`.
            cgroup: path.and_then(Result::ok),
            ..self.filter
        }
    }

    /// Returns whether it lets all calls pass.
    pub(crate) fn is_open(&self) -> bool {
        self.cgroup.is_none() && self.filter.is_empty()
    }

    /// Fills in its part of a header that is zeroed.
    pub(super) fn fill_in(&self, header: &mut bindings::rvdirect_slot) {
        (header.ids, header.ids_mask) = self.filter.ids();
        if let Some(comm) = self.filter.comm {
            (header.comm, header.comm_mask) = (comm.words(), comm.mask());
        }
        if let Some(harts) = self.filter.harts {
            header.has_harts = 1;
            header.harts = harts.0;
        }
        let address = |named: &NamedCgroup| named.cgroup.address();
        header.cgroup = self.cgroup.as_ref().map_or(ptr::null(), address);
    }
}

impl NamedCgroup {
    fn find(path: &str) -> Result<Self, Reason> {
        let mut bytes = KVec::with_capacity(path.len() + 1, GFP_KERNEL)?;
        // None is missing, as the path was parsed.
        for byte in unescape(path).flatten() {
            bytes.push(byte, GFP_KERNEL)?;
        }
        bytes.push(0, GFP_KERNEL)?;
        let name = CStr::from_bytes_with_nul(&bytes).map_err(|_| Reason::NoCgroup)?;
        Ok(NamedCgroup {
            cgroup: Cgroup::by_path(name).ok_or(Reason::NoCgroup)?,
            path: CString::try_from_fmt(fmt!("{path}"))?,
        })
    }
}
