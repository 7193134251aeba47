//! Stands before the C library in a program whose disk loses its power: tells the twin of a folder
//! what was synced, renamed and removed in it (crate `power-cut`). Everything else is as it was.
//!
//! A sync of a file in the folder goes no further: a kill leaves what was written, and the disk after
//! the power cut is made of the twin.

#![cfg(target_os = "linux")]

use std::ffi::{CStr, OsStr, c_char, c_int, c_long};
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use power_cut::Twin;

fn twin() -> Option<&'static Twin> {
    static TWIN: OnceLock<Option<Twin>> = OnceLock::new();
    TWIN.get_or_init(Twin::of_environment).as_ref()
}

/// As the C library's.
#[unsafe(no_mangle)]
pub extern "C" fn fsync(fd: c_int) -> c_int {
    synced(fd, libc::SYS_fsync)
}

/// As the C library's.
#[unsafe(no_mangle)]
pub extern "C" fn fdatasync(fd: c_int) -> c_int {
    synced(fd, libc::SYS_fdatasync)
}

/// As the C library's.
///
/// # Safety
/// Both are strings of C.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    let mut done = 0;
    let mut act = || {
        // SAFETY: the strings are the caller's, as for the C library's own.
        let code = unsafe {
            libc::syscall(libc::SYS_renameat2, libc::AT_FDCWD, from, libc::AT_FDCWD, to, 0)
        };
        done = code as c_int;
        code == 0
    };
    // SAFETY: as above.
    let (from, to) = unsafe { (path_of(from), path_of(to)) };
    match twin().and_then(|twin| Some((twin, twin.name_of(from)?, twin.name_of(to)?))) {
        Some((twin, from, to)) => or_die(twin.renames(&from, &to, act)),
        None => {
            act();
        }
    }
    done
}

/// As the C library's.
///
/// # Safety
/// It is a string of C.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn unlink(path: *const c_char) -> c_int {
    let mut done = 0;
    let mut act = || {
        // SAFETY: the string is the caller's, as for the C library's own.
        let code = unsafe { libc::syscall(libc::SYS_unlinkat, libc::AT_FDCWD, path, 0) };
        done = code as c_int;
        code == 0
    };
    // SAFETY: as above.
    let path = unsafe { path_of(path) };
    match twin().and_then(|twin| Some((twin, twin.name_of(path)?))) {
        Some((twin, name)) => or_die(twin.removes(&name, act)),
        None => {
            act();
        }
    }
    done
}

fn synced(fd: c_int, call: c_long) -> c_int {
    let name = || {
        let path: PathBuf = std::fs::read_link(format!("/proc/self/fd/{fd}")).ok()?;
        let twin = twin()?;
        Some((twin, twin.name_of(&path)?))
    };
    match name() {
        Some((twin, name)) => {
            or_die(twin.synced(&name));
            0
        }
        // SAFETY: the call takes a number and touches no memory.
        None => (unsafe { libc::syscall(call, fd) }) as c_int,
    }
}

/// # Safety
/// It is a string of C that outlives the value.
unsafe fn path_of<'a>(text: *const c_char) -> &'a Path {
    // SAFETY: the caller's promise.
    let text = unsafe { CStr::from_ptr(text) };
    Path::new(OsStr::from_bytes(text.to_bytes()))
}

/// A twin that is not kept would let anything pass.
fn or_die(kept: std::io::Result<()>) {
    if let Err(error) = kept {
        let _ = writeln!(std::io::stderr(), "the twin of the disk cannot be kept: {error}");
        std::process::abort();
    }
}
