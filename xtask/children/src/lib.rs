//! Child processes of tests: each one is bounded in time, and ends with the test that started it.
//!
//! Must not leave a process behind, not even if the test panics, nor wait without a limit.

use std::io;
use std::ops::{Deref, DerefMut};
use std::process::{self, Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

#[cfg(unix)]
pub use self::unix::{Signal, end_group, ends_within, is_alive, send};

/// How long the streams of a child are read after its end: a process that it started may keep them
/// open.
const AFTERWARDS: Duration = Duration::from_secs(5);

/// A child process. Dropping it ends it.
///
/// It dereferences to [`process::Child`], so its streams can be taken. Reading them is bounded too:
/// they end when the child is ended at its limit.
#[derive(Debug)]
pub struct Child {
    process: process::Child,
    /// Whether the child leads a process group, which ends with it.
    leads: bool,
    watchdog: Option<Watchdog>,
}

impl Child {
    /// Starts a process that may run for up to `limit`.
    ///
    /// It stays in the group of the test, so ctrl-c reaches it as well.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn spawn(command: &mut Command, limit: Duration) -> io::Result<Self> {
        command
            .spawn()
            .map(|process| Self::of(process, false, limit))
    }

    /// Starts a process in a group of its own, for a shell that starts other processes: the whole
    /// group ends with it.
    ///
    /// # Errors
    /// As for [`Child::spawn`].
    #[cfg(unix)]
    pub fn spawn_group(command: &mut Command, limit: Duration) -> io::Result<Self> {
        use std::os::unix::process::CommandExt as _;
        command
            .process_group(0)
            .spawn()
            .map(|process| Self::of(process, true, limit))
    }

    fn of(process: process::Child, leads: bool, limit: Duration) -> Self {
        let watchdog = Watchdog::watching(process.id(), leads, limit);
        Self {
            process,
            leads,
            watchdog: Some(watchdog),
        }
    }

    /// Waits for the end, and returns what the child printed to the piped streams.
    ///
    /// # Errors
    /// The child cannot be waited for.
    ///
    /// # Panics
    /// The child reached its limit and was ended. The message has what it had printed.
    pub fn finish(self) -> io::Result<Output> {
        let (output, in_time) = self.finish_or_give_up()?;
        assert!(
            in_time,
            "gave up, and ended the child\n--- stdout\n{}\n--- stderr\n{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(output)
    }

    /// Like [`Child::finish`], for callers that report the output themselves. The second value is
    /// whether the child ended within its limit.
    ///
    /// # Errors
    /// As for [`Child::finish`].
    pub fn finish_or_give_up(mut self) -> io::Result<(Output, bool)> {
        let stdout = self.process.stdout.take().map(Stream::read);
        let stderr = self.process.stderr.take().map(Stream::read);
        drop(self.process.stdin.take());
        let status = self.process.wait()?;
        let in_time = self.call_off();
        // Remaining processes of the group would keep the streams open.
        self.end_what_is_left();
        let output = Output {
            status,
            stdout: stdout.map(Stream::seen).unwrap_or_default(),
            stderr: stderr.map(Stream::seen).unwrap_or_default(),
        };
        Ok((output, in_time))
    }

    /// Cancels the watchdog. True if it had not ended the child.
    fn call_off(&mut self) -> bool {
        self.watchdog.take().is_none_or(Watchdog::call_off)
    }

    fn end_what_is_left(&self) {
        #[cfg(unix)]
        if self.leads {
            end_group(self.process.id());
        }
    }
}

impl Deref for Child {
    type Target = process::Child;

    fn deref(&self) -> &process::Child {
        &self.process
    }
}

impl DerefMut for Child {
    fn deref_mut(&mut self) -> &mut process::Child {
        &mut self.process
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.call_off();
        self.end_what_is_left();
        // Errors are fine: the process has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Waits in real time, for what other processes do.
pub fn pause(duration: Duration) {
    let (_never, heard) = mpsc::channel::<()>();
    let _ = heard.recv_timeout(duration);
}

/// Ends a child at its limit.
#[derive(Debug)]
struct Watchdog {
    call_off: mpsc::Sender<()>,
    struck: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Watchdog {
    fn watching(id: u32, leads: bool, limit: Duration) -> Self {
        let (call_off, called_off) = mpsc::channel();
        let struck = Arc::new(AtomicBool::new(false));
        let strikes = Arc::clone(&struck);
        let thread = thread::spawn(move || {
            if called_off.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                strikes.store(true, Ordering::Release);
                end(id, leads);
            }
        });
        Self {
            call_off,
            struck,
            thread,
        }
    }

    /// True if it did not end the child.
    fn call_off(self) -> bool {
        drop(self.call_off);
        let _ = self.thread.join();
        !self.struck.load(Ordering::Acquire)
    }
}

#[cfg(unix)]
fn end(id: u32, leads: bool) {
    if leads {
        end_group(id);
    } else {
        send(id, Signal::SIGKILL);
    }
}

/// Without signals, the child is ended when it is dropped.
#[cfg(not(unix))]
fn end(_: u32, _: bool) {}

/// A stream of a child, read by a thread; every wait for it has a limit.
struct Stream {
    seen: Arc<Mutex<Vec<u8>>>,
    ended: mpsc::Receiver<()>,
}

impl Stream {
    fn read(mut from: impl io::Read + Send + 'static) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (end, ended) = mpsc::channel();
        let filled = Arc::clone(&seen);
        thread::spawn(move || {
            let _end = end;
            let mut buffer = [0; 8192];
            while let Ok(read @ 1..) = from.read(&mut buffer) {
                let mut filled = filled.lock().unwrap_or_else(PoisonError::into_inner);
                filled.extend(buffer.iter().take(read));
            }
        });
        Self { seen, ended }
    }

    /// The bytes read, once the stream has ended or the wait for it has timed out.
    fn seen(self) -> Vec<u8> {
        let _ = self.ended.recv_timeout(AFTERWARDS);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut seen)
    }
}

#[cfg(unix)]
mod unix {
    use std::fs;
    use std::time::Duration;

    use super::pause;

    use nix::sys::signal::{kill, killpg};
    use nix::unistd::Pid;

    pub use nix::sys::signal::Signal;

    /// Whether the process is alive. An ended process does not count, even if its parent has not
    /// waited for it yet.
    #[must_use]
    pub fn is_alive(id: u32) -> bool {
        let has_ended = |stat: String| stat.contains(") Z ");
        let stat = fs::read_to_string(format!("/proc/{id}/stat"));
        pid(id).is_some_and(|pid| kill(pid, None).is_ok()) && !stat.is_ok_and(has_ended)
    }

    /// Waits up to `limit` for the end of a process. True if it ended.
    #[must_use]
    pub fn ends_within(id: u32, limit: Duration) -> bool {
        const EVERY: Duration = Duration::from_millis(10);
        let mut left = limit;
        while is_alive(id) {
            if left.is_zero() {
                return false;
            }
            pause(EVERY);
            left = left.saturating_sub(EVERY);
        }
        true
    }

    /// Sends a signal to one process; ignored if it has ended already.
    pub fn send(id: u32, signal: Signal) {
        if let Some(pid) = pid(id) {
            let _ = kill(pid, signal);
        }
    }

    /// Ends every process of a group, named by its leader.
    pub fn end_group(leader: u32) {
        if let Some(pid) = pid(leader) {
            let _ = killpg(pid, Signal::SIGKILL);
        }
    }

    /// Never 0 or 1, which `kill` does not take for a single process.
    fn pid(id: u32) -> Option<Pid> {
        i32::try_from(id)
            .ok()
            .filter(|id| *id > 1)
            .map(Pid::from_raw)
    }
}

#[cfg(all(test, unix))]
#[expect(clippy::unwrap_used, reason = "a test's helper fails as the test does")]
mod tests {
    use std::fs;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::path::Path;
    use std::process::Stdio;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn sh(script: &str, folder: &Path) -> Command {
        let mut command = Command::new("sh");
        command
            .args(["-c", script])
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Waits until a file has a complete line, and parses the number in it.
    fn number(file: &Path) -> u32 {
        loop {
            let text = fs::read_to_string(file).unwrap_or_default();
            if text.ends_with('\n') {
                return text.trim().parse().unwrap();
            }
            thread::yield_now();
        }
    }

    /// A child at its limit is ended with the processes that it started, and its output is kept.
    #[test]
    fn a_group_is_ended_at_its_limit_with_what_it_printed() {
        let folder = tempfile::tempdir().unwrap();
        let mut script = sh(
            "echo seen; sleep 300 & echo $! > behind; sleep 300",
            folder.path(),
        );
        let child = Child::spawn_group(&mut script, Duration::from_millis(700)).unwrap();
        let leader = child.id();
        let (output, in_time) = child.finish_or_give_up().unwrap();
        assert!(!in_time);
        assert_eq!(output.stdout, b"seen\n");
        assert!(
            ends_within(leader, LONG) && ends_within(number(&folder.path().join("behind")), LONG)
        );
    }

    /// A process that a child leaves in its group does not block the test, and does not survive.
    #[test]
    fn what_is_left_behind_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let mut script = sh("sleep 300 & echo $!", folder.path());
        let child = Child::spawn_group(&mut script, LONG).unwrap();
        let output = child.finish().unwrap();
        let behind = String::from_utf8(output.stdout).unwrap();
        assert!(ends_within(behind.trim().parse().unwrap(), LONG));
    }

    /// A test that panics leaves nothing behind.
    #[test]
    fn a_panic_ends_the_child() {
        let folder = tempfile::tempdir().unwrap();
        let mut ids = Vec::new();
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let mut script = sh("sleep 300 & echo $! > behind; wait", folder.path());
            let child = Child::spawn_group(&mut script, LONG).unwrap();
            ids.push(child.id());
            ids.push(number(&folder.path().join("behind")));
            panic!("a surprise");
        }));
        assert!(panicked.is_err());
        assert!(ids.len() == 2 && ids.into_iter().all(|id| ends_within(id, LONG)));
    }

    /// A process that does not lead a group is ended as well, and its stream ends.
    #[test]
    fn one_process_is_ended_at_its_limit() {
        let mut sleep = Command::new("sleep");
        sleep.arg("300").stdout(Stdio::piped());
        let child = Child::spawn(&mut sleep, Duration::from_millis(200)).unwrap();
        let id = child.id();
        let (_, in_time) = child.finish_or_give_up().unwrap();
        assert!(!in_time && ends_within(id, LONG));
    }
}
