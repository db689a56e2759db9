//! The checks find each wrong answer of a wrong server, and nothing on a correct one.
//!
//! The wrong servers are the simulator with one answer altered in transit.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use idcloud_http::{CallContext, Transport, TransportError};

use super::report::{Report, Verdict};
use crate::commands::simulator::conformance::server_under_test::Examined;
use crate::failure::exit::Exit;

type Alter = fn(&Request<()>, Response<Bytes>) -> Response<Bytes>;

/// A server behind an alteration of its answers.
struct Altered {
    inner: Arc<dyn Transport>,
    alter: Alter,
}

#[async_trait]
impl Transport for Altered {
    async fn send(
        &self,
        request: Request<Bytes>,
        context: CallContext,
    ) -> Result<Response<Bytes>, TransportError> {
        let (parts, body) = request.into_parts();
        let seen = Request::from_parts(parts.clone(), ());
        let request = Request::from_parts(parts, body);
        let response = self.inner.send(request, context).await?;
        Ok((self.alter)(&seen, response))
    }
}

fn examine(alter: Alter, only: Option<&str>) -> Report {
    let wrap = |inner| Arc::new(Altered { inner, alter }) as Arc<dyn Transport>;
    let mut examined = Examined::embedded(&wrap).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(examined.examine(only)).unwrap()
}

fn different(report: &Report) -> Vec<&'static str> {
    let checks = report.checks.iter();
    checks
        .filter(|one| one.verdict == Verdict::Different)
        .map(|one| one.id)
        .collect()
}

fn replaced(response: Response<Bytes>, from: &str, to: &str) -> Response<Bytes> {
    let text = String::from_utf8(response.body().to_vec()).unwrap();
    response.map(|_| text.replace(from, to).into())
}

/// The answer with another process's id.
fn of_another(response: Response<Bytes>) -> Response<Bytes> {
    let mut json: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
    if json.get("id").is_some() {
        json["id"] = "11111111-1111-4111-8111-111111111111".into();
    }
    response.map(|_| json.to_string().into())
}

/// The simulator conforms to the documents, every check runs, and no credential or personal value
/// is reported.
#[test]
fn the_embedded_simulator_is_as_documented() {
    let report = examine(|_, response| response, None);
    assert_eq!((report.different, report.skipped), (0, 0), "{report:?}");
    assert_eq!(report.exit(), Exit::Answered);
    let told = serde_json::to_string(&report).unwrap();
    for secret in ["52998224725", "eyJ", "PRIVATE", "simulator@"] {
        assert!(!told.contains(secret), "{secret}");
    }
}

