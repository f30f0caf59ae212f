// SPDX-License-Identifier: GPL-2.0

//! Events of attachments' own: a safe type over `own_event.c`.

use crate::{
    bindings,
    language::{
        fetch::{
            Field,
            Kind,
            Source,
            MAX_FIELD,
            MAX_STEPS, //
        },
        own_event::{
            MAX_EVENT,
            MAX_FIELDS, //
        },
        session::SessionId, //
    },
};
use core::ptr::NonNull;
use kernel::{
    error::from_err_ptr,
    new_mutex,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
        Mutex, //
    },
};

const _: () = assert!(MAX_FIELDS == bindings::RVDIRECT_FETCHES as usize);
const _: () = assert!(MAX_STEPS == bindings::RVDIRECT_FETCH_STEPS as usize);
const _: () = assert!(MAX_FIELD == bindings::RVDIRECT_FETCH_NAME as usize - 1);
const _: () = assert!(MAX_EVENT == bindings::RVDIRECT_EVENT_NAME as usize - 1);

/// The fields of an event, as C has them.
pub(crate) struct Fields(KVVec<bindings::rvdirect_fetch>);

impl Fields {
    /// There is none yet.
    pub(crate) fn new() -> Self {
        Fields(KVVec::new())
    }

    /// Adds one, behind the others.
    pub(crate) fn push(&mut self, field: &Field<'_>) -> Result {
        let (source, index) = match field.fetch.source {
            Source::Arg(index) => (bindings::rvdirect_source_RVDIRECT_SOURCE_ARG, index),
            Source::Stack(index) => (bindings::rvdirect_source_RVDIRECT_SOURCE_STACK, index),
            Source::Returned => (bindings::rvdirect_source_RVDIRECT_SOURCE_RETURNED, 0),
            Source::Comm => (bindings::rvdirect_source_RVDIRECT_SOURCE_COMM, 0),
        };
        let kind = match field.form.kind {
            Kind::Unsigned => bindings::rvdirect_kind_RVDIRECT_KIND_UNSIGNED,
            Kind::Signed => bindings::rvdirect_kind_RVDIRECT_KIND_SIGNED,
            Kind::Hex => bindings::rvdirect_kind_RVDIRECT_KIND_HEX,
            Kind::Char => bindings::rvdirect_kind_RVDIRECT_KIND_CHAR,
            Kind::Bool => bindings::rvdirect_kind_RVDIRECT_KIND_BOOL,
            Kind::Symbol => bindings::rvdirect_kind_RVDIRECT_KIND_SYMBOL,
            Kind::String => bindings::rvdirect_kind_RVDIRECT_KIND_STRING,
        };
        let mut fetch = bindings::rvdirect_fetch {
            source: u8::try_from(source)?,
            index,
            kind: u8::try_from(kind)?,
            size: field.form.size,
            left: field.form.shifts.0,
            right: field.form.shifts.1,
            count: field.form.count.unwrap_or(0).into(),
            ..Default::default()
        };
        // The rest of the name stays 0.
        for (to, from) in fetch.name.iter_mut().zip(field.name.text.bytes()) {
            *to = from as c_char;
        }
        for (step, offset) in field.fetch.steps().iter().zip(&mut fetch.offsets) {
            *offset = step.offset;
            fetch.user |= u8::from(step.is_users) << fetch.steps;
            fetch.steps += 1;
        }
        Ok(self.0.push(fetch, GFP_KERNEL)?)
    }
}

/// An event of an attachment's own.
///
/// # Invariants
///
/// `event` was made by `rvdirect_event_new()`, and is freed when this is dropped. While it is in
/// tracefs, [`Events`] has it.
pub(crate) struct Event {
    event: NonNull<bindings::rvdirect_event>,
    /// 1 if its attachment is gone.
    is_retired: Atomic<u32>,
}

// SAFETY: The functions of C may be called by any task.
unsafe impl Send for Event {}
// SAFETY: They may be called by several at once.
unsafe impl Sync for Event {}

impl Event {
    /// Returns what handlers get as their data.
    pub(super) fn as_ptr(&self) -> *mut c_void {
        self.event.as_ptr().cast()
    }

