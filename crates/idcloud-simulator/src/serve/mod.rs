//! The simulator behind a socket: HTTP/1.1, the API and the token endpoint on one address.
//!
//! Must not log a body or a header, nor decide an answer: the core does.

pub(crate) mod http_post;
pub(crate) mod shutdown;
#[cfg(feature = "tls")]
pub(crate) mod tls;

mod accepting;
mod body;
mod connection;
mod control;
mod deliver;
mod exchange;
mod limits;
mod room;
mod stranger;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use idcloud_http::{Clock, SystemClock};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;

#[cfg(feature = "tls")]
use crate::TlsIdentity;
use crate::{Effect, ManualClock, SharedSimulator};
use accepting::Next;
use limits::Limits;
use room::Room;
use shutdown::{Stop, Stopped};

/// How long the answers in progress may take at shutdown.
const LAST_ANSWERS: Duration = Duration::from_secs(10);
/// How long incomplete requests may take to become complete at shutdown.
const LAST_REQUESTS: Duration = Duration::from_millis(500);
/// The pause between two attempts to bind a port that another program has taken meanwhile.
const PORT_RETRY: Duration = Duration::from_millis(100);

/// Serves `simulator` on `listener` until `shutdown` completes: a [`Server`] without options.
///
/// # Errors
/// The listener fails.
pub async fn serve(
    listener: TcpListener,
    simulator: impl Into<SharedSimulator>,
    clock: Arc<dyn Clock>,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    Server::new(simulator, clock).run(listener, shutdown).await
}

/// A simulator for a socket.
///
/// The API and the token endpoint (`/oauth2/token`) share the address, so the simulator's identity
/// URL ([`Config::with_identity_url`](crate::Config::with_identity_url)) is usually `http://` and
/// that address. Faults really happen on the socket, webhooks are really delivered (over plain
/// HTTP), and the control endpoints below `/_simulator/` accept requests from this machine and
/// requests with the control token.
#[derive(Debug)]
pub struct Server {
    simulator: SharedSimulator,
    clock: Arc<dyn Clock>,
    virtual_time: Option<Arc<ManualClock>>,
    control_token: Option<String>,
    limits: Limits,
    #[cfg(feature = "tls")]
    tls: Option<TlsIdentity>,
}

impl Server {
    /// A server that judges requests at the time of `clock`.
    #[must_use]
    pub fn new(simulator: impl Into<SharedSimulator>, clock: Arc<dyn Clock>) -> Self {
        Self {
            simulator: simulator.into(),
            clock,
            virtual_time: None,
            control_token: None,
            limits: Limits::default(),
            #[cfg(feature = "tls")]
            tls: None,
        }
    }

    /// A server in virtual time. Only `POST /_simulator/clock`, or the program that holds `clock`,
    /// advances it.
    #[must_use]
    pub fn in_virtual_time(simulator: impl Into<SharedSimulator>, clock: Arc<ManualClock>) -> Self {
        Self {
            virtual_time: Some(clock.clone()),
            ..Self::new(simulator, clock)
        }
    }

    /// Accepts control requests from other machines, if they carry this token as a bearer.
    #[must_use]
    pub fn with_control_token(mut self, token: impl Into<String>) -> Self {
        self.control_token = Some(token.into()).filter(|token| !token.is_empty());
        self
    }

    /// The most open connections; 512 by default.
    ///
    /// A further one closes the connection that has been idle or incomplete for longest. If every
    /// connection is being answered, the new one waits for the first that is not.
    #[must_use]
    pub fn with_most_connections(mut self, most: NonZeroUsize) -> Self {
        self.limits.connections = most.get();
        self
    }

