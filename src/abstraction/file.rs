// SPDX-License-Identifier: GPL-2.0

//! Files in debugfs: safe types over `file.c`, which builds text files on `seq_file`.

use crate::bindings;
use core::{
    fmt,
    ptr::NonNull, //
};
use kernel::{
    error::{
        from_err_ptr,
        to_result, //
    },
    prelude::*,
    sync::Arc,
    types::Opaque, //
};

/// A text that a reader gets.
#[repr(transparent)]
pub(crate) struct Text(Opaque<bindings::rvdirect_text>);

/// What was written, or why it could not be copied: [`E2BIG`] if it is longer than
/// `RVDIRECT_MAX_WRITE`, [`ENOMEM`], [`EFAULT`].
pub(crate) type Written<'a> = Result<&'a [u8]>;

/// A file that shows a text, takes one, or both. `T` is what all files of a directory share.
pub(crate) struct TextFile<T: 'static> {
    /// Its name.
    pub(crate) name: &'static CStr,
    /// Writes the text for a reader, or returns the error that the reader gets instead.
    pub(crate) show: Option<fn(&T, &mut Text) -> Result>,
    /// Takes what was written.
    pub(crate) write: Option<fn(&T, Written<'_>) -> Result>,
}

/// The state that a stream file has each time it is opened. It is dropped when the last reference
/// to the open file goes.
pub(crate) trait Stream: Send + Sync + Sized {
    /// What all files of the directory share.
    type Context: Send + Sync;

    /// Makes the state for a file that the current task is opening.
    fn open(context: &Self::Context) -> Result<KBox<Self>>;

    /// Takes what was written. The next reads return what this adds to `answer`, up to an end of
    /// file.
    fn write(&self, written: Written<'_>, answer: &mut Text) -> Result;
}

/// A directory in debugfs with its files. Dropping it removes them.
///
/// # Invariants
///
/// - `dentry` is the directory.
/// - Its files are made from the elements of `_files`, and from `_stream`. These stay in place.
/// - The functions in these are those of this type and of its stream. They get `_context`.
pub(crate) struct Directory<T: Send + Sync + 'static> {
    dentry: NonNull<bindings::dentry>,
    _files: KVec<bindings::rvdirect_text_file>,
    _stream: KBox<bindings::rvdirect_stream_file>,
    _context: Arc<T>,
}

// SAFETY: Any task may remove the directory, and what the files share is `Send` and `Sync`.
unsafe impl<T: Send + Sync> Send for Directory<T> {}
// SAFETY: A shared reference gives access to nothing.
unsafe impl<T: Send + Sync> Sync for Directory<T> {}

impl Text {
    /// Appends `what`.
    ///
    /// # Errors
    ///
    /// [`ENOMEM`]; a part of `what` may have been appended then.
    pub(crate) fn add(&mut self, what: &dyn fmt::Display) -> Result {
        let mut line = Line {
            text: self,
            bytes: [0; LINE],
            length: 0,
        };
        fmt::Write::write_fmt(&mut line, format_args!("{what}"))
            .and_then(|()| line.flush())
            .map_err(|_| ENOMEM)
    }

    /// Returns how many bytes it has.
    pub(crate) fn length(&self) -> usize {
        // SAFETY: The text is valid, and borrowed.
        unsafe { (*self.0.get()).length }
    }

    /// Keeps only so many bytes, if it has more.
    pub(crate) fn truncate(&mut self, length: usize) {
        let length = length.min(self.length());
        // SAFETY: The text is valid, and nobody else has borrowed it. It has so many bytes.
        unsafe { (*self.0.get()).length = length };
    }

    fn add_bytes(&mut self, bytes: &[u8]) -> fmt::Result {
        // SAFETY: Pointer and length are those of `bytes`. The text is valid, and nobody else uses
        // it.
        let ret = unsafe {
            bindings::rvdirect_text_add(self.0.get(), bytes.as_ptr().cast(), bytes.len())
        };
        to_result(ret).map_err(|_| fmt::Error)
    }

