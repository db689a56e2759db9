//! Counts the signals that ask the program to end. It counts from the start of the program, so that
//! no signal is lost between two waits of a command.
//!
//! Must not end a command that handles interrupts: such a command ends by itself.

#[cfg(unix)]
#[path = "unix.rs"]
mod signals;
#[cfg(windows)]
#[path = "windows.rs"]
mod signals;

use std::future::{Future, pending};
use std::io;
use std::process;
use std::sync::mpsc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::watch;

use self::signals::Signals;
use crate::failure::exit::Exit;

/// How many requests end the program in any state. The first one asks, the second one makes a batch
/// drop its requests in flight, the third ends a program that handles neither.
const FORCE: u32 = 3;

/// How long the last message may take: standard error may be a pipe without a reader.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// One request to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// Ctrl-c, or SIGTERM from a service manager.
    End,
    /// The terminal is gone. The kernel and the shell both send a signal when a terminal is closed,
    /// so this never counts as a second request.
    HangUp,
}

/// Which part of the program reacts to a request to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heeded {
    /// The signal thread ends the program: no command has started to send.
    NotYet,
    /// The command ends by itself.
    ByCommand,
    /// The signal thread ends the program: every request of the command has its end.
    NoMore,
}

/// How often the program was asked to end, and whether the command handles it. Clones share it.
#[derive(Clone)]
pub(crate) struct Interrupts {
    requests: watch::Receiver<u32>,
    heeded: Arc<Mutex<Heeded>>,
}

/// Counts requests to end.
pub(crate) struct Counter {
    requests: watch::Sender<u32>,
    heeded: Arc<Mutex<Heeded>>,
}

/// Interrupts without signals, which only `Counter::raise` raises.
pub(crate) fn pair() -> (Counter, Interrupts) {
    let (sender, receiver) = watch::channel(0);
    let heeded = Arc::new(Mutex::new(Heeded::NotYet));
    let interrupts = Interrupts {
        requests: receiver,
        heeded: Arc::clone(&heeded),
    };
    let counter = Counter {
        requests: sender,
        heeded,
    };
    (counter, interrupts)
}

impl Interrupts {
    /// Starts to listen for the program's signals, in a thread of its own.
    ///
    /// Until a command handles them, a request calls `last_words` and ends the program at once: the
    /// program may be waiting for a file or for standard input, and has sent nothing. The same
    /// holds after the command stops handling them: it may be waiting for a reader of its output.
    ///
    /// # Errors
    /// The system provides no handler or no thread.
    pub(crate) fn listen(last_words: impl Fn(Heeded) + Send + 'static) -> io::Result<Self> {
        let (counter, interrupts) = pair();
        let runtime = Builder::new_current_thread().enable_io().build()?;
        let mut signals = {
            let _entered = runtime.enter();
            Signals::subscribe()?
        };
        let listen = async move {
            let mut last_words = Some(last_words);
            loop {
                let request = signals.next().await;
                // Holds the lock until the process exits, so that no command starts to send
                // meanwhile.
                let heeded = lock(&counter.heeded);
                match counter.count(request, *heeded) {
                    Reaction::Ask => {}
                    Reaction::EndUnheeded => {
                        if let Some(last_words) = last_words.take() {
                            let heeded = *heeded;
                            say(move || last_words(heeded));
                        }
                        process::exit(Exit::Interrupted as i32);
                    }
                    Reaction::EndByForce => process::exit(Exit::Interrupted as i32),
                }
            }
        };
        thread::Builder::new()
            .name("interrupts".to_owned())
            .spawn(move || runtime.block_on(listen))?;
        Ok(interrupts)
    }

    /// From here on the command handles requests to end. Call it before anything is sent, and
    /// before any work that must not be cut off.
    pub(crate) fn heed(&self) {
        let mut heeded = lock(&self.heeded);
        if *heeded == Heeded::NotYet {
            *heeded = Heeded::ByCommand;
        }
    }

    /// From here on a request ends the program again. Call it once every sent request has its end,
    /// before a wait for a person: a pager holds the output for ever.
    pub(crate) fn heed_no_more(&self) {
        *lock(&self.heeded) = Heeded::NoMore;
    }

    /// Whether the program was asked to end.
    pub(crate) fn is_raised(&self) -> bool {
        *self.requests.borrow() > 0
    }

    /// Waits until the program was asked to end `times` times since its start.
    pub(crate) async fn reached(&self, times: u32) {
        self.heed();
        let mut requests = self.requests.clone();
        let heard = requests.wait_for(|count| *count >= times).await.is_ok();
        if !heard {
            // The counter is gone, so no request can come.
            pending::<()>().await;
        }
    }

    /// The output of the future; `None` if the program is asked to end first. A future that has not
    /// started by then is not polled.
    pub(crate) async fn interruptible<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        self.heed();
        if self.is_raised() {
            return None;
        }
        // Boxed, so that futures that await this stay small.
        let future = Box::pin(future);
        tokio::select! {
            biased;
            value = future => Some(value),
            () = self.reached(1) => None,
        }
    }
}

/// The reaction to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reaction {
    /// The command handles it.
    Ask,
    /// The program ends at once. No command handles requests, so no request is in flight.
    EndUnheeded,
    /// The program ends at once, in any state.
    EndByForce,
}

