// SPDX-License-Identifier: GPL-2.0

//! Tests on the host, where memory is short when a test wants it.

use crate::{
    alloc::{
        flags::*,
        AllocError,
        KBox,
        KVec, //
    },
    error::{
        code::*,
        from_err_ptr,
        to_result,
        Error, //
    },
    ffi::*,
    global_lock, new_mutex,
    str::{
        CStrExt,
        CString, //
    },
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Relaxed,
            Release, //
        },
        Arc, //
    },
};
use core::{
    alloc::{
        GlobalAlloc,
        Layout, //
    },
    cell::{
        Cell,
        RefCell, //
    },
    ffi::CStr,
    ptr,
    sync::atomic::{
        AtomicBool,
        AtomicUsize,
        Ordering, //
    },
};

/// The host's allocator, but for a thread that has used up what a test allows it.
struct Short;

thread_local! {
    static LEFT: Cell<usize> = const { Cell::new(usize::MAX) };
}

fn is_short() -> bool {
    let left = LEFT.get();
    if left != usize::MAX {
        LEFT.set(left.saturating_sub(1));
    }
    left == 0
}

// SAFETY: As the host's, or without memory.
unsafe impl GlobalAlloc for Short {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if is_short() {
            return ptr::null_mut();
        }
        // SAFETY: By the requirements of this function.
        unsafe { std::alloc::System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: The same.
        unsafe { std::alloc::System.dealloc(memory, layout) };
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if is_short() {
            return ptr::null_mut();
        }
        // SAFETY: The same.
        unsafe { std::alloc::System.realloc(memory, layout, new_size) }
    }
}

#[global_allocator]
static SHORT: Short = Short;

/// Runs `act` with so many allocations, and no more.
fn with_allocations<R>(count: usize, act: impl FnOnce() -> R) -> R {
    LEFT.set(count);
    let result = act();
    LEFT.set(usize::MAX);
    result
}

/// What the host has for a `struct mutex`, in the room for one.
fn is_locked<'a>(mutex: *mut c_void) -> &'a AtomicBool {
    // SAFETY: It is `rvdirect_mutex_init` that made it.
    unsafe { &*mutex.cast::<AtomicBool>() }
}

#[no_mangle]
unsafe extern "C" fn rvdirect_mutex_init(
    mutex: *mut c_void,
    name: *const c_char,
    _key: *mut c_void,
) {
    // SAFETY: The name ends in NUL, and there is room.
    unsafe {
        assert!(!CStr::from_char_ptr(name).is_empty());
        mutex.cast::<AtomicBool>().write(AtomicBool::new(false));
    }
}

#[no_mangle]
extern "C" fn rvdirect_mutex_lock(mutex: *mut c_void) {
    while is_locked(mutex).swap(true, Ordering::Acquire) {
        std::thread::yield_now();
    }
}

#[no_mangle]
extern "C" fn rvdirect_mutex_unlock(mutex: *mut c_void) {
    assert!(is_locked(mutex).swap(false, Ordering::Release));
}

/// Notes in which order values are dropped.
struct Noisy<'a>(u32, &'a RefCell<Vec<u32>>);

impl Drop for Noisy<'_> {
    fn drop(&mut self) {
        self.1.borrow_mut().push(self.0);
    }
}

#[test]
fn a_vector_without_memory_stays_as_it_was() {
    let mut vector = KVec::new();
    vector.push(1u64, GFP_KERNEL).unwrap();
    while vector.push_within_capacity(2).is_ok() {}
    let before = vector.len();
    with_allocations(0, || {
        assert!(vector.push(3, GFP_KERNEL).is_err());
        assert!(vector.extend_from_slice(&[3; 100], GFP_KERNEL).is_err());
        assert!(vector.resize(before + 1, 3, GFP_KERNEL).is_err());
        assert!(vector.reserve(1, GFP_KERNEL).is_err());
        assert!(KVec::<u8>::with_capacity(1, GFP_KERNEL).is_err());
        assert!(KVec::from_elem(1u8, 1, GFP_KERNEL).is_err());
        assert!(KVec::<u8>::with_capacity(0, GFP_KERNEL).is_ok());
    });
    assert_eq!(vector.len(), before);
    assert_eq!(vector.iter().sum::<u64>(), 2 * before as u64 - 1);
}

