//! The rules of a create: each flaw has the documented code and HTTP status.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Method, Request};
use idcloud_model::{Capabilities, SubjectCode};
use idcloud_simulator::{Capture, Config, Face, KeyProfile, Outcome, capture};
use serde_json::{Value, json};

use super::bench::{Bench, YES, at, code, image, onboarding, plain, png, read, sized_png};

const DOUBTFUL: &str = "11122230702";
const STRANGER: &str = "12345678909";

#[test]
fn a_good_create_is_answered_at_once() {
    let mut bench = Bench::new("identity");
    let (status, body) = bench.create(&onboarding(YES, &plain()), at(0.0));
    assert_eq!(status, 200);
    let id = body["id"].as_str().unwrap().to_owned();
    assert_eq!(
        body,
        json!({"id": id, "status": 3, "unicoId": {"result": "yes"}})
    );
    assert_eq!(bench.simulator.tally().processes_created, 1);
}

/// Both documented spellings of the selfie's member are accepted, but not together.
#[test]
fn both_spellings() {
    let mut bench = Bench::new("identity");
    let subject = json!({"code": YES, "name": "Test Subject"});
    let lower = json!({"subject": subject, "imagebase64": plain()});
    assert_eq!(bench.create(&lower, at(0.0)).0, 200);
    let both = json!({"subject": subject, "imagebase64": plain(), "imageBase64": plain()});
    assert_eq!(code(&bench.create(&both, at(0.0))), (400, "20003"));
}

/// Every documented member is accepted.
#[test]
fn a_full_body() {
    let mut bench = Bench::new("identity");
    let body = json!({
        "subject": {
            "code": YES, "name": "Test Subject", "email": "person@example.com", "phone": "551130000000",
            "gender": "F", "birthDate": "1990-05-12", "clientReference": "customer-7",
        },
        "useCase": "Onboarding",
        "subsidiaryId": "60837cd3-ed3c-4038-ad7c-0a85ad64b03a",
        "imageBase64": plain(),
        "somethingNew": {"a": [1]},
    });
    assert_eq!(bench.create(&body, at(0.0)).0, 200);
}

/// Every flaw of a body has its own code, and none creates a process.
#[test]
fn each_flaw_of_the_body_has_its_code() {
    let mut bench = Bench::with(Config::default().with_rate_limit(None), "identity");
    let with = |subject: Value| json!({"subject": subject, "imageBase64": plain()});
    let of = |selfie: &str| onboarding(YES, selfie);
    let too_large = "A".repeat(819_204);
    for (body, expected) in [
        (json!(null), "20003"),
        (json!([]), "20003"),
        (json!({"imageBase64": plain()}), "20004"),
        (with(json!(null)), "20004"),
        (with(json!("52998224725")), "20003"),
        (with(json!({"name": "Test Subject"})), "20005"),
        (with(json!({"code": null, "name": "Test Subject"})), "20005"),
        (with(json!({"code": " ", "name": "Test Subject"})), "20005"),
        (
            with(json!({"code": 52_998_224_725_u64, "name": "Test Subject"})),
            "20003",
        ),
        (
            with(json!({"code": "52998224724", "name": "Test Subject"})),
            "20507",
        ),
        (
            with(json!({"code": "11111111111", "name": "Test Subject"})),
            "20507",
        ),
        (
            with(json!({"code": "529.982.247-25", "name": "Test Subject"})),
            "20507",
        ),
        (
            with(json!({"code": "hegg560427mvzrrl04", "name": "Test Subject"})),
            "20507",
        ),
        (with(json!({"code": YES})), "20006"),
        (with(json!({"code": YES, "name": ""})), "20006"),
        (with(json!({"code": "52998224724"})), "20507"),
        (
            json!({"subject": {"code": YES, "name": "Test Subject"}}),
            "20009",
        ),
        (of(""), "20009"),
        (of(&STANDARD.encode("a text")), "20505"),
        (of(&format!("data:image/png;base64,{}", plain())), "20505"),
        (of(&too_large), "20506"),
        (of(&STANDARD.encode(sized_png(639, 480))), "20807"),
        (of("not base64!"), "20900"),
        (of("a.b.c"), "10506"),
    ] {
        let answer = bench.create(&body, at(0.0));
        let shown = body.to_string();
        assert_eq!(
            code(&answer),
            (400, expected),
            "{}",
            &shown[..shown.len().min(200)]
        );
    }
    for body in ["", "{", "{\"subject\":", "\u{feff}{}", "{} {}"] {
        assert_eq!(
            code(&bench.create_raw(body, at(0.0))),
            (400, "20003"),
            "{body}"
        );
    }
    let twice = r#"{"subject":{"code":"52998224725","code":"52998224725","name":"Test Subject"},"imageBase64":"x"}"#;
    assert_eq!(code(&bench.create_raw(twice, at(0.0))), (400, "20003"));
    assert_eq!(
        code(&bench.create_raw(&b"{\"useCase\":\"\xff\"}"[..], at(0.0))),
        (400, "20003")
    );
    assert_eq!(bench.simulator.tally().processes_created, 0);
}

