//! Serves one connection: requests in, answers out, and sometimes a reset.
//!
//! Must not end in another way than the core decided.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::Served;
use super::exchange;
use super::room::{Place, Turn};
use crate::serve::shutdown::Stopped;

/// The most bytes of an incomplete head that are kept; a longer one is answered with 431.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// Serves one connection to its end.
pub(super) async fn serve(
    served: Arc<Served>,
    stream: TcpStream,
    peer: SocketAddr,
    stopped: Stopped,
    place: Arc<Place>,
) {
    // Without `TCP_NODELAY` small answers wait for more data. If it cannot be set, the connection
    // is only slower.
    let _ = stream.set_nodelay(true);
    #[cfg(feature = "tls")]
    if let Some(acceptor) = served.tls.clone() {
        let accepted = tokio::select! {
            biased;
            accepted = acceptor.accept(stream) => accepted,
            () = place.over(served.limits.patience) => return,
        };
        // After a failed TLS handshake the client is gone, and knows the reason.
        if let Ok(stream) = accepted {
            place.ready();
            speak(served, stream, peer, stopped, place).await;
        }
        return;
    }
    speak(served, stream, peer, stopped, place).await;
}

/// Keeps a connection without an answer until the client closes it or the server ends.
pub(super) async fn hang(mut stream: TcpStream, mut stopped: Stopped) {
    let mut sink = tokio::io::sink();
    tokio::select! {
        () = stopped.everything() => {}
        _ = tokio::io::copy(&mut stream, &mut sink) => {}
    }
}

/// A stream that can be reset, so that the other end sees it.
trait Cut: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    fn cut(self);
}

impl Cut for TcpStream {
    fn cut(self) {
        reset(self);
    }
}

#[cfg(feature = "tls")]
impl Cut for tokio_rustls::server::TlsStream<TcpStream> {
    fn cut(self) {
        reset(self.into_inner().0);
    }
}

/// Closes a connection with a reset, even with unread or unsent data.
pub(super) fn reset(stream: TcpStream) {
    // If the system cannot reset it, the connection is closed normally.
    let _ = stream.set_zero_linger();
    drop(stream);
}

async fn speak(
    served: Arc<Served>,
    stream: impl Cut,
    peer: SocketAddr,
    stopped: Stopped,
    place: Arc<Place>,
) {
    let patience = served.limits.patience;
    let cut = Arc::new(Notify::new());
    let service = service_fn(|request| {
        let (served, cut, stopped) = (served.clone(), cut.clone(), stopped.clone());
        let turn = place.begin();
        Box::pin(async move {
            let answer = exchange::answer(&served, request, peer, cut, stopped, turn);
            Ok::<_, Infallible>(answer.await)
        })
    });
    let mut connection = http1::Builder::new()
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let mut over = stopped.clone();
    let mut told = false;
    let mut closing = pin!(place.over(patience));
    loop {
        tokio::select! {
            // In this order: data before the reset is sent first, and a request that has arrived
            // keeps its connection.
            biased;
            _ = poll_fn(|context| connection.poll_without_shutdown(context)) => {
                // The other end may be gone already.
                let _ = connection.into_parts().io.into_inner().shutdown().await;
                return;
            }
            () = cut.notified() => {
                connection.into_parts().io.into_inner().cut();
                return;
            }
            () = over.connections(), if !told => {
                told = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
            () = &mut closing => return,
        }
    }
}

/// An answer's body, complete or up to the point where the connection is cut.
pub(super) struct Outgoing {
    rest: Option<Bytes>,
    announced: u64,
    /// Notified once all has been taken, in place of the body's end.
    cut: Option<Arc<Notify>>,
    /// Dropped once the connection has taken the body.
    turn: Option<Turn>,
}

impl Outgoing {
    pub(super) fn whole(body: Bytes) -> Self {
        Self {
            announced: length(&body),
            rest: Some(body),
            cut: None,
            turn: None,
        }
    }

    /// Announces the length of the whole `body`, but yields only `after` bytes of it.
    pub(super) fn cut(mut body: Bytes, after: usize, cut: Arc<Notify>) -> Self {
        let announced = length(&body);
        body.truncate(after);
        Self {
            announced,
            rest: Some(body),
            cut: Some(cut),
            turn: None,
        }
    }

    /// Holds `turn` until the body is taken.
    pub(super) fn taking(mut self, turn: Turn) -> Self {
        self.turn = Some(turn);
        self
    }
}

fn length(body: &Bytes) -> u64 {
    u64::try_from(body.len()).unwrap_or(u64::MAX)
}

impl hyper::body::Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.rest.take().filter(|rest| !rest.is_empty()) {
            Some(rest) => std::task::Poll::Ready(Some(Ok(Frame::data(rest)))),
            None => match &self.cut {
                // The connection flushes its data and then waits for more, which never comes.
                Some(cut) => {
                    cut.notify_one();
                    std::task::Poll::Pending
                }
                None => std::task::Poll::Ready(None),
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        self.cut.is_none() && self.rest.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.announced)
    }
}