    /// Returns what is 0 while nobody wants the event. It lives as long as this.
    pub(super) fn is_on(&self) -> *const c_int {
        // SAFETY: The event is valid, by the type invariant.
        unsafe { bindings::rvdirect_event_is_on(self.event.as_ptr()) }
    }

    /// Takes it out of tracefs, unless somebody uses it.
    fn remove(&self) -> Result {
        // SAFETY: The event is valid, by the type invariant. Only `Events` calls this, for one that
        // is in tracefs.
        kernel::error::to_result(unsafe { bindings::rvdirect_event_remove(self.event.as_ptr()) })
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        // SAFETY: By the type invariant. `Events` has none that is dropped, so it is not in tracefs,
        // and handlers that work with it keep it.
        unsafe { bindings::rvdirect_event_free(self.event.as_ptr()) };
    }
}

/// The events that are in tracefs.
pub(crate) struct Events(Pin<KBox<Mutex<KVVec<Arc<Event>>>>>);

impl Events {
    /// There is none yet.
    ///
    /// # Safety
    ///
    /// Must be called once only.
    pub(crate) unsafe fn new() -> Result<Self> {
        let events = KBox::pin_init(new_mutex!(KVVec::new(), "rvdirect::events"), GFP_KERNEL)?;
        // SAFETY: By the requirement of this function. `drop` undoes it.
        kernel::error::to_result(unsafe { bindings::rvdirect_events_init() })?;
        Ok(Events(events))
    }

    /// Makes an event, and puts it into tracefs.
    ///
    /// # Errors
    ///
    /// `EEXIST`: there is one of that name; `EOPNOTSUPP`: the kernel lacks what this needs; `E2BIG`:
    /// a record would be too large.
    pub(crate) fn add(
        &self,
        name: &CStr,
        returns: bool,
        session: Option<SessionId>,
        fields: &Fields,
    ) -> Result<Arc<Event>> {
        let session = session.map_or(0, |session| session.number);
        // SAFETY: The name is NUL-terminated, and there are so many fields.
        let event = unsafe {
            bindings::rvdirect_event_new(
                name.as_char_ptr(),
                returns,
                session,
                fields.0.as_ptr(),
                u32::try_from(fields.0.len())?,
            )
        };
        let event = NonNull::new(from_err_ptr(event)?).ok_or(ENOMEM)?;
        // INVARIANT: It was made just now, and is not in tracefs.
        let event = Event {
            event,
            is_retired: Atomic::new(0),
        };
        let event = Arc::new(event, GFP_KERNEL)?;
        let mut events = self.0.lock();
        events.reserve(1, GFP_KERNEL)?;
        // SAFETY: It is valid, and not in tracefs yet.
        let ret = unsafe { bindings::rvdirect_event_add(event.event.as_ptr()) };
        kernel::error::to_result(ret)?;
        // INVARIANT: It is in `events` from now on. This cannot fail: room was reserved above.
        let _ = events.push_within_capacity(event.clone());
        Ok(event)
    }

    /// Notes that the attachment of an event is gone, and takes the event out of tracefs unless
    /// somebody uses it. Returns whether it is out.
    pub(crate) fn retire(&self, event: &Event) -> bool {
        event.is_retired.store(1, Relaxed);
        self.collect()
    }

    /// Takes events whose attachments are gone out of tracefs. Returns whether none of them is left,
    /// because somebody uses it.
    pub(crate) fn collect(&self) -> bool {
        let mut are_all_out = true;
        self.0.lock().retain(|event| {
            let is_retired = event.is_retired.load(Relaxed) == 1;
            let stays = !is_retired || event.remove().is_err();
            are_all_out &= !(stays && is_retired);
            // INVARIANT: What does not stay is not in tracefs any more.
            stays
        });
        are_all_out
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        // A module that fails to load goes whoever holds it: an event that somebody uses by then
        // would outlive it.
        while !self.collect() {
            // SAFETY: Sleeping is allowed here, as wherever attachments change.
            unsafe { bindings::rvdirect_events_wait() };
        }
        // SAFETY: No attachment is left, and so no event and no handler that makes records.
        unsafe { bindings::rvdirect_events_exit() };
    }
}