/// Flaws of the headers, in the order of their checks.
#[test]
fn each_flaw_of_the_headers_has_its_code() {
    let mut bench = Bench::with(Config::default().with_rate_limit(None), "identity");
    let body = onboarding(YES, &plain()).to_string();
    let mut send = |authorization: Option<&str>, key: Option<&str>, now| {
        let mut request = Request::post("/processes/v1").header("content-type", "application/json");
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        if let Some(value) = key {
            request = request.header("APIKEY", value);
        }
        let request = request.body(Bytes::from(body.clone())).unwrap();
        let answer = read(&bench.simulator.handle(request, now));
        let (status, code) = code(&answer);
        (status, code.to_owned())
    };
    let expect = |status, code: &str| (status, code.to_owned());
    let bearer = format!("Bearer {}", bench.token);
    let (good, key) = (Some(bearer.as_str()), Some(bench.key.as_str()));
    assert_eq!(send(good, key, at(0.0)), expect(200, ""));
    assert_eq!(send(None, None, at(0.0)), expect(400, "20001"));
    assert_eq!(
        send(Some("Bearer a?b"), None, at(0.0)),
        expect(400, "20002")
    );
    assert_eq!(
        send(Some("Bearer a?b"), Some("wrong"), at(0.0)),
        expect(403, "30017")
    );
    assert_eq!(
        send(Some("Bearer e30.e30.AA"), Some("wrong"), at(0.0)),
        expect(403, "10501")
    );
    assert_eq!(send(good, Some("wrong"), at(3_540.0)), expect(403, "10502"));
    assert_eq!(send(Some(""), key, at(0.0)), expect(400, "20001"));
    assert_eq!(send(good, None, at(0.0)), expect(400, "20002"));
    assert_eq!(send(good, Some(""), at(0.0)), expect(400, "20002"));
    assert_eq!(send(good, Some("wrong"), at(0.0)), expect(403, "10201"));
    assert_eq!(
        send(Some(bench.token.as_str()), key, at(0.0)),
        expect(403, "10501")
    );
    assert_eq!(
        send(Some("Bearer e30.e30.AA"), key, at(0.0)),
        expect(403, "10501")
    );
    assert_eq!(send(Some("Bearer a?b"), key, at(0.0)), expect(403, "30017"));
    assert_eq!(send(good, key, at(3_539.9)), expect(200, ""));
    assert_eq!(send(good, key, at(3_540.0)), expect(403, "10502"));
}

/// Other media types do not reach IDCloud.
#[test]
fn only_json_is_taken() {
    let mut bench = Bench::new("identity");
    for (name, value, expected) in [
        ("content-type", "text/plain", 415),
        ("content-type", "application/json; charset=utf-8", 200),
        ("content-encoding", "gzip", 415),
    ] {
        let mut request = bench
            .request(Method::POST, "/processes/v1")
            .header(name, value);
        if name != "content-type" {
            request = request.header("content-type", "application/json");
        }
        let request = request
            .body(onboarding(YES, &plain()).to_string().into())
            .unwrap();
        assert_eq!(
            read(&bench.simulator.handle(request, at(0.0))).0,
            expected,
            "{value}"
        );
    }
}

