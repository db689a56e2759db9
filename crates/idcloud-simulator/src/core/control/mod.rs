//! The control endpoints: they arrange, show and reset the simulator's state.
//! Must not be part of the simulated API, nor check the sender: the server that offers them does.

pub(crate) mod state_view;

mod arranged_outcome;
mod arranged_webhook;
mod rules;

use std::time::SystemTime;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use serde::Serialize;
use serde_json::json;

pub use rules::RulesError;

use super::simulator::Simulator;
use crate::core::wire::answer::SIMULATED_HEADER;

impl Simulator {
    /// Answers one control request. The caller must check whether its sender may make it.
    ///
    /// `PUT /_simulator/rules`, `GET /_simulator/state`, `POST /_simulator/reset`, `GET
    /// /_simulator/ledger`; the page on the simulator has their JSON. The clock belongs to the
    /// program that drives the simulator, so `/_simulator/clock` is not answered here.
    pub fn control(&mut self, request: &Request<Bytes>, now: SystemTime) -> Response<Bytes> {
        let (path, method) = (request.uri().path(), request.method());
        match (path, method) {
            ("/_simulator/rules", &Method::PUT) => match self.put_rules(request.body()) {
                Ok(()) => told(StatusCode::OK, &self.shown_state(now)),
                Err(error) => told(
                    StatusCode::BAD_REQUEST,
                    &json!({ "message": error.to_string() }),
                ),
            },
            ("/_simulator/state", &Method::GET) => told(StatusCode::OK, &self.shown_state(now)),
            ("/_simulator/reset", &Method::POST) => {
                self.reset();
                told(StatusCode::OK, &self.shown_state(now))
            }
            ("/_simulator/ledger", &Method::GET) => told(StatusCode::OK, &self.shown_ledger()),
            ("/_simulator/rules", _) => not_allowed("PUT"),
            ("/_simulator/state" | "/_simulator/ledger", _) => not_allowed("GET"),
            ("/_simulator/reset", _) => not_allowed("POST"),
            _ => told(StatusCode::NOT_FOUND, &json!({ "message": "Not found" })),
        }
    }
}

fn told(status: StatusCode, body: &impl Serialize) -> Response<Bytes> {
    // Texts, numbers and lists always serialize.
    let mut response = Response::new(Bytes::from(serde_json::to_vec(body).unwrap_or_default()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    headers.insert(SIMULATED_HEADER, HeaderValue::from_static("true"));
    response
}

fn not_allowed(method: &'static str) -> Response<Bytes> {
    let mut response = told(
        StatusCode::METHOD_NOT_ALLOWED,
        &json!({ "message": "Method not allowed" }),
    );
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static(method));
    response
}
