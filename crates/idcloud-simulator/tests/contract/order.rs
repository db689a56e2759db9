//! The order of the checks: a request with every flaw gets the code of the first; with one flaw
//! corrected after the other, it gets each of the others in turn.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Request;
use idcloud_simulator::{Capture, Config, KeyProfile};
use serde_json::{Value, json};

use super::bench::{
    Bench, YES, account, at, code, image, log_in, onboarding, plain, read, sized_png,
};

/// The time of the requests: after the expiry of the bench's own token.
const NOW: f64 = 3_600.0;

fn body(subject: &Value, selfie: impl Into<Option<String>>) -> String {
    json!({"subject": subject, "imageBase64": selfie.into()}).to_string()
}

#[test]
fn each_check_in_its_turn() {
    let mut bench = Bench::with(Config::default().with_rate_limit(None), "identity");
    let profile = KeyProfile::new("liveness,identity".parse().unwrap());
    let open = bench.simulator.issue_api_key(profile);
    let closed = bench
        .simulator
        .issue_api_key(profile.with_capture_only(true));
    let expired = bench.token.clone();
    let account = account(bench.simulator.tenant_id());
    bench.token = log_in(&mut bench.simulator, &account, at(NOW));
    let used = Capture::new(&image(), at(NOW)).token();
    bench.create(&onboarding(YES, &used), at(NOW));
    let old = Capture::new(&image(), at(NOW - 600.0)).token();

    let nothing = String::from("{");
    let whole = json!({"code": YES, "name": "Test Subject"});
    let with = |selfie: &str| body(&whole, selfie.to_owned());
    // A flaw of a row is also in every row above it.
    for (expected, token, key, body) in [
        ("20001", "", "", nothing.clone()),
        ("20002", "a?b", "", nothing.clone()),
        ("30017", "a?b", "wrong", nothing.clone()),
        ("10501", "e30.e30.AA", "wrong", nothing.clone()),
        ("10502", &expired, "wrong", nothing.clone()),
        ("10201", &bench.token, "wrong", nothing.clone()),
        ("20003", &bench.token, &closed, nothing),
        ("20004", &bench.token, &closed, "{}".into()),
        ("20005", &bench.token, &closed, body(&json!({}), None)),
        (
            "20507",
            &bench.token,
            &closed,
            body(&json!({"code": "11111111111"}), None),
        ),
        (
            "20006",
            &bench.token,
            &closed,
            body(&json!({"code": YES}), None),
        ),
        ("20009", &bench.token, &closed, body(&whole, None)),
        ("20506", &bench.token, &closed, with(&"?".repeat(819_201))),
        ("10506", &bench.token, &closed, with("?")),
        ("10507", &bench.token, &closed, with(&old)),
        ("10508", &bench.token, &closed, with(&used)),
        ("20900", &bench.token, &open, with("?")),
        ("20505", &bench.token, &open, with("aGVsbG8=")),
        (
            "20807",
            &bench.token,
            &open,
            with(&STANDARD.encode(sized_png(10, 10))),
        ),
        ("", &bench.token, &open, with(&plain())),
    ] {
        let mut request = Request::post("/processes/v1").header("content-type", "application/json");
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if !key.is_empty() {
            request = request.header("apikey", key);
        }
        let request = request.body(Bytes::from(body)).unwrap();
        let answer = read(&bench.simulator.handle(request, at(NOW)));
        let status = match expected {
            "" => 200,
            "30017" | "10501" | "10502" | "10201" => 403,
            _ => 400,
        };
        assert_eq!(code(&answer), (status, expected));
    }
}