    /// # Safety
    ///
    /// `text` must be valid, and nobody else may use it while the reference lives.
    unsafe fn from_raw<'a>(text: *mut bindings::rvdirect_text) -> &'a mut Self {
        // SAFETY: By the requirements of this function, and as the type is transparent.
        unsafe { &mut *text.cast() }
    }
}

/// How many bytes are gathered before they are appended: about a line.
const LINE: usize = 128;

/// Gathers what is to be appended, as formatting writes each blank between two columns by itself.
struct Line<'a> {
    text: &'a mut Text,
    bytes: [u8; LINE],
    length: usize,
}

impl Line<'_> {
    fn flush(&mut self) -> fmt::Result {
        let length = core::mem::take(&mut self.length);
        self.text
            .add_bytes(self.bytes.get(..length).unwrap_or_default())
    }
}

impl fmt::Write for Line<'_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let end = self.length + part.len();
        if let Some(room) = self.bytes.get_mut(self.length..end) {
            room.copy_from_slice(part.as_bytes());
            self.length = end;
            return Ok(());
        }
        self.flush()?;
        self.text.add_bytes(part.as_bytes())
    }

    fn write_char(&mut self, c: char) -> fmt::Result {
        match self.bytes.get_mut(self.length) {
            Some(byte) if c.is_ascii() => {
                *byte = c as u8;
                self.length += 1;
                Ok(())
            }
            _ => self.write_str(c.encode_utf8(&mut [0; 4])),
        }
    }
}

impl<T: Send + Sync> Directory<T> {
    /// Makes a directory of that name, with these files and a stream, all of which share `context`.
    ///
    /// # Errors
    ///
    /// Those of debugfs: [`EEXIST`] if the name is taken, [`EPERM`] or [`ENODEV`] if debugfs is off
    /// or not built in, [`ENOMEM`]. Nothing is left then.
    pub(crate) fn new<S: Stream<Context = T>>(
        name: &CStr,
        files: &'static [TextFile<T>],
        stream: &CStr,
        context: Arc<T>,
    ) -> Result<Self> {
        let shared: *const T = &*context;
        let mut entries = KVec::with_capacity(files.len(), GFP_KERNEL)?;
        for file in files {
            let what: *const TextFile<T> = file;
            let entry = bindings::rvdirect_text_file {
                context: shared.cast(),
                what: what.cast(),
                show: if file.show.is_some() {
                    Some(Self::show)
                } else {
                    None
                },
                write: if file.write.is_some() {
                    Some(Self::write)
                } else {
                    None
                },
            };
            entries.push(entry, GFP_KERNEL)?;
        }
        let stream_entry = bindings::rvdirect_stream_file {
            context: shared.cast(),
            open: Some(open::<S>),
            write: Some(write::<S>),
            release: Some(release::<S>),
        };
        let stream_entry = KBox::new(stream_entry, GFP_KERNEL)?;
        // SAFETY: The name is NUL-terminated.
        let dentry = unsafe { bindings::rvdirect_make_directory(name.as_char_ptr()) };
        // INVARIANT: The directory has no files yet. They are made below, from entries that do not
        // move any more. If one cannot be made, dropping this value removes all of them.
        let directory = Directory {
            dentry: NonNull::new(from_err_ptr(dentry)?).ok_or(ENODEV)?,
            _files: entries,
            _stream: stream_entry,
            _context: context,
        };
        let dentry = directory.dentry.as_ptr();
        for (file, entry) in files.iter().zip(directory._files.iter()) {
            // SAFETY: The name is NUL-terminated. By the type invariant, the entry stays in place,
            // and its functions get what they expect.
            to_result(unsafe {
                bindings::rvdirect_make_text_file(dentry, file.name.as_char_ptr(), entry)
            })?;
        }
        // SAFETY: The same.
        to_result(unsafe {
            bindings::rvdirect_make_stream_file(dentry, stream.as_char_ptr(), &*directory._stream)
        })?;
        // SAFETY: All files exist.
        unsafe { bindings::rvdirect_open_directory() };
        Ok(directory)
    }