/// A key of one tenant gives no access to another.
#[test]
fn keys_belong_to_a_tenant() {
    let mut bench = Bench::new("identity");
    let other = "7e1f3f2c-55f0-4a5c-8f0e-000000000001";
    bench.key = bench
        .simulator
        .issue_api_key_in(other, "identity".parse::<Capabilities>().unwrap());
    assert_eq!(
        code(&bench.create(&onboarding(YES, &plain()), at(0.0))),
        (403, "10201")
    );
}

/// An answer has nothing for which the key lacks the capability, and a liveness of 1 may mean that
/// nothing was checked.
#[test]
fn the_key_decides_what_is_answered() {
    let capture = || Some(capture(&image(), at(0.0)));
    for (capabilities, code, token, expected) in [
        ("identity", YES, None, json!({"unicoId": {"result": "yes"}})),
        (
            "identity",
            STRANGER,
            None,
            json!({"unicoId": {"result": "yes"}}),
        ),
        (
            "trust-decision",
            YES,
            None,
            json!({"idCloud": {"result": "approved"}}),
        ),
        (
            "trust-decision",
            "11122230290",
            None,
            json!({"idCloud": {"result": "reproved"}}),
        ),
        (
            "trust-decision",
            "BAWB700219HNLTYR01",
            None,
            json!({"idCloud": {"result": "risk-high"}}),
        ),
        (
            "liveness,identity",
            YES,
            capture(),
            json!({"unicoId": {"result": "yes"}}),
        ),
        (
            "identity",
            DOUBTFUL,
            None,
            json!({"unicoId": {"result": "inconclusive"}, "liveness": 1}),
        ),
        (
            "identity",
            DOUBTFUL,
            capture(),
            json!({"unicoId": {"result": "inconclusive"}, "liveness": 1}),
        ),
        (
            "liveness,identity",
            DOUBTFUL,
            None,
            json!({"unicoId": {"result": "inconclusive"}, "liveness": 1}),
        ),
        (
            "identity,behavior-alert,serpro",
            YES,
            None,
            json!({
                "unicoId": {"result": "yes"}, "identityFraudsters": {"result": "inconclusive"},
                "government": {"serpro": 95},
            }),
        ),
        ("liveness", YES, capture(), json!({"liveness": 1})),
        ("liveness", STRANGER, capture(), json!({"liveness": 1})),
        (
            "behavior-alert",
            DOUBTFUL,
            None,
            json!({"identityFraudsters": {"result": "inconclusive"}}),
        ),
        (
            "identity",
            "11122231008",
            None,
            json!({"unicoId": {"result": "yes"}}),
        ),
        (
            "liveness,identity",
            "11122231008",
            None,
            json!({"unicoId": {"result": "inconclusive"}, "liveness": 2}),
        ),
        (
            "liveness,identity,behavior-alert",
            "11122231008",
            capture(),
            json!({"unicoId": {"result": "inconclusive"}, "liveness": 2}),
        ),
    ] {
        let mut bench = Bench::new(capabilities);
        let selfie = token.unwrap_or_else(plain);
        let (status, mut body) = bench.create(&onboarding(code, &selfie), at(1.0));
        assert_eq!(
            (status.as_u16(), &body["status"]),
            (200, &json!(3)),
            "{capabilities}"
        );
        body.as_object_mut()
            .unwrap()
            .retain(|member, _| member != "id" && member != "status");
        assert_eq!(body, expected, "{capabilities} {code}");
    }
}

/// Liveness alone needs no person, accepts only captures, and uses what the camera saw.
#[test]
fn liveness_alone() {
    let mut bench = Bench::new("liveness");
    for (face, expected) in [(Face::Live, 1), (Face::Spoof, 2), (Face::Unclear, 0)] {
        let token = Capture::new(&image(), at(0.0)).with_face(face).token();
        let (status, body) = bench.create(&json!({"imageBase64": token}), at(1.0));
        assert_eq!(
            (status.as_u16(), &body["liveness"]),
            (200, &json!(expected))
        );
    }
    assert_eq!(
        code(&bench.create(&json!({"imageBase64": plain()}), at(1.0))),
        (400, "10506")
    );
}

/// A spoof is never identified as the named person.
#[test]
fn a_spoof_is_never_identified() {
    let mut bench = Bench::new("liveness,identity,risk-score");
    let token = Capture::new(&image(), at(0.0))
        .with_face(Face::Spoof)
        .token();
    let (_, body) = bench.create(&onboarding(YES, &token), at(1.0));
    assert_eq!((&body["status"], &body["liveness"]), (&json!(3), &json!(2)));
    assert_eq!(body["unicoId"]["result"], "inconclusive");
}

