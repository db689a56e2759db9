//! A server that answers each row by its own script, and records on disk the processes that it
//! made.
//!
//! Must not answer before it has recorded the process.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use idcloud_flows::http::{CallContext, Operation, Transport, TransportError, TransportErrorKind};

use crate::program;
use crate::trail::{Step, Trail};

/// How many kinds of rows there are; row `n` is of kind `n % KINDS`.
pub(crate) const KINDS: usize = 6;

pub(crate) struct Server(pub(crate) Arc<Trail>);

#[async_trait::async_trait]
impl Transport for Server {
    async fn send(
        &self,
        request: Request<Bytes>,
        context: CallContext,
    ) -> Result<Response<Bytes>, TransportError> {
        let text = String::from_utf8_lossy(request.body()).into_owned();
        match context.operation {
            Operation::Token => Ok(answer(
                200,
                r#"{"access_token":"a.b.c","token_type":"Bearer","expires_in":3600}"#,
            )),
            Operation::CreateProcess => self.create(row_of(&text), context.attempt),
            _ => {
                let id = request.uri().path().rsplit('/').next().unwrap_or_default();
                let body = format!(r#"{{"id":"{id}","status":3,"unicoId":{{"result":"yes"}}}}"#);
                Ok(answer(200, &body))
            }
        }
    }
}

impl Server {
    fn create(&self, row: usize, attempt: u32) -> Result<Response<Bytes>, TransportError> {
        let reference = program::reference(row);
        let trail = &self.0;
        trail.add(&reference, Step::Sent);
        let refused = match (row % KINDS, attempt) {
            (1, 1) | (5, 3) => Some(Err(TransportErrorKind::Connect.into())),
            (2 | 5, 1) => Some(Ok(answer(429, ""))),
            (3, 1) | (5, 2) => Some(Ok(answer(401, ""))),
            _ => None,
        };
        if let Some(refused) = refused {
            trail.add(&reference, Step::Back);
            return refused;
        }
        let fails = row % KINDS == 4 && trail.count(&reference, Step::Failed) == 0;
        let (made, status) = match row % KINDS {
            4 if fails => (Step::Failed, 5),
            5 => (Step::Ran, 1),
            _ => (Step::Ran, 3),
        };
        trail.add(&reference, made);
        let id = format!("{status:08}-0000-4000-8000-{row:012}");
        let body = format!(r#"{{"id":"{id}","status":{status},"unicoId":{{"result":"yes"}}}}"#);
        let told = Ok(answer(200, &body));
        trail.add(&reference, Step::Back);
        told
    }
}

/// The row of a create: its person is named after it.
fn row_of(body: &str) -> usize {
    let (_, rest) = body.split_once(program::NAME).unwrap();
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

fn answer(status: u16, body: &str) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::from(body.to_owned()));
    *answer.status_mut() = status.try_into().unwrap();
    answer
}