/// What is altered, how, and which checks must notice it.
const WRONG: &[(&str, Alter, &[&str])] = &[
    (
        "a code has another HTTP status",
        |_, mut response| {
            if response.body().windows(7).any(|text| text == b"\"20507\"") {
                *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            }
            response
        },
        &[
            "order/code-before-name",
            "create/20507",
            "create/20507-short",
            "create/20507-dots",
            "create/20507-curp",
        ],
    ),
    (
        "another code",
        |_, response| replaced(response, "20807", "20505"),
        &["create/20807"],
    ),
    (
        "another code of the token endpoint",
        |_, response| replaced(response, "1.2.19", "1.2.22"),
        &["token/1.2.19"],
    ),
    (
        "the token endpoint refuses with 400",
        |request, mut response| {
            let token = request.uri().path() == "/oauth2/token";
            if token && response.body().windows(5).any(|text| text == b"1.1.1") {
                *response.status_mut() = StatusCode::BAD_REQUEST;
            }
            response
        },
        &["token/1.1.1"],
    ),
    (
        "a member is spelt otherwise",
        |_, response| replaced(response, "\"score\"", "\"Score\""),
        &["answer/score", "answer/negative-score", "answer/divergence"],
    ),
    (
        "a failed process is looked up with 200",
        |_, mut response| {
            if response.status() == StatusCode::GONE {
                *response.status_mut() = StatusCode::OK;
            }
            response
        },
        &["lookup/410", "lookup/410-later"],
    ),
    (
        "results beside a failed process",
        |_, response| {
            replaced(
                response,
                "\"status\":5",
                "\"status\":5,\"unicoId\":{\"result\":\"no\"}",
            )
        },
        &["answer/failed"],
    ),
    (
        "a score before it is due",
        |_, response| replaced(response, "\"status\":1", "\"status\":1,\"score\":90"),
        &["answer/processing"],
    ),
    (
        "another process than the one that was asked for",
        |request, response| {
            if request.method() == http::Method::GET && response.status() == StatusCode::OK {
                return of_another(response);
            }
            response
        },
        &["lookup/found", "lookup/capitals"],
    ),
    (
        "no time to wait after 429",
        |_, mut response| {
            response.headers_mut().remove("retry-after");
            response
        },
        &["limit/429"],
    ),
    (
        "no limit at all",
        |_, mut response| {
            if response.status() == StatusCode::TOO_MANY_REQUESTS {
                *response.status_mut() = StatusCode::OK;
            }
            response
        },
        &["limit/429"],
    ),
    (
        "tokens that are no JWT",
        |_, response| {
            replaced(
                response,
                "\"token_type\":\"Bearer\"",
                "\"token_type\":\"mac\"",
            )
        },
        &["token/granted"],
    ),
    (
        "HTML in place of JSON",
        |request, mut response| {
            if request.uri().path() == "/oauth2/token" {
                let html = HeaderValue::from_static("text/html");
                response.headers_mut().insert("content-type", html);
            }
            response
        },
        &["token/json"],
    ),
    (
        "a foreign process is shown",
        |request, response| {
            let foreign = response.status() == StatusCode::NOT_FOUND;
            if foreign && !request.uri().path().contains("00000000-0000-4000") {
                return response.map(|_| Bytes::from_static(b"{\"status\":3}"));
            }
            response
        },
        &["lookup/50001-foreign"],
    ),
    (
        "1:1 says yes to everybody",
        |_, response| replaced(response, "\"result\":\"false\"", "\"result\":\"true\""),
        &["comparison/mismatch"],
    ),
    (
        "the discovery document names another server",
        |request, response| {
            if request.uri().path().ends_with("openid-configuration") {
                return replaced(response, "\"issuer\":\"", "\"issuer\":\"https://x.");
            }
            response
        },
        &["discovery/document"],
    ),
];

/// Each kind of wrong answer is found by the checks that should find it, and the program reports
/// it.
#[test]
fn wrong_servers_are_found_out() {
    for (wrong, alter, expected) in WRONG {
        let report = examine(*alter, None);
        assert_eq!(different(&report), *expected, "{wrong}");
        assert_eq!(report.exit(), Exit::Refused, "{wrong}");
    }
}

/// A check that cannot run is skipped with its reason, and a report without a run check is not a
/// success.
#[test]
fn what_cannot_run_is_not_passed() {
    let anybody: Alter = |_, mut response| {
        response.headers_mut().remove("idcloud-simulated");
        response
    };
    let report = examine(anybody, None);
    assert_eq!(report.different, 0, "{report:?}");
    assert!(report.skipped > 20 && report.passed > 40, "{report:?}");
    for one in &report.checks {
        assert_eq!(
            one.lacks.is_some(),
            one.verdict == Verdict::Skipped,
            "{}",
            one.id
        );
        assert_eq!(
            one.found.is_none(),
            one.verdict == Verdict::Skipped,
            "{}",
            one.id
        );
    }

    let nobody: Alter = |request, response| {
        if request.uri().path() == "/oauth2/token" {
            return response.map(|_| Bytes::new());
        }
        response
    };
    let report = examine(nobody, Some("create/"));
    assert_eq!((report.passed, report.different), (3, 1), "{report:?}");
    assert_eq!(report.exit(), Exit::Refused);
    let report = examine(nobody, Some("answer/"));
    assert_eq!(different(&report), ["token/granted"]);
    assert_eq!(report.passed, 0);
    let report = examine(|_, response| response, Some("nothing/"));
    assert_eq!(report.exit(), Exit::Refused, "{report:?}");
}
