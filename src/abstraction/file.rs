// SPDX-License-Identifier: GPL-2.0

//! Files in debugfs: safe types over `file.c`, where the files are made of `seq_file`.

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

/// The most bytes that one write may have.
pub(crate) const MAX_WRITE: usize = bindings::RVDIRECT_MAX_WRITE as usize;

/// A text that a reader gets.
#[repr(transparent)]
pub(crate) struct Text(Opaque<bindings::rvdirect_text>);

/// What was written, or the error by which it could not be had: [`E2BIG`] if it is longer than
/// [`MAX_WRITE`], [`ENOMEM`], [`EFAULT`].
pub(crate) type Written<'a> = Result<&'a [u8]>;

/// A file that shows a text, takes one, or both. `T` is what all files of a directory share.
pub(crate) struct TextFile<T: 'static> {
    /// Its name.
    pub(crate) name: &'static CStr,
    /// Writes what a reader gets, or says which error the reader gets instead.
    pub(crate) show: Option<fn(&T, &mut Text) -> Result>,
    /// Takes what was written.
    pub(crate) write: Option<fn(&T, Written<'_>) -> Result>,
}

/// A file of which each open one has a state. When the last reference to the open file goes, the
/// state is dropped.
pub(crate) trait Stream: Send + Sync + Sized {
    /// What all files of the directory share.
    type Context: Send + Sync;

    /// Makes the state of a file that is opened just now by the current task.
    fn open(context: &Self::Context) -> Result<KBox<Self>>;

    /// Takes what was written. What is added to `answer` is what is read next, up to an end of file.
    fn write(&self, written: Written<'_>, answer: &mut Text) -> Result;
}

/// A directory in debugfs with its files, which go when it is dropped.
///
/// # Invariants
///
/// - `dentry` is the directory.
/// - Its files have the elements of `_files`, and `_stream`, which stay in place.
/// - Their functions are those of this type and of its stream. They get `_context`.
pub(crate) struct Directory<T: Send + Sync + 'static> {
    dentry: NonNull<bindings::dentry>,
    _files: KVec<bindings::rvdirect_text_file>,
    _stream: KBox<bindings::rvdirect_stream_file>,
    _context: Arc<T>,
}

// SAFETY: The directory may be removed by any task, and what the files share is `Send` and `Sync`.
unsafe impl<T: Send + Sync> Send for Directory<T> {}
// SAFETY: There is nothing to do with a shared reference.
unsafe impl<T: Send + Sync> Sync for Directory<T> {}

impl Text {
    /// Adds to its end.
    ///
    /// # Errors
    ///
    /// [`ENOMEM`]; a part of it may have been added then.
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

    fn add_bytes(&mut self, bytes: &[u8]) -> fmt::Result {
        // SAFETY: There are so many bytes; the text is valid, and borrowed by nobody else.
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

/// How many bytes are gathered before they are added: about as much as a line has.
const LINE: usize = 128;

/// What is about to be added: formatting makes each blank between two columns by itself.
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
    /// What debugfs says: [`EEXIST`] if there is one of that name, [`ENODEV`] if it is not to be
    /// used, [`ENOMEM`]. Nothing is left then.
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
        // SAFETY: The name is a string with a terminator.
        let dentry = unsafe { bindings::rvdirect_make_directory(name.as_char_ptr()) };
        // INVARIANT: It has no files yet. They are made below, of what does not move any more; if
        // one cannot be, all go with this value.
        let directory = Directory {
            dentry: NonNull::new(from_err_ptr(dentry)?).ok_or(ENODEV)?,
            _files: entries,
            _stream: stream_entry,
            _context: context,
        };
        let dentry = directory.dentry.as_ptr();
        for (file, entry) in files.iter().zip(directory._files.iter()) {
            // SAFETY: The name is a string with a terminator; by the type invariant, the entry
            // stays, and is as its functions expect it.
            to_result(unsafe {
                bindings::rvdirect_make_text_file(dentry, file.name.as_char_ptr(), entry)
            })?;
        }
        // SAFETY: The same.
        to_result(unsafe {
            bindings::rvdirect_make_stream_file(dentry, stream.as_char_ptr(), &*directory._stream)
        })?;
        Ok(directory)
    }

    /// # Safety
    ///
    /// `file` must be an element of a `Self`, whose context is valid.
    unsafe fn file<'a>(file: *const bindings::rvdirect_text_file) -> (&'a TextFile<T>, &'a T) {
        // SAFETY: By the requirement of this function, and as `Self::new` fills it in.
        unsafe { (&*(*file).what.cast(), &*(*file).context.cast()) }
    }

    /// # Safety
    ///
    /// See [`Self::file`]; `text` must be valid, and nobody else's.
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
        // SAFETY: It is the directory, by the type invariant. When this returns, no function of
        // its files is running that uses the entries or the context.
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
/// `state` must be what [`open`] made, `answer` valid, and nobody else's; see [`written`].
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
/// `state` must be what [`open`] made, and is not used any more.
unsafe extern "C" fn release<S: Stream>(state: *mut c_void) {
    // SAFETY: By the requirement of this function.
    drop(unsafe { KBox::from_raw(state.cast::<S>()) });
}

/// # Safety
///
/// If `length` is not negative, `bytes` must have so many, which stay as they are.
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
