//! Disables core files, which would hold the pictures, numbers and keys that the program has in
//! memory.
//!
//! Must not fail: if the system refuses, the program runs with core files.

/// Disables core files, and access of other users and programs to this program's memory.
///
/// Does both, because each has a gap: a system that pipes core dumps to a program ignores the size
/// limit, and `exec` resets the flag.
#[cfg(unix)]
pub(crate) fn switch_off() {
    use nix::sys::resource::{Resource, setrlimit};

    let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_dumpable(false);
}

#[cfg(not(unix))]
pub(crate) fn switch_off() {}
