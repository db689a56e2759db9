//! Shutdown signal, for kept-alive connections or for the whole server.
//!
//! Must not lose the signal: a receiver that listens late still gets it.

use tokio::sync::watch;

/// Sends the signal.
pub(super) struct Stop(watch::Sender<State>);

/// Receives the signal.
#[derive(Clone)]
pub(super) struct Stopped(watch::Receiver<State>);

#[derive(Clone, Copy, Default)]
struct State {
    /// How often connections were asked to end.
    connections: u64,
    everything: bool,
}

/// A connected sender and receiver.
pub(super) fn pair() -> (Stop, Stopped) {
    let (stop, stopped) = watch::channel(State::default());
    (Stop(stop), Stopped(stopped))
}

impl Stop {
    /// Ends every connection after its current request.
    pub(super) fn connections(&self) {
        self.0.send_modify(|state| state.connections += 1);
    }

    /// Ends the server; answers in progress are sent at once.
    pub(super) fn everything(&self) {
        self.0.send_modify(|state| {
            state.connections += 1;
            state.everything = true;
        });
    }
}

impl Stopped {
    /// A receiver for a new connection: earlier signals to connections do not apply to it.
    pub(super) fn for_new_connection(&self) -> Self {
        let mut stopped = self.clone();
        stopped.0.mark_unchanged();
        stopped
    }

    /// Returns when connections have to end.
    pub(super) async fn connections(&mut self) {
        if self.0.borrow().everything {
            return;
        }
        // The sender lives as long as the server; without it, the server has ended.
        let _ = self.0.changed().await;
    }

    /// Returns when the server ends.
    pub(super) async fn everything(&mut self) {
        let _ = self.0.wait_for(|state| state.everything).await;
    }
}