#[test]
fn a_vector_that_would_be_too_large_is_an_error() {
    let mut vector = KVec::new();
    vector.push(0u64, GFP_KERNEL).unwrap();
    assert!(vector.reserve(usize::MAX, GFP_KERNEL).is_err());
    assert!(KVec::<u64>::with_capacity(usize::MAX / 8 + 1, GFP_KERNEL).is_err());
}

#[test]
fn a_vector_gives_back_what_has_no_room() {
    let mut vector = KVec::with_capacity(1, GFP_KERNEL).unwrap();
    vector.push_within_capacity(Box::new(1)).unwrap();
    let error = vector.push_within_capacity(Box::new(2)).unwrap_err();
    assert_eq!(*error.0, 2);
}

#[test]
fn a_vector_is_zeroed_if_asked() {
    let mut vector = KVec::<[u64; 8]>::with_capacity(3, GFP_KERNEL | __GFP_ZERO).unwrap();
    // SAFETY: There is room for so many, and they may have any bytes.
    unsafe { vector.inc_len(3) };
    assert_eq!(vector[..], [[0; 8]; 3]);
}

#[test]
fn a_vector_drops_what_it_loses() {
    let dropped = RefCell::new(Vec::new());
    let mut vector = KVec::new();
    for number in 0..6 {
        vector.push(Noisy(number, &dropped), GFP_KERNEL).unwrap();
    }
    drop(vector.remove(0).unwrap());
    assert!(vector.remove(5).is_err());
    drop(vector.pop());
    vector.retain(|noisy| noisy.0 != 2);
    vector.truncate(2);
    assert_eq!(*dropped.borrow(), [0, 5, 2, 4]);
    let mut rest = vector.into_iter();
    assert_eq!(rest.next().unwrap().0, 1);
    drop(rest);
    assert_eq!(*dropped.borrow(), [0, 5, 2, 4, 1, 3]);
}

#[test]
fn a_vector_is_resized_both_ways() {
    let mut vector = KVec::from_elem(7, 2, GFP_KERNEL).unwrap();
    vector.resize(4, 8, GFP_KERNEL).unwrap();
    assert_eq!(vector[..], [7, 7, 8, 8]);
    vector.resize(1, 9, GFP_KERNEL).unwrap();
    assert_eq!(vector[..], [7]);
    vector.clear();
    assert!(vector.is_empty());
}

#[test]
fn a_box_without_memory_is_an_error_and_drops_the_value() {
    let dropped = RefCell::new(Vec::with_capacity(4));
    assert!(with_allocations(0, || KBox::new(
        Noisy(1, &dropped),
        GFP_KERNEL
    )
    .is_err()));
    let raw = KBox::into_raw(KBox::new(Noisy(2, &dropped), GFP_KERNEL).unwrap());
    assert_eq!(*dropped.borrow(), [1]);
    // SAFETY: It comes from `into_raw` just above.
    drop(unsafe { KBox::from_raw(raw) });
    assert_eq!(*dropped.borrow(), [1, 2]);
}

#[test]
fn the_last_of_those_who_share_drops_the_value() {
    let dropped = RefCell::new(Vec::with_capacity(4));
    assert!(with_allocations(0, || Arc::new(
        Noisy(1, &dropped),
        GFP_KERNEL
    )
    .is_err()));
    assert_eq!(*dropped.borrow(), [1]);
    let first = Arc::new(Noisy(2, &dropped), GFP_KERNEL).unwrap();
    let second = with_allocations(0, || first.clone());
    drop(first);
    assert_eq!(second.0, 2);
    assert_eq!(*dropped.borrow(), [1]);
    drop(second);
    assert_eq!(*dropped.borrow(), [1, 2]);
}

