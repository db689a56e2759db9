//! The webhook's HTTP endpoint: takes a request, responds, and passes the hint on.
//!
//! Must not poll before it responds, and must not return anything that it was sent.

use http::header::{ALLOW, CACHE_CONTROL, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body;
use idcloud_model::Notification;

use super::body::{NoBody, read};
use super::credentials::{Credentials, Entry};
use crate::Hints;

/// Accepts notifications and passes them to [`Hints`].
///
/// Mount [`handle`](Self::handle) in any server that speaks `http` types. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Endpoint {
    hints: Hints,
    credentials: Credentials,
}

impl Endpoint {
    /// The largest notification in bytes; published ones have some hundred.
    pub const MAX_BYTES: usize = 64 * 1024;

    /// An endpoint that passes every notification with `credentials` to `hints`.
    #[must_use]
    pub const fn new(hints: Hints, credentials: Credentials) -> Self {
        Self { hints, credentials }
    }

    /// Responds to one request. The response's body is empty.
    ///
    /// | status | when |
    /// |---|---|
    /// | 204 | it is a notification; nothing was polled yet |
    /// | 400 | it is no object with a `processId` or an `id`, or the body broke off |
    /// | 401 | it does not carry the credentials; its body was not read |
    /// | 405 | it is no `POST` |
    /// | 413 | it is larger than [`MAX_BYTES`](Self::MAX_BYTES) |
    /// | 500 | the bearer's verifier failed or panicked; IDCloud tries again |
    ///
    /// A notification whose hint is dropped gets 204 all the same: polls make up for it. The server
    /// has to limit how long a body may take to arrive.
    pub async fn handle<B: Body>(&self, request: Request<B>) -> Response<String> {
        match self.answer(request).await {
            Ok(()) => with_status(StatusCode::NO_CONTENT),
            Err(answer) => *answer,
        }
    }

    async fn answer<B: Body>(&self, request: Request<B>) -> Result<(), Box<Response<String>>> {
        if request.method() != Method::POST {
            return Err(with(
                StatusCode::METHOD_NOT_ALLOWED,
                ALLOW,
                HeaderValue::from_static("POST"),
            ));
        }
        match self.credentials.check(request.headers()).await {
            Entry::Granted => {}
            Entry::Refused => {
                let challenge = self.credentials.challenge();
                return Err(with(StatusCode::UNAUTHORIZED, WWW_AUTHENTICATE, challenge));
            }
            Entry::Unknown => return Err(Box::new(with_status(StatusCode::INTERNAL_SERVER_ERROR))),
        }
        let notification = match read(request.into_body(), Self::MAX_BYTES).await {
            Ok(body) => Notification::from_json(&body),
            Err(NoBody::TooLarge) => {
                return Err(Box::new(with_status(StatusCode::PAYLOAD_TOO_LARGE)));
            }
            Err(NoBody::Cut) => return Err(Box::new(with_status(StatusCode::BAD_REQUEST))),
        };
        let notification =
            notification.map_err(|_| Box::new(with_status(StatusCode::BAD_REQUEST)))?;
        self.hints.notify(&notification);
        Ok(())
    }
}

fn with_status(status: StatusCode) -> Response<String> {
    let mut answer = Response::new(String::new());
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn with(status: StatusCode, name: HeaderName, value: HeaderValue) -> Box<Response<String>> {
    let mut answer = with_status(status);
    answer.headers_mut().insert(name, value);
    Box::new(answer)
}