    /// How long a TLS handshake, the head of a request (and the idle time before it) and its body
    /// may each take, in real time; 30 seconds by default. A slower body is answered with 408.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.limits.patience = patience;
        self
    }

    /// Speaks TLS with this certificate.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(mut self, identity: TlsIdentity) -> Self {
        self.tls = Some(identity);
        self
    }

    /// Serves on `listener` until `shutdown` completes. At shutdown, requests that have arrived are
    /// answered at once: latencies are skipped, hanging requests are cut off, and incomplete
    /// requests get half a second.
    ///
    /// A lack of descriptors does not end the server: it closes idle connections until there are
    /// some again.
    ///
    /// # Errors
    /// `listener` is not usable.
    pub async fn run(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send,
    ) -> io::Result<()> {
        #[cfg(feature = "tls")]
        let tls = self.tls.as_ref().map(TlsIdentity::acceptor);
        let served = Arc::new(Served {
            simulator: self.simulator,
            clock: self.clock,
            virtual_time: self.virtual_time,
            control_token: self.control_token,
            limits: self.limits,
            settled: Notify::new(),
            #[cfg(feature = "tls")]
            tls,
        });
        let (stop, stopped) = shutdown::pair();
        let mut deliveries = JoinSet::new();
        deliveries.spawn(deliver::all(Arc::clone(&served)));
        accept(&served, listener, shutdown, stop, stopped).await
    }
}

/// The parts that every connection shares.
struct Served {
    simulator: SharedSimulator,
    clock: Arc<dyn Clock>,
    virtual_time: Option<Arc<ManualClock>>,
    control_token: Option<String>,
    limits: Limits,
    /// Notified when a delivery has ended, or when there was none to start.
    settled: Notify,
    #[cfg(feature = "tls")]
    tls: Option<tokio_rustls::TlsAcceptor>,
}

async fn accept(
    served: &Arc<Served>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send,
    stop: Stop,
    stopped: Stopped,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    let mut listener = Some(listener);
    let room = Arc::new(Room::default());
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    // The port is closed, and this waits in real time: a client that could advance the virtual
    // clock cannot connect.
    let real = SystemClock::new();
    loop {
        let Some(open) = &listener else {
            tokio::select! {
                () = &mut shutdown => break,
                reopened = reopen(address) => listener = Some(reopened),
            }
            continue;
        };
        let (stream, peer) = tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => continue,
            accepted = open.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => match accepting::after(&error) {
                    Next::Accept => continue,
                    Next::End => return Err(error),
                    Next::Pause => {
                        // Most likely descriptors have run out, and an idle connection holds one.
                        room.close_one();
                        tokio::select! {
                            () = &mut shutdown => break,
                            () = real.sleep(accepting::PAUSE) => continue,
                        }
                    }
                },
            },
        };
        tokio::select! {
            () = &mut shutdown => break,
            () = vacancy(&room, &mut connections, served.limits.connections) => {}
        }
        let fate = served.simulator.lock().connect(served.clock.now());
        match fate {
            Effect::Refuse { lasts } if lasts.is_zero() => connection::reset(stream),
            Effect::Refuse { lasts } => {
                // Close the port first, so that a client that sees the reset cannot reconnect. Kept
                // connections end after their current request.
                listener = None;
                stop.connections();
                connection::reset(stream);
                tokio::select! {
                    () = &mut shutdown => break,
                    () = real.sleep(lasts) => {}
                }
            }
            Effect::Hang => {
                connections.spawn(connection::hang(stream, stopped.clone()));
            }
            Effect::Answer => {
                let served = Arc::clone(served);
                connections.spawn(connection::serve(
                    served,
                    stream,
                    peer,
                    stopped.for_new_connection(),
                    room.enter(),
                ));
            }
            _ => connection::reset(stream),
        }
    }
    drop(listener);
    stop.everything();
    tokio::select! {
        () = ended(&mut connections) => return Ok(()),
        () = real.sleep(LAST_REQUESTS) => room.close_unfinished(),
    }
    tokio::select! {
        () = ended(&mut connections) => {}
        () = real.sleep(LAST_ANSWERS) => {}
    }
    Ok(())
}

/// Returns once there is room for one more connection. Closes one without a complete request if
/// necessary.
async fn vacancy(room: &Room, connections: &mut JoinSet<()>, most: usize) {
    loop {
        while connections.try_join_next().is_some() {}
        if connections.len() < most {
            return;
        }
        room.close_one();
        tokio::select! {
            _ = connections.join_next() => {}
            // A connection that was asked to close may have received its request; another may have
            // become idle.
            () = room.changed() => {}
        }
    }
}

/// Returns when every connection has ended.
async fn ended(connections: &mut JoinSet<()>) {
    while connections.join_next().await.is_some() {}
}

/// Binds the listener again. Another program may have taken the port meanwhile.
async fn reopen(address: SocketAddr) -> TcpListener {
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => return listener,
            Err(_) => SystemClock::new().sleep(PORT_RETRY).await,
        }
    }
}
