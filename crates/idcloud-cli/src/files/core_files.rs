//! Core files, which would hold the pictures, numbers and keys that the program has in memory.
//!
//! Must not fail: where the system refuses, the program runs as any other does.

/// Switches off core files, and other users' and programs' looks into this program's memory.
///
/// Both ways, because each has a hole: a system that hands cores to a program ignores the limit of their size, and the flag is set
/// anew where a program is started by another.
#[cfg(unix)]
pub(crate) fn switch_off() {
    use nix::sys::resource::{Resource, setrlimit};

    let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_dumpable(false);
}

#[cfg(not(unix))]
pub(crate) fn switch_off() {}
