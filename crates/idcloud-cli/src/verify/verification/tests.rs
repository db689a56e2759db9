//! An interruption is noticed in every phase of a verification.
//!
//! Must not use a signal: the tests raise interruptions at an exact point.

use std::future::pending;
use std::io::{self, Write};
use std::time::UNIX_EPOCH;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use idcloud_flows::IdCloud;
use idcloud_http::{CallContext, Operation, SystemClock, Transport, TransportError};
use idcloud_model::request::IdentityRequest;
use idcloud_model::{Selfie, SubjectDraft};

use super::*;
use crate::config::Config;
use crate::config::connection;
use crate::config::target::Target;
use crate::failure::exit::Exit;
use crate::output::Terminals;
use crate::verify::interrupts::{self, Counter};

/// A test subject whose process is never final.
const NEVER: &str = "11122232403";
/// A test subject who is approved at once.
const YES: &str = "52998224725";

/// The point of the interruption in a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    BeforeAnything,
    /// During the token request.
    InToken,
    /// The create is sent and has no answer.
    InCreate,
    /// The create is answered, and the answer is not evaluated yet.
    AfterCreate,
    /// Between the create and the wait, when the wait is announced.
    AtNote,
    /// During a poll.
    InLook,
    /// After a poll, while the next one is waited for.
    AfterLook,
}

/// Raises the interruption at its point.
struct Raising {
    counter: Counter,
    at: Place,
}

impl Raising {
    fn passes(&self, place: Place) -> bool {
        if self.at == place {
            self.counter.raise(interrupts::Request::End);
        }
        self.at == place
    }
}

struct Between {
    inner: Arc<dyn Transport>,
    raising: Arc<Raising>,
}

#[async_trait]
impl Transport for Between {
    async fn send(
        &self,
        request: Request<Bytes>,
        context: CallContext,
    ) -> Result<Response<Bytes>, TransportError> {
        let (during, after) = match context.operation {
            Operation::Token => (Some(Place::InToken), None),
            Operation::CreateProcess => (Some(Place::InCreate), Some(Place::AfterCreate)),
            _ => (Some(Place::InLook), Some(Place::AfterLook)),
        };
        if during.is_some_and(|place| self.raising.passes(place)) {
            pending::<()>().await;
        }
        let answer = self.inner.send(request, context).await;
        if let Some(place) = after {
            self.raising.passes(place);
        }
        answer
    }
}

/// Standard error, whose reader interrupts when the wait is announced.
struct Reader(Arc<Raising>);

impl Write for Reader {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if String::from_utf8_lossy(bytes).contains("is pending; waiting") {
            self.0.passes(Place::AtNote);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn outcome(cpf: &str, at: Place) -> Outcome {
    let (counter, interrupts) = interrupts::pair();
    let raising = Arc::new(Raising { counter, at });
    let config = Config {
        target: Target::Local,
        capabilities: "identity".parse().unwrap(),
        rate: 1_000,
    };
    let connection = connection::local(&config, Arc::new(SystemClock::new()), &|inner| {
        let raising = Arc::clone(&raising);
        Arc::new(Between { inner, raising })
    })
    .unwrap();
    let draft = SubjectDraft {
        code: Some(cpf.to_owned().into()),
        name: Some("Test Subject".to_owned().into()),
        ..SubjectDraft::default()
    };
    let picture = idcloud_simulator::sample_png(720, 960, b"");
    let selfie = Selfie::from_input(picture.into(), UNIX_EPOCH).unwrap();
    let request = IdentityRequest::new(draft.parse().unwrap(), selfie).unwrap();
    let shown = Shown {
        environment: "local",
        reveal: false,
        exit_verdict: false,
    };
    let handle = IdCloud::new(connection.client).identity(connection.api_key);
    let verification = Verification::new(handle, shown, &interrupts);
    raising.passes(Place::BeforeAnything);
    let (mut stdout, mut stderr) = (io::sink(), Reader(Arc::clone(&raising)));
    let terminals = Terminals {
        stderr: true,
        ..Terminals::default()
    };
    let mut output = Output::new(&mut stdout, &mut stderr, terminals, &|_| None);
    // If an interruption is lost, the wait ends at its limit, with another outcome.
    let wait = Some(Duration::from_secs(30));
    verification
        .run(request, SelfieKind::Image, wait, &mut output)
        .await
}

/// No phase loses an interruption, and none loses its knowledge: nothing was sent, a create may
/// have been sent, or the process has an id.
#[tokio::test]
async fn an_interruption_is_heard_in_every_phase() {
    for (at, delivery, has_id) in [
        (Place::BeforeAnything, Delivery::NotSent, false),
        (Place::InCreate, Delivery::Unknown, false),
        (Place::AfterCreate, Delivery::Answered, true),
        (Place::AtNote, Delivery::Answered, true),
        (Place::InLook, Delivery::Answered, true),
        (Place::AfterLook, Delivery::Answered, true),
    ] {
        let outcome = outcome(NEVER, at).await;
        assert_eq!(outcome.exit, Exit::Interrupted, "{at:?}");
        let failure = outcome.failure.unwrap();
        assert_eq!(failure.kind, "canceled-by-user", "{at:?}");
        assert_eq!(failure.delivery, delivery, "{at:?}");
        assert_eq!(failure.process_id.is_some(), has_id, "{at:?}");
        assert_eq!(outcome.result.is_some(), has_id, "{at:?}");
    }
    let token = outcome(NEVER, Place::InToken).await;
    assert_eq!(token.exit, Exit::Interrupted);
}

/// A verdict that has arrived is printed, even if the interruption comes at the same moment.
#[tokio::test]
async fn a_verdict_that_is_there_is_told() {
    let outcome = outcome(YES, Place::AfterCreate).await;
    assert_eq!(outcome.exit, Exit::Answered);
    assert_eq!(outcome.result.unwrap().decision, "approve");
}