    /// # Safety
    ///
    /// `file` must be an element of the `_files` of a `Self`, and its context must be valid.
    unsafe fn file<'a>(file: *const bindings::rvdirect_text_file) -> (&'a TextFile<T>, &'a T) {
        // SAFETY: By the requirement of this function, and as `Self::new` fills it in.
        unsafe { (&*(*file).what.cast(), &*(*file).context.cast()) }
    }

    /// # Safety
    ///
    /// See [`Self::file`]; `text` must be valid, and nobody else may use it.
    unsafe extern "C" fn show(
        file: *const bindings::rvdirect_text_file,
        text: *mut bindings::rvdirect_text,
    ) -> c_int {
        // SAFETY: By the requirements of this function.
        let ((file, context), text) = unsafe { (Self::file(file), Text::from_raw(text)) };
        to_errno(file.show.map_or(Err(EINVAL), |show| show(context, text)))
    }

    /// # Safety
    ///
    /// See [`Self::file`] and [`written`].
    unsafe extern "C" fn write(
        file: *const bindings::rvdirect_text_file,
        bytes: *const c_char,
        length: isize,
    ) -> c_int {
        // SAFETY: By the requirements of this function.
        let ((file, context), written) = unsafe { (Self::file(file), written(bytes, length)) };
        to_errno(
            file.write
                .map_or(Err(EINVAL), |write| write(context, written)),
        )
    }
}

impl<T: Send + Sync> Drop for Directory<T> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant, this is the directory. When the call returns, no function
        // of its files that uses the entries or the context is running.
        unsafe { bindings::rvdirect_remove_directory(self.dentry.as_ptr()) };
    }
}

/// # Safety
///
/// `context` must be a valid `S::Context`, and `state` valid for writing.
unsafe extern "C" fn open<S: Stream>(context: *const c_void, state: *mut *mut c_void) -> c_int {
    // SAFETY: By the requirements of this function.
    let context = unsafe { &*context.cast::<S::Context>() };
    to_errno(S::open(context).map(|opened| {
        // SAFETY: The same.
        unsafe { state.write(KBox::into_raw(opened).cast()) };
    }))
}

/// # Safety
///
/// `state` must come from [`open`]. `answer` must be valid, and nobody else may use it. See
/// [`written`] for the rest.
unsafe extern "C" fn write<S: Stream>(
    state: *const c_void,
    bytes: *const c_char,
    length: isize,
    answer: *mut bindings::rvdirect_text,
) -> c_int {
    // SAFETY: By the requirements of this function.
    let (state, written, answer) = unsafe {
        (
            &*state.cast::<S>(),
            written(bytes, length),
            Text::from_raw(answer),
        )
    };
    to_errno(state.write(written, answer))
}

/// # Safety
///
/// `state` must come from [`open`], and must not be used any more.
unsafe extern "C" fn release<S: Stream>(state: *mut c_void) {
    // SAFETY: By the requirement of this function.
    drop(unsafe { KBox::from_raw(state.cast::<S>()) });
}

/// # Safety
///
/// If `length` is not negative, `bytes` must point to that many bytes, which do not change.
unsafe fn written<'a>(bytes: *const c_char, length: isize) -> Written<'a> {
    match usize::try_from(length) {
        // SAFETY: By the requirement of this function.
        Ok(length) => Ok(unsafe { core::slice::from_raw_parts(bytes.cast(), length) }),
        Err(_) => Err(Error::from_errno(length as c_int)),
    }
}

fn to_errno(result: Result) -> c_int {
    result.map_or_else(Error::to_errno, |()| 0)
}
