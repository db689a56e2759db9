//! No request makes the core panic, and the same requests give the same bytes.

use bytes::Bytes;
use http::{Method, Request, Response};
use idcloud_simulator::{Capture, Config, Dialect, KeyProfile, Simulator, key_ring, subjects};
use proptest::prelude::*;
use serde_json::json;

use super::bench::{Bench, account, at, claims, form, header, image, plain, sign};

/// The parts of one request; most are valid, so that the request gets far before it meets an
/// invalid one.
#[derive(Clone, Debug)]
struct Asked {
    method: &'static str,
    path: String,
    token: String,
    key: usize,
    body: Vec<u8>,
    /// Seconds; a request may have an earlier time than the one before it.
    at: f64,
}

const TOKEN: &str = "\u{1}";

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[ -~]{0,20}",
        ".{0,12}",
        Just(plain()),
        Just("aGVsbG8=".to_owned()),
        Just("5f7bd0cd-7d04-4c4f-b2c4-a2b3bb2e4b43".to_owned()),
        Just("data:image/png;base64,AAAA".to_owned()),
        (0..2_000_i32).prop_map(|second| Capture::new(&image(), at(f64::from(second))).token()),
        (0..subjects().len()).prop_map(|position| subjects()[position].code.to_owned()),
    ]
}

fn value() -> impl Strategy<Value = serde_json::Value> {
    prop_oneof![
        8 => text().prop_map(serde_json::Value::from),
        1 => Just(json!(null)),
        1 => any::<i64>().prop_map(serde_json::Value::from),
        1 => Just(json!([])),
        1 => Just(json!({"x": [1.5, null]})),
    ]
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let parts = (value(), value(), value(), value(), value(), value());
    let whole = (parts, 0..8_u8).prop_map(|((code, name, selfie, reference, proof, file), mask)| {
        let has = |bit: u8| mask >> bit & 1 == 1;
        let mut body = json!({"subject": {"code": code, "name": name}, "imageBase64": selfie});
        if has(0) {
            body["referenceProcessId"] = reference.clone();
        }
        if has(1) {
            body["references"] =
                json!([{"referenceType": "REFERENCE_TYPE_IMAGE_BASE64", "referenceContent": reference}]);
        }
        if has(2) {
            body["document"] =
                json!({"purpose": "fgts", "authProcessId": proof, "files": [{"data": file}]});
        }
        body.to_string().into_bytes()
    });
    let form = (value(), value()).prop_map(|(name, value)| {
        let account = account("7e1f3f2c-55f0-4a5c-8f0e-000000000001");
        let mut claims = claims(&account, at(0.0));
        claims["iat"] = value;
        let assertion = format!("{}.{}", sign(&account, &header(), &claims), name);
        let (_, body) = form(&format!("grant_type=x&assertion={assertion}")).into_parts();
        body.to_vec()
    });
    prop_oneof![
        8 => whole,
        1 => form,
        2 => proptest::collection::vec(any::<u8>(), 0..200),
    ]
}

fn asked() -> impl Strategy<Value = Asked> {
    let method = prop_oneof![
        4 => Just("POST"), 3 => Just("GET"), 1 => Just("PUT"), 1 => Just("OPTIONS"),
    ];
    let path = prop_oneof![
        6 => Just("/processes/v1".to_owned()),
        2 => Just("/oauth2/token".to_owned()),
        1 => Just("/.well-known/jwks.json".to_owned()),
        2 => Just("/processes/v1/5F7BD0CD-7d04-4c4f-b2c4-a2b3bb2e4b43".to_owned()),
        3 => "/(processes|documents)/v[12](/|\\?code=|%)[a-zA-Z0-9&=%-]{0,40}",
        1 => "/[!-~&&[^?#<>\"`{}\\\\^|]]{0,30}",
    ];
    let token = prop_oneof![8 => Just(TOKEN.to_owned()), 1 => "[ -~]{0,30}"];
    let moment = prop_oneof![0.0..60.0_f64, -60.0..4_000.0_f64, Just(9e9_f64),];
    (
        method,
        path,
        token,
        0..=key_ring().len() * 4,
        body(),
        moment,
    )
        .prop_map(|(method, path, token, key, body, at)| Asked {
            method,
            path,
            token,
            key,
            body,
            at,
        })
}

/// A simulator with every standard key in every dialect.
fn simulator() -> (Bench, Vec<String>) {
    let mut bench = Bench::with(Config::new(3).with_rate_limit(None), "identity");
    let issue = |simulator: &mut Simulator, profile: KeyProfile| simulator.issue_api_key(profile);
    let keys = Dialect::ALL
        .into_iter()
        .flat_map(|dialect| {
            key_ring()
                .iter()
                .map(move |key| key.profile().with_dialect(dialect))
        })
        .map(|profile| issue(&mut bench.simulator, profile))
        .collect();
    (bench, keys)
}

fn send(bench: &mut Bench, keys: &[String], asked: &Asked) -> Option<Response<Bytes>> {
    let token = if asked.token == TOKEN {
        &bench.token
    } else {
        &asked.token
    };
    let form = asked.path == "/oauth2/token";
    let mut request = Request::builder()
        .method(Method::from_bytes(asked.method.as_bytes()).unwrap())
        .uri(&asked.path)
        .header("authorization", format!("Bearer {token}"))
        .header(
            "content-type",
            if form {
                "application/x-www-form-urlencoded"
            } else {
                "application/json"
            },
        );
    if let Some(key) = keys.get(asked.key) {
        request = request.header("apikey", key);
    }
    let request = request.body(Bytes::from(asked.body.clone())).ok()?;
    Some(bench.simulator.handle(request, at(asked.at)).response)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every request is answered, in any order and at any time: in JSON, marked as simulated, and
    /// with a server error only if a fault was requested. The same requests to a new simulator get
    /// the same answers.
    #[test]
    fn every_request_is_answered(asked in proptest::collection::vec(asked(), 1..12)) {
        let (mut bench, keys) = simulator();
        let (mut again, same_keys) = simulator();
        prop_assert_eq!(&keys, &same_keys);
        for one in &asked {
            let answer = send(&mut bench, &keys, one);
            prop_assert_eq!(format!("{answer:?}"), format!("{:?}", send(&mut again, &keys, one)));
            let Some(answer) = answer else { continue };
            prop_assert!(!answer.status().is_server_error(), "{:?}", answer.status());
            prop_assert_eq!(&answer.headers()["idcloud-simulated"], "true");
            let body: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
            prop_assert!(body.is_object());
        }
    }
}
