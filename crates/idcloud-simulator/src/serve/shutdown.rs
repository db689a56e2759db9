//! The word that it is over: for connections that are kept, or for everything.
//!
//! Must not take the end back: whoever hears it late hears it all the same.

use tokio::sync::watch;

/// Says it.
pub(super) struct Stop(watch::Sender<State>);

/// Hears it.
#[derive(Clone)]
pub(super) struct Stopped(watch::Receiver<State>);

#[derive(Clone, Copy, Default)]
struct State {
    /// How often connections were told to end.
    connections: u64,
    everything: bool,
}

/// Both ends.
pub(super) fn pair() -> (Stop, Stopped) {
    let (stop, stopped) = watch::channel(State::default());
    (Stop(stop), Stopped(stopped))
}

impl Stop {
    /// Connections end after what they are at.
    pub(super) fn connections(&self) {
        self.0.send_modify(|state| state.connections += 1);
    }

    /// Everything ends, and what is answered is answered at once.
    pub(super) fn everything(&self) {
        self.0.send_modify(|state| {
            state.connections += 1;
            state.everything = true;
        });
    }
}

impl Stopped {
    /// For a connection that begins now: what connections were told before is not for it.
    pub(super) fn for_new_connection(&self) -> Self {
        let mut stopped = self.clone();
        stopped.0.mark_unchanged();
        stopped
    }

    /// Returns when connections are told to end.
    pub(super) async fn connections(&mut self) {
        if self.0.borrow().everything {
            return;
        }
        // The other end lives as long as the server; when it is gone, everything is over.
        let _ = self.0.changed().await;
    }

    /// Returns when everything ends.
    pub(super) async fn everything(&mut self) {
        let _ = self.0.wait_for(|state| state.everything).await;
    }
}
