//! A request body that can be withheld for good, until hyper begins to send it.
//!
//! Must not release a body that was declared unsent, or call one unsent that was handed out.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use crate::Departure;

const HELD: u8 = 0;
const OUT: u8 = 1;
const SHUT: u8 = 2;

/// The sender's side: finds out whether a request was sent.
///
/// A connection asks for the body in the same step in which it takes the request, and before it
/// writes the head. So a body that was not asked for belongs to a request that is still on this
/// machine; once the gate is shut it stays there, whatever holds it. Dropping the gate shuts it: a
/// caller that drops the call while the connection is still being made has sent nothing.
#[derive(Debug)]
pub(crate) struct BodyGate(Arc<AtomicU8>);

impl BodyGate {
    /// A gate, and the body behind it; `departure` is reported when the body is asked for.
    pub(crate) fn new(bytes: Bytes, departure: Departure) -> (Self, GatedBody) {
        let state = Arc::new(AtomicU8::new(HELD));
        let body = GatedBody {
            bytes: Some(bytes),
            departure,
            state: Arc::clone(&state),
        };
        (Self(state), body)
    }

    /// Shuts the gate; returns true if the body is still behind it, and so will never be sent.
    #[must_use]
    pub(crate) fn shut(&self) -> bool {
        pass(&self.0, SHUT)
    }
}

impl Drop for BodyGate {
    fn drop(&mut self) {
        let _ = self.shut();
    }
}

/// Moves from held to `to`; true if that is where it then is.
fn pass(state: &AtomicU8, to: u8) -> bool {
    match state.compare_exchange(HELD, to, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => true,
        Err(at) => at == to,
    }
}

/// The body behind a [`BodyGate`]: one piece, not copied.
pub(crate) struct GatedBody {
    bytes: Option<Bytes>,
    departure: Departure,
    state: Arc<AtomicU8>,
}

/// The gate was shut before the body was asked for.
#[derive(Debug)]
pub(crate) struct GateShut;

impl fmt::Display for GateShut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request was given up before it was sent")
    }
}

impl std::error::Error for GateShut {}

impl Body for GatedBody {
    type Data = Bytes;
    type Error = GateShut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, GateShut>>> {
        // Reported before it is true: in between, the caller may drop the call and shut the gate.
        // In the other order the body could be sent, and the caller take it for unsent.
        self.departure.now();
        if !pass(&self.state, OUT) {
            return Poll::Ready(Some(Err(GateShut)));
        }
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let length = self.bytes.as_ref().map_or(0, Bytes::len);
        SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;

    fn ask(body: &mut GatedBody) -> Option<Result<Bytes, ()>> {
        let mut cx = Context::from_waker(Waker::noop());
        match Pin::new(body).poll_frame(&mut cx) {
            Poll::Ready(frame) => frame.map(|frame| match frame {
                Ok(frame) => frame.into_data().map_err(|_| ()),
                Err(GateShut) => Err(()),
            }),
            Poll::Pending => panic!("a body in memory is ready"),
        }
    }

    /// A body that was handed out is never called unsent.
    #[test]
    fn a_body_that_left_cannot_be_held_back() {
        let (gate, mut body) = BodyGate::new(Bytes::from_static(b"body"), Departure::unheard());
        assert_eq!(body.size_hint().exact(), Some(4));
        assert!(!body.is_end_stream());
        assert_eq!(ask(&mut body), Some(Ok(Bytes::from_static(b"body"))));
        assert!(!gate.shut());
        assert!(body.is_end_stream());
        assert_eq!(ask(&mut body), None);
    }

    /// However shutting and asking meet on two threads, a body is either called unsent or handed
    /// out, never both, and never neither.
    #[test]
    fn shutting_and_asking_agree_on_two_threads() {
        for round in 0..2_000_u32 {
            let (gate, mut body) = BodyGate::new(Bytes::from_static(b"body"), Departure::unheard());
            let barrier = std::sync::Barrier::new(2);
            let (unsent, handed_out) = std::thread::scope(|scope| {
                let asking = scope.spawn(|| {
                    barrier.wait();
                    for _ in 0..round % 7 {
                        std::hint::spin_loop();
                    }
                    matches!(ask(&mut body), Some(Ok(_)))
                });
                barrier.wait();
                for _ in 0..round % 5 {
                    std::hint::spin_loop();
                }
                (gate.shut(), asking.join().unwrap())
            });
            assert_ne!(unsent, handed_out, "round {round}");
            assert_eq!(gate.shut(), unsent);
        }
    }

    /// A caller that drops the gate shuts it, and knows that the body stays.
    #[test]
    fn a_gate_that_is_dropped_is_shut() {
        let (gate, mut body) = BodyGate::new(Bytes::from_static(b"body"), Departure::unheard());
        drop(gate);
        assert_eq!(ask(&mut body), Some(Err(())));
    }

    /// A body that was called unsent is never handed out.
    #[test]
    fn a_body_that_is_held_back_does_not_leave() {
        let (gate, mut body) = BodyGate::new(Bytes::from_static(b"body"), Departure::unheard());
        assert!(gate.shut());
        assert!(gate.shut());
        assert_eq!(ask(&mut body), Some(Err(())));
        assert_eq!(ask(&mut body), Some(Err(())));
    }
}