impl Counter {
    fn count(&self, request: Request, heeded: Heeded) -> Reaction {
        let mut reaction = Reaction::Ask;
        self.requests.send_modify(|count| {
            *count = after(*count, request);
            reaction = reaction_to(*count, heeded);
        });
        reaction
    }

    /// Raises a request as a signal would.
    #[cfg(test)]
    pub(crate) fn raise(&self, request: Request) {
        let heeded = *lock(&self.heeded);
        let _ = self.count(request, heeded);
    }
}

fn after(count: u32, request: Request) -> u32 {
    match request {
        Request::End => count.saturating_add(1),
        Request::HangUp => count.max(1),
    }
}

fn reaction_to(count: u32, heeded: Heeded) -> Reaction {
    match (heeded, count) {
        (Heeded::NotYet | Heeded::NoMore, _) => Reaction::EndUnheeded,
        (Heeded::ByCommand, FORCE..) => Reaction::EndByForce,
        (Heeded::ByCommand, _) => Reaction::Ask,
    }
}

fn say(last_words: impl Fn() + Send + 'static) {
    let (said, heard) = mpsc::channel();
    let speaking = thread::Builder::new().spawn(move || {
        last_words();
        let _ = said.send(());
    });
    if speaking.is_ok() {
        let _ = heard.recv_timeout(LAST_WORDS);
    }
}

fn lock(heeded: &Mutex<Heeded>) -> MutexGuard<'_, Heeded> {
    heeded.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The second of two waits notices a signal that came between them, and so does each later
    /// wait.
    #[tokio::test]
    async fn a_request_between_two_waits_is_heard_by_the_second() {
        let (counter, interrupts) = pair();
        assert_eq!(interrupts.interruptible(async { 1 }).await, Some(1));
        counter.raise(Request::End);
        for _ in 0..3 {
            let never = interrupts.interruptible(pending::<()>());
            assert_eq!(never.await, None);
        }
        let mut began = false;
        let late = interrupts.interruptible(async { began = true });
        assert_eq!(late.await, None);
        assert!(!began, "what comes after a request does not begin");
    }

    /// A value that is ready is not dropped for a request that comes at the same moment.
    #[tokio::test]
    async fn a_value_that_is_there_wins() {
        let (counter, interrupts) = pair();
        let value = interrupts.interruptible(async {
            counter.raise(Request::End);
            1
        });
        assert_eq!(value.await, Some(1));
    }

    /// Requests are counted for a batch: the second one is noticed even if both came before it
    /// looked. A closed terminal sends two signals and counts once.
    #[tokio::test]
    async fn requests_are_counted_and_a_closed_terminal_counts_once() {
        use Request::{End, HangUp};
        for (requests, count) in [
            (&[][..], 0),
            (&[End], 1),
            (&[End, End], 2),
            (&[HangUp], 1),
            (&[HangUp, HangUp, HangUp], 1),
            (&[End, HangUp], 1),
            (&[HangUp, End], 2),
        ] {
            let (counter, interrupts) = pair();
            interrupts.heed();
            for request in requests {
                counter.raise(*request);
            }
            assert_eq!(interrupts.is_raised(), count > 0, "{requests:?}");
            for times in 1..=count {
                interrupts.reached(times).await;
            }
            tokio::select! {
                biased;
                () = interrupts.reached(count + 1) => panic!("{requests:?} counted too often"),
                () = async {} => {}
            }
        }
    }

    /// A program that waits for a file ends at once, one that has started to send is asked, and one
    /// that ignores requests can be ended too.
    #[test]
    fn what_heeds_nothing_is_ended() {
        for (count, heeded, reaction) in [
            (1, Heeded::NotYet, Reaction::EndUnheeded),
            (2, Heeded::NotYet, Reaction::EndUnheeded),
            (1, Heeded::ByCommand, Reaction::Ask),
            (2, Heeded::ByCommand, Reaction::Ask),
            (3, Heeded::ByCommand, Reaction::EndByForce),
            (4, Heeded::ByCommand, Reaction::EndByForce),
            (1, Heeded::NoMore, Reaction::EndUnheeded),
            (2, Heeded::NoMore, Reaction::EndUnheeded),
        ] {
            assert_eq!(reaction_to(count, heeded), reaction, "{count} {heeded:?}");
        }
    }

    /// After a command has stopped handling requests, the next one ends the program, even during a
    /// later wait.
    #[tokio::test]
    async fn what_was_let_go_of_is_not_taken_back() {
        let (_counter, interrupts) = pair();
        interrupts.heed();
        interrupts.heed_no_more();
        assert_eq!(interrupts.interruptible(async {}).await, Some(()));
        assert_eq!(*lock(&interrupts.heeded), Heeded::NoMore);
    }

    /// Every way of waiting for a request handles it: from then on a request does not end the
    /// program.
    #[tokio::test]
    async fn whatever_listens_heeds() {
        for way in 0..3 {
            let (counter, interrupts) = pair();
            assert_eq!(*lock(&counter.heeded), Heeded::NotYet);
            match way {
                0 => interrupts.heed(),
                1 => drop(interrupts.interruptible(async {}).await),
                _ => tokio::select! {
                    biased;
                    () = interrupts.reached(1) => {}
                    () = async {} => {}
                },
            }
            assert_eq!(*lock(&counter.heeded), Heeded::ByCommand, "{way}");
        }
    }
}