/// A capture is valid for ten minutes and for one request, in any simulator.
#[test]
fn captures_expire_and_are_used_once() {
    let mut bench = Bench::new("liveness,identity");
    let token = capture(&image(), at(0.0));
    let body = onboarding(YES, &token);
    assert_eq!(code(&bench.create(&body, at(600.0))), (400, "10507"));
    assert_eq!(
        code(&bench.create(&onboarding("52998224724", &token), at(599.0))),
        (400, "20507")
    );
    assert_eq!(
        bench.create(&body, at(599.0)).0,
        200,
        "a refused request does not use it up"
    );
    assert_eq!(code(&bench.create(&body, at(599.5))), (400, "10508"));
    assert_eq!(
        Bench::new("liveness").create(&body, at(599.5)).0,
        200,
        "another simulator"
    );
    let next = capture(&image(), at(0.000_001));
    assert_ne!(token, next);
    assert_eq!(bench.create(&onboarding(YES, &next), at(590.0)).0, 200);
    let future = capture(&image(), at(9_000.0));
    assert_eq!(
        code(&bench.create(&onboarding(YES, &future), at(591.0))),
        (400, "10506")
    );
}

/// A modified token is not a capture, and a capture holds nothing about a person.
#[test]
fn captures_are_signed_and_hold_no_picture() {
    let token = capture(&image(), at(0.0));
    assert!(token.len() < 1_000 && !token.contains(&plain()));
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let other = Capture::new(&image(), at(0.0))
        .with_face(Face::Spoof)
        .token();
    let (_, other_signature) = other.rsplit_once('.').unwrap();
    assert_ne!(signature, other_signature);
    let mut bench = Bench::new("liveness");
    let forged = json!({"imageBase64": format!("{signed}.{other_signature}")});
    assert_eq!(code(&bench.create(&forged, at(1.0))), (400, "10506"));
}

/// A key with its security method on refuses plain pictures.
#[test]
fn a_key_can_insist_on_captures() {
    let mut bench = Bench::new("liveness,identity");
    let profile = KeyProfile::new("liveness,identity".parse().unwrap()).with_capture_only(true);
    bench.key = bench.simulator.issue_api_key(profile);
    assert_eq!(
        code(&bench.create(&onboarding(YES, &plain()), at(0.0))),
        (400, "10506")
    );
    let token = capture(&image(), at(0.0));
    assert_eq!(bench.create(&onboarding(YES, &token), at(0.0)).0, 200);
}

/// The outcome of any person can be arranged while the simulator runs.
#[test]
fn outcomes_can_be_arranged() {
    let mut bench = Bench::new("identity");
    let code: SubjectCode = STRANGER.parse().unwrap();
    for (outcome, expected) in [(Outcome::NO, "no"), (Outcome::YES, "yes")] {
        bench.simulator.arrange(code.clone(), outcome);
        let (_, body) = bench.create(&onboarding(STRANGER, &plain()), at(0.0));
        assert_eq!(body["unicoId"]["result"], expected);
    }
}

/// A selfie of exactly 819,200 characters is accepted.
#[test]
fn the_largest_selfie() {
    let mut bytes = png();
    bytes.resize(614_400, 0);
    let selfie = STANDARD.encode(bytes);
    assert_eq!(selfie.len(), 819_200);
    assert_eq!(
        Bench::new("identity")
            .create(&onboarding(YES, &selfie), at(0.0))
            .0,
        200
    );
}

/// Only fraud risk classification accepts a code that is neither CPF nor CURP.
#[test]
fn codes_of_other_kinds() {
    for (capabilities, code, status) in [
        ("behavior-alert", "person@mail.example", 200),
        ("behavior-alert", "+5511900000000", 200),
        ("behavior-alert", "52998224724", 400),
        ("behavior-alert", "two words", 400),
        ("behavior-alert,identity", "person@mail.example", 400),
    ] {
        let (answered, body) =
            Bench::new(capabilities).create(&onboarding(code, &plain()), at(0.0));
        assert_eq!(answered, status, "{code}: {body}");
    }
}
