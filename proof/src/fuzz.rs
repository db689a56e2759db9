//! Whatever comes from outside, changed at random for as long as asked for: answers, errors, notices, pictures, tokens, keys, stored data, requests.
//!
//! Must not know what is right: only that nothing panics, and that nothing shows what it was given.

use std::fmt::Debug;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http_body_util::Full;
use idcloud_flows::journal::{Record, Reference};
use idcloud_flows::webhook::{Credentials, Endpoint};
use idcloud_flows::{Hints, Pending};
use idcloud_http::{Clock as _, ServiceAccount, SystemClock};
use idcloud_model::{
    Asked, Capabilities, CaptureToken, ErrorAnswer, Image, Notification, Policy, Process, Selfie,
    SelfieKind, decide,
};
use idcloud_simulator::{Config as SimulatorConfig, Simulator};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, FileFailurePersistence, TestCaseError, TestRunner};

use crate::blocking::block_on;

/// What no word about any of it may show.
const MARKER: &str = "Markername";
/// How many inputs a target gets before it is the next one's turn.
const TURN: u32 = 500;
/// The most changes to one input.
const CHANGES: usize = 8;

/// A name, texts to begin with, and what shows all that is made of an input.
type Target = (&'static str, &'static [&'static str], fn(&[u8]) -> String);

/// What is tried, by its name; the inputs begin as one of these texts.
const TARGETS: &[Target] = &[
    ("answers", ANSWERS, answer),
    ("error envelopes", ERRORS, error),
    ("webhook notices", NOTICES, notice),
    ("pictures", PICTURES, picture),
    ("capture tokens", TOKENS, token),
    ("private keys", KEYS, key),
    ("pending processes", STORED, stored),
    ("references", REFERENCES, reference),
    ("the simulator", REQUESTS, simulated),
];

const ANSWERS: &[&str] = &[
    r#"{"id":"80371b2a-3ac7-432e-866d-57fe37896ac6","status":3,"unicoId":{"result":"yes"},"liveness":1}"#,
    r#"{"Id":"80371B2A-3AC7-432E-866D-57FE37896AC6","Status":"3","UnicoId":{"Result":"Inconclusive"},"Score":"90"}"#,
    r#"{"id":"80371b2a-3ac7-432e-866d-57fe37896ac6","authenticated":true}"#,
    r#"{"id":"80371b2a-3ac7-432e-866d-57fe37896ac6","status":3,"idCloud":{"result":"approved"},"identityFraudsters":{"result":"Markername"},"government":{"serpro":-1},"riskLevel":{"result":"approved"},"biometryToken":{"result":"true"},"score":-100,"document":{"id":"d","content":{"n":"Markername"},"cpfMatch":true}}"#,
    r#"{"id":"80371b2a-3ac7-432e-866d-57fe37896ac6","status":5}"#,
];
const ERRORS: &[&str] = &[
    r#"{"error":{"code":"20507","description":"Markername"}}"#,
    r#"{"Error":{"Code":20507,"Description":"Markername"}}"#,
    r#"{"error":"invalid_grant","error_description":"1.2.4 Markername"}"#,
    "<html>Markername</html>",
];
const NOTICES: &[&str] = &[
    r#"{"processId":"80371b2a-3ac7-432e-866d-57fe37896ac6","state":"PROCESS_STATE_FINISHED","flow":"Markername"}"#,
    r#"{"id":"80371b2a-3ac7-432e-866d-57fe37896ac6","lastEvent":"finished"}"#,
];
const PICTURES: &[&str] = &[
    "\u{0089}PNG\r\n\u{001a}\n\0\0\0\rIHDR\0\0\u{0002}\u{00d0}\0\0\u{0003}\u{00c0}\u{0008}\u{0002}",
    "RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\u{009d}\u{0001}*\u{0080}\u{0002}\u{00e0}\u{0001}",
    "\u{00ff}\u{00d8}\u{00ff}\u{00e0}\0\u{0010}JFIF\0\u{0001}\u{0001}\0\0\u{0001}\0\u{0001}\0\0\u{00ff}\u{00c0}\0\u{0011}\u{0008}\u{0003}\u{00c0}\u{0002}\u{00d0}\u{0003}",
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAtAAAAPACAIAAAA=",
    "iVBORw0KGgoAAAAN\r\nSUhEUgAAAtAAAAPACAIAAAA=",
];
const TOKENS: &[&str] = &[
    "eyJhbGciOiJIUzI1NiJ9.eyJpYXQiOjE3NjcyMjU2MDAsImV4cCI6MTc2NzIyNjIwMH0.Markername",
    "a.b.c",
];
const KEYS: &[&str] = &[
    "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQMarkername\n-----END PRIVATE KEY-----\n",
    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMarkername\n-----END RSA PRIVATE KEY-----\n",
];
const STORED: &[&str] = &[
    r#"{"version":1,"processId":"80371b2a-3ac7-432e-866d-57fe37896ac6","flow":"identity","reference":"Markername","status":"processing","asked":{"capabilities":["identity"],"selfie":"image","seenPending":true},"policy":{"approveFrom":50,"requireLiveness":false,"minSerpro":null},"environment":"local","issuer":"a@b.iam.acesso.io","submittedAtUnix":1767225600,"simulated":true}"#,
];
const REFERENCES: &[&str] = &["order-1041 Markername", "529.982.247-25", " "];
const REQUESTS: &[&str] = &[
    r#"POST /processes/v1 {"subject":{"code":"52998224725","name":"Markername"},"imageBase64":"a.b.c"}"#,
    "POST /oauth2/token grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=a.b.c",
    "GET /processes/v1/80371b2a-3ac7-432e-866d-57fe37896ac6 ",
    "GET /documents/v1?code=52998224725&type=cnh ",
];

/// Tries every target in turns until `seconds` are over; true if nothing was found.
pub(crate) fn fuzz(seconds: u64, say: &mut dyn FnMut(&str)) -> bool {
    let clock = SystemClock::new();
    let end = clock.instant() + Duration::from_secs(seconds);
    let mut turns = 0_u64;
    while turns == 0 || clock.instant() < end {
        for (name, texts, target) in TARGETS {
            let config = Config {
                cases: TURN,
                failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
                ..Config::default()
            };
            let tried = TestRunner::new(config).run(&inputs(texts), |input| {
                let shown = target(&input);
                if shown.contains(MARKER) {
                    return Err(TestCaseError::fail("what was given is shown"));
                }
                Ok(())
            });
            if let Err(found) = tried {
                say(&format!("{name}: {found}"));
                return false;
            }
        }
        turns += 1;
    }
    let inputs = turns * u64::from(TURN);
    say(&format!(
        "{} targets, {inputs} inputs each: nothing panicked, and nothing was shown",
        TARGETS.len()
    ));
    true
}

/// One of the texts with a few changes, or nothing but chance.
fn inputs(texts: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    // Characters up to U+00FF stand for bytes.
    let bytes = |text: &str| {
        text.chars()
            .filter_map(|one| u8::try_from(one).ok())
            .collect()
    };
    let text = select(texts).prop_map(bytes);
    let changed = (text, vec((any::<Index>(), change()), 0..CHANGES)).prop_map(
        |(mut bytes, changes): (Vec<u8>, _)| {
            for (place, change) in changes {
                let place: Index = place;
                let at = place.index(bytes.len() + 1);
                match change {
                    Change::Insert(more) => drop(bytes.splice(at..at, more)),
                    Change::Remove(count) => {
                        let end = bytes.len().min(at + count);
                        drop(bytes.drain(at..end));
                    }
                    Change::Cut => bytes.truncate(at),
                    Change::Replace(by) => {
                        if let Some(byte) = bytes.get_mut(at) {
                            *byte = by;
                        }
                    }
                }
            }
            bytes
        },
    );
    prop_oneof![9 => changed, 1 => vec(any::<u8>(), 0..400)]
}

#[derive(Clone, Debug)]
enum Change {
    Insert(Vec<u8>),
    Remove(usize),
    Cut,
    Replace(u8),
}

fn change() -> impl Strategy<Value = Change> {
    let words = select(
        &[
            "{",
            "}",
            "[",
            "]",
            "\"",
            ":",
            ",",
            "null",
            "-1",
            "1e999",
            "\\u0000",
            "99999999999999999999",
            "true",
            "\"id\":",
            "é",
            "=",
            "-----",
            ".",
            "%",
            "\r\n",
        ][..],
    );
    prop_oneof![
        4 => any::<u8>().prop_map(Change::Replace),
        2 => words.prop_map(|word| Change::Insert(word.as_bytes().to_vec())),
        1 => vec(any::<u8>(), 0..6).prop_map(Change::Insert),
        2 => (1_usize..12).prop_map(Change::Remove),
        1 => Just(Change::Cut),
    ]
}

fn shown<T: Debug>(value: &T) -> String {
    format!("{value:?}")
}

fn answer(input: &[u8]) -> String {
    let read = Process::from_json(input);
    let mut text = shown(&read);
    if let Ok(Process::Final(process)) = &read {
        for kind in [
            SelfieKind::Image,
            SelfieKind::CaptureToken,
            SelfieKind::Unknown,
        ] {
            let asked = Asked::new(Capabilities::NONE, kind);
            text.push_str(&shown(&decide(process, &asked, &Policy::default())));
        }
    }
    text
}

fn error(input: &[u8]) -> String {
    shown(&ErrorAnswer::from_body(input))
}

fn notice(input: &[u8]) -> String {
    let endpoint = Endpoint::new(Hints::default(), Credentials::insecure_anyone());
    let mut request = http::Request::new(Full::new(Bytes::copy_from_slice(input)));
    *request.method_mut() = http::Method::POST;
    let answer = block_on(endpoint.handle(request));
    format!("{:?} {answer:?}", Notification::from_json(input))
}

fn picture(input: &[u8]) -> String {
    let input = Bytes::copy_from_slice(input);
    let (parsed, read) = (
        Image::parse(input.clone()),
        Image::from_input(input.clone()),
    );
    let selfie = Selfie::from_input(input, SystemTime::UNIX_EPOCH);
    format!("{parsed:?} {read:?} {selfie:?}")
}

fn token(input: &[u8]) -> String {
    let text = String::from_utf8_lossy(input);
    shown(&CaptureToken::parse(&text, SystemTime::UNIX_EPOCH))
}

fn key(input: &[u8]) -> String {
    shown(&ServiceAccount::from_pem("account", "tenant", input))
}

fn stored(input: &[u8]) -> String {
    let pending = serde_json::from_slice::<Pending>(input).ok();
    let record = serde_json::from_slice::<Record>(input).ok();
    format!("{pending:?} {record:?}")
}

fn reference(input: &[u8]) -> String {
    let text = String::from_utf8_lossy(input);
    shown(&text.parse::<Reference>())
}

fn simulated(input: &[u8]) -> String {
    let text = String::from_utf8_lossy(input);
    let mut parts = text.splitn(3, ' ');
    let mut next = || parts.next().unwrap_or_default().to_owned();
    let (method, path, body) = (next(), next(), next());
    let content = if path.starts_with("/oauth2") {
        "application/x-www-form-urlencoded"
    } else {
        "application/json"
    };
    let request = http::Request::builder()
        .method(method.as_str())
        .uri(path)
        .header("content-type", content)
        .header("apikey", "key")
        .body(Bytes::from(body));
    let mut simulator = Simulator::new(SimulatorConfig::new(1));
    match request {
        Ok(request) => shown(&simulator.handle(request, SystemTime::UNIX_EPOCH).effect),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is shown is noticed, and so is a panic: the first input that says it is found.
    #[test]
    fn every_target_takes_its_own_texts() {
        for (name, texts, target) in TARGETS {
            for text in *texts {
                let input: Vec<u8> = text
                    .chars()
                    .filter_map(|one| u8::try_from(one).ok())
                    .collect();
                assert!(!target(&input).contains(MARKER), "{name}");
            }
        }
    }
}