#[test]
fn a_string_has_a_nul_at_its_end_only() {
    let text = CString::try_from_fmt(format_args!("{}-{}", 1, "two")).unwrap();
    assert_eq!(&*text, c"1-two");
    assert_eq!(
        CString::try_from_fmt(format_args!("a\0b")).err(),
        Some(EINVAL)
    );
    assert_eq!(&*CString::try_from(c"three").unwrap(), c"three");
    // SAFETY: It ends in NUL, and stays.
    assert_eq!(unsafe { CStr::from_char_ptr(text.as_char_ptr()) }, c"1-two");
}

#[test]
fn a_string_without_memory_is_an_error() {
    let long = "x".repeat(100);
    for count in 0..2 {
        let result = with_allocations(count, || {
            CString::try_from_fmt(format_args!("{}{long}", 1)).err()
        });
        assert_eq!(result, Some(ENOMEM), "after {count} allocations");
    }
    assert!(with_allocations(0, || CString::try_from(c"x").is_err()));
}

#[test]
fn errors_are_numbers() {
    assert_eq!(ENOENT.to_errno(), -2);
    assert_eq!(Error::from_errno(-16), EBUSY);
    for wrong in [0, 1, -4096, c_int::MIN] {
        assert_eq!(Error::from_errno(wrong), EINVAL);
    }
    assert_eq!(to_result(-12), Err(ENOMEM));
    assert_eq!(to_result(0), Ok(()));
    assert_eq!(to_result(1), Ok(()));
    assert_eq!(Error::from(AllocError), ENOMEM);
    let mut value = 1;
    assert_eq!(from_err_ptr(&raw mut value), Ok(&raw mut value));
    assert_eq!(from_err_ptr(ptr::null_mut::<u8>()), Ok(ptr::null_mut()));
    for number in [1, 4095] {
        let pointer = ptr::without_provenance_mut::<u8>(0usize.wrapping_sub(number));
        assert_eq!(
            from_err_ptr(pointer),
            Err(Error::from_errno(-(number as c_int)))
        );
    }
    let last = ptr::without_provenance_mut::<u8>(0usize.wrapping_sub(4096));
    assert_eq!(from_err_ptr(last), Ok(last));
}

#[test]
fn atomic_numbers_count() {
    static COUNT: Atomic<u32> = Atomic::new(u32::MAX);
    assert_eq!(COUNT.fetch_add(1, Relaxed), u32::MAX);
    assert_eq!(COUNT.load(Acquire), 0);
    let word = Atomic::<u64>::new(1);
    word.store(5, Release);
    // SAFETY: Nobody else uses it.
    assert_eq!(unsafe { word.as_ptr().read_volatile() }, 5);
}

#[test]
fn one_thread_at_a_time_has_a_mutex() {
    let mutex = KBox::pin_init(new_mutex!(0u64, "test::mutex"), GFP_KERNEL).unwrap();
    let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let mut number = mutex.lock();
                    most.fetch_max(
                        inside.fetch_add(1, Ordering::Relaxed) + 1,
                        Ordering::Relaxed,
                    );
                    *number += 1;
                    inside.fetch_sub(1, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!((*mutex.lock(), most.into_inner()), (200, 1));
}

#[test]
fn a_mutex_without_memory_is_an_error_and_drops_its_value() {
    let dropped = RefCell::new(Vec::with_capacity(4));
    let result = with_allocations(0, || {
        KBox::pin_init(new_mutex!(Noisy(1, &dropped), "test::mutex"), GFP_KERNEL).err()
    });
    assert_eq!(result, Some(ENOMEM));
    assert_eq!(*dropped.borrow(), [1]);
}

global_lock! {
    // SAFETY: Only one test uses it, which initialises it first.
    unsafe(uninit) static GLOBAL: Mutex<u32> = 1;
}

#[test]
fn a_static_mutex_is_initialised_once() {
    // SAFETY: This is done once.
    unsafe { GLOBAL.init() };
    *GLOBAL.lock() += 1;
    assert_eq!(*GLOBAL.lock(), 2);
}

#[test]
fn memory_is_asked_for_in_sizes_that_the_kernel_aligns() {
    for (size, align, asked) in [(1, 1, 1), (24, 8, 24), (65, 64, 128), (192, 64, 192)] {
        let layout = Layout::from_size_align(size, align).unwrap();
        assert_eq!(crate::alloc::size(layout), asked);
    }
}
