// SPDX-License-Identifier: GPL-2.0

//! The names and numbers of the kernel's errors.
//!
//! Source: `include/uapi/asm-generic/errno-base.h`, `include/uapi/asm-generic/errno.h` and
//! `include/linux/errno.h`, which RISC-V uses as they are.
//!
//! Does not use the kernel, so it is tested on the host as well.

macro_rules! errnos {
    ($($name:ident = $number:literal),* $(,)?) => {
        $(#[allow(dead_code, reason = "few are used by name")]
        pub(crate) const $name: i32 = $number;)*

        // One text: slices of it would take three times the memory, and a relocation each.
        const NAMES: &str = concat!($(stringify!($name), "=", $number, " "),*);
    };
}

errnos! {
    EPERM = 1,
    ENOENT = 2,
    ESRCH = 3,
    EINTR = 4,
    EIO = 5,
    ENXIO = 6,
    E2BIG = 7,
    ENOEXEC = 8,
    EBADF = 9,
    ECHILD = 10,
    EAGAIN = 11,
    ENOMEM = 12,
    EACCES = 13,
    EFAULT = 14,
    ENOTBLK = 15,
    EBUSY = 16,
    EEXIST = 17,
    EXDEV = 18,
    ENODEV = 19,
    ENOTDIR = 20,
    EISDIR = 21,
    EINVAL = 22,
    ENFILE = 23,
    EMFILE = 24,
    ENOTTY = 25,
    ETXTBSY = 26,
    EFBIG = 27,
    ENOSPC = 28,
    ESPIPE = 29,
    EROFS = 30,
    EMLINK = 31,
    EPIPE = 32,
    EDOM = 33,
    ERANGE = 34,
    EDEADLK = 35,
    ENAMETOOLONG = 36,
    ENOLCK = 37,
    ENOSYS = 38,
    ENOTEMPTY = 39,
    ELOOP = 40,
    ENOMSG = 42,
    EIDRM = 43,
    ECHRNG = 44,
    EL2NSYNC = 45,
    EL3HLT = 46,
    EL3RST = 47,
    ELNRNG = 48,
    EUNATCH = 49,
    ENOCSI = 50,
    EL2HLT = 51,
    EBADE = 52,
    EBADR = 53,
    EXFULL = 54,
    ENOANO = 55,
    EBADRQC = 56,
    EBADSLT = 57,
    EBFONT = 59,
    ENOSTR = 60,
    ENODATA = 61,
    ETIME = 62,
    ENOSR = 63,
    ENONET = 64,
    ENOPKG = 65,
    EREMOTE = 66,
    ENOLINK = 67,
    EADV = 68,
    ESRMNT = 69,
    ECOMM = 70,
    EPROTO = 71,
    EMULTIHOP = 72,
    EDOTDOT = 73,
    EBADMSG = 74,
    EOVERFLOW = 75,
    ENOTUNIQ = 76,
    EBADFD = 77,
    EREMCHG = 78,
    ELIBACC = 79,
    ELIBBAD = 80,
    ELIBSCN = 81,
    ELIBMAX = 82,
    ELIBEXEC = 83,
    EILSEQ = 84,
    ERESTART = 85,
    ESTRPIPE = 86,
    EUSERS = 87,
    ENOTSOCK = 88,
    EDESTADDRREQ = 89,
    EMSGSIZE = 90,
    EPROTOTYPE = 91,
    ENOPROTOOPT = 92,
    EPROTONOSUPPORT = 93,
    ESOCKTNOSUPPORT = 94,
    EOPNOTSUPP = 95,
    EPFNOSUPPORT = 96,
    EAFNOSUPPORT = 97,
    EADDRINUSE = 98,
    EADDRNOTAVAIL = 99,
    ENETDOWN = 100,
    ENETUNREACH = 101,
    ENETRESET = 102,
    ECONNABORTED = 103,
    ECONNRESET = 104,
    ENOBUFS = 105,
    EISCONN = 106,
    ENOTCONN = 107,
    ESHUTDOWN = 108,
    ETOOMANYREFS = 109,
    ETIMEDOUT = 110,
    ECONNREFUSED = 111,
    EHOSTDOWN = 112,
    EHOSTUNREACH = 113,
    EALREADY = 114,
    EINPROGRESS = 115,
    ESTALE = 116,
    EUCLEAN = 117,
    ENOTNAM = 118,
    ENAVAIL = 119,
    EISNAM = 120,
    EREMOTEIO = 121,
    EDQUOT = 122,
    ENOMEDIUM = 123,
    EMEDIUMTYPE = 124,
    ECANCELED = 125,
    ENOKEY = 126,
    EKEYEXPIRED = 127,
    EKEYREVOKED = 128,
    EKEYREJECTED = 129,
    EOWNERDEAD = 130,
    ENOTRECOVERABLE = 131,
    ERFKILL = 132,
    EHWPOISON = 133,
    EFTYPE = 134,
    ERESTARTSYS = 512,
    ERESTARTNOINTR = 513,
    ERESTARTNOHAND = 514,
    ENOIOCTLCMD = 515,
    ERESTART_RESTARTBLOCK = 516,
    EPROBE_DEFER = 517,
    EOPENSTALE = 518,
    ENOPARAM = 519,
    EBADHANDLE = 521,
    ENOTSYNC = 522,
    EBADCOOKIE = 523,
    ENOTSUPP = 524,
    ETOOSMALL = 525,
    ESERVERFAULT = 526,
    EBADTYPE = 527,
    EJUKEBOX = 528,
    EIOCBQUEUED = 529,
    ERECALLCONFLICT = 530,
    ENOGRACE = 531,
}

/// Returns the positive number of an error, by its name.
pub(crate) fn by_name(name: &str) -> Option<i32> {
    let (_, number) = all().find(|(known, _)| *known == name)?;
    Some(number)
}

/// Returns the name of an error, by its positive number.
pub(crate) fn name(number: i32) -> Option<&'static str> {
    let (name, _) = all().find(|(_, known)| *known == number)?;
    Some(name)
}

fn all() -> impl Iterator<Item = (&'static str, i32)> {
    NAMES.split_ascii_whitespace().filter_map(|error| {
        let (name, number) = error.split_once('=')?;
        Some((name, number.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_agree() {
        assert_eq!(all().count(), NAMES.matches('=').count());
        for (known, number) in all() {
            assert_eq!(name(number), Some(known));
            assert_eq!(by_name(known), Some(number));
        }
        assert_eq!(by_name("ENOMEM"), Some(12));
        assert_eq!(by_name("EPROBE_DEFER"), Some(517));
        assert_eq!(by_name("ENOSUCH"), None);
        assert_eq!(name(0), None);
    }

    /// The text of events has the same names.
    #[test]
    fn events_know_them_too() {
        let event = include_str!("../trampoline/errors.h");
        let entries = event.matches(", \"E").count();
        assert_eq!(entries, all().count());
        for (name, number) in all() {
            assert!(event.contains(&format!("{{ {number}, \"{name}\" }}")));
            assert!((1..135).contains(&number) || (512..532).contains(&number));
        }
    }

    /// Two errors with one number, or two numbers for one name, would be a typo.
    #[test]
    fn nothing_is_there_twice() {
        for (index, (known, number)) in all().enumerate() {
            for (other, other_number) in all().take(index) {
                assert!(known != other && number != other_number, "{known} {other}");
            }
        }
    }
}
