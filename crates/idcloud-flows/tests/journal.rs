//! Promises: never pay twice, and store nothing personal.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "what these lints forbid is how a test fails"
)]

use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit as _, Mac as _};
use idcloud_flows::Flow;
use idcloud_flows::http::EnvironmentName;
use idcloud_flows::journal::{
    Claim, Claimed, Command, Conclusion, Fingerprint, Finished, Journal, JournalKey, MemoryJournal,
    Record, conformance, transition,
};
use idcloud_flows::model::request::{
    CreateRequest, DocumentRequest, IdentityRequest, LivenessRequest, Purpose,
};
use idcloud_flows::model::{
    Asked, Capabilities, CaptureToken, Policy, Process, Selfie, SelfieKind, SubjectDraft, decide,
};
use sha2::{Digest as _, Sha256};

const NOW: SystemTime = UNIX_EPOCH;
const CPF: &str = "52998224725";

#[tokio::test]
async fn memory_keeps_every_promise_of_a_journal() {
    conformance::check(&MemoryJournal::new()).await;
}

/// Never pay twice: a record in a form that this version cannot have written is not read as one
/// that it can.
#[tokio::test]
async fn records_of_another_form_are_told() {
    let journal = MemoryJournal::new();
    let key = JournalKey::from_parts(
        EnvironmentName::Local,
        "tenant",
        Flow::Identity,
        "order-1041".parse().unwrap(),
    );
    let asked = Asked::new(Capabilities::NONE, SelfieKind::Image);
    let request = conformance::request(0);
    let owner = "tests".parse().unwrap();
    let claim = Claim::new(key.clone(), &request, asked, Policy::default(), owner);
    drop(journal.claim(claim, NOW).await.unwrap());
    let entry = journal.entry(&key, NOW).await.unwrap().unwrap();
    let mut stored = serde_json::to_value(entry.record()).unwrap();
    for (version, readable) in [(1, true), (0, false), (2, false)] {
        stored["version"] = version.into();
        let record: Record = serde_json::from_value(stored.clone()).unwrap();
        assert_eq!(record.is_readable(), readable, "{version}");
    }
}

fn picture(filling: u8) -> Vec<u8> {
    let mut bytes = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x20\x03\x58\x02".to_vec();
    bytes.resize(300, filling);
    bytes
}

fn draft(code: &str) -> SubjectDraft {
    SubjectDraft {
        code: Some(code.to_owned().into()),
        name: Some("Maria Markername".to_owned().into()),
        ..SubjectDraft::default()
    }
}

fn identity(draft: &SubjectDraft, picture: Vec<u8>) -> CreateRequest {
    let selfie = Selfie::from_input(picture.into(), NOW).unwrap();
    IdentityRequest::new(draft.parse().unwrap(), selfie)
        .unwrap()
        .into()
}

/// The same request has the same fingerprint; any other byte of it another.
#[test]
fn fingerprints_tell_requests_apart() {
    let usual = || Fingerprint::of(&identity(&draft(CPF), picture(1)));
    assert_eq!(usual(), usual());
    let mut others = vec![usual()];
    for at in 30..300 {
        let mut picture = picture(1);
        picture[at] ^= 1;
        others.push(Fingerprint::of(&identity(&draft(CPF), picture)));
    }
    let mut longer = picture(1);
    longer.push(1);
    others.push(Fingerprint::of(&identity(&draft(CPF), longer)));
    let text = |text: &str| Some(text.to_owned().into());
    for draft in [
        draft("12345678909"),
        SubjectDraft {
            name: text("Maria Markernamf"),
            ..draft(CPF)
        },
        SubjectDraft {
            email: text("m@mail.example"),
            ..draft(CPF)
        },
    ] {
        others.push(Fingerprint::of(&identity(&draft, picture(1))));
    }
    for token in ["a", "b"] {
        let token = format!("eyJhbGciOiJSUzI1NiJ9.e30.{token}AAAAAAAAAAAAAAAA");
        let token = CaptureToken::parse(&token, NOW).unwrap();
        others.push(Fingerprint::of(&LivenessRequest::new(token).into()));
    }
    let count = others.len();
    others.sort_by_key(ToString::to_string);
    others.dedup();
    assert_eq!(others.len(), count);
}

/// Never pay twice after an update: fingerprints of earlier versions still match. Both values were
/// computed by hand from the bodies that those versions sent, which named no kind of code.
#[test]
fn fingerprints_of_earlier_versions_go_on_matching() {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\xd0\0\0\x03\xc0".to_vec();
    png.resize(1000, 0);
    let named = |name: Option<&str>| SubjectDraft {
        code: Some(CPF.to_owned().into()),
        name: name.map(|name| name.to_owned().into()),
        ..SubjectDraft::default()
    };
    let process = "11111111-2222-3333-4444-555555555555".parse().unwrap();
    let subject = named(None).parse().unwrap();
    let capture =
        DocumentRequest::capture(subject, Purpose::ONBOARDING, process, [png.clone().into()]);
    for (request, stored) in [
        (
            CreateRequest::from(capture.unwrap()),
            "6a4470bf8b52c0f69ead4f8f9c77ebcdd21dc6d7da40e25e7a2d635726130441",
        ),
        (
            identity(&named(Some("Test Subject")), png),
            "4b808b867265226a3762fbe6e156d93f4d2b03b967de12284f7271a8f74c301d",
        ),
    ] {
        assert_eq!(Fingerprint::of(&request).to_string(), stored);
    }
}

fn reuse(subject: &SubjectDraft, process: &str, document: &str, purpose: Purpose) -> CreateRequest {
    let subject = subject.parse().unwrap();
    let (process, document) = (process.parse().unwrap(), document.parse().unwrap());
    DocumentRequest::reuse(subject, purpose, process, document).into()
}

const ONE: &str = "80371b2a-3ac7-432e-866d-57fe37896ac6";
const TWO: &str = "0c9a1f7e-52d1-4c08-9b7d-6e2f8a3b4c5d";

/// A verdict cannot be misread: a reused document of another person is another request, as is one
/// with another id or purpose.
#[test]
fn without_a_picture_the_person_counts_too() {
    let of = |code, process, document, purpose| {
        Fingerprint::of(&reuse(&draft(code), process, document, purpose))
    };
    let first = of(CPF, ONE, TWO, Purpose::ONBOARDING);
    assert_eq!(first, of(CPF, ONE, TWO, Purpose::ONBOARDING));
    for other in [
        of("12345678909", ONE, TWO, Purpose::ONBOARDING),
        of("11122230290", ONE, TWO, Purpose::ONBOARDING),
        of(CPF, TWO, ONE, Purpose::ONBOARDING),
        of(CPF, ONE, ONE, Purpose::ONBOARDING),
        of(CPF, TWO, TWO, Purpose::ONBOARDING),
        of(CPF, ONE, TWO, Purpose::FGTS),
    ] {
        assert_ne!(first, other);
    }
}

/// Nothing personal leaks: of the CPFs that a reader of the journal tries, with everything else
/// right, thousands match.
#[test]
fn without_a_picture_a_cpf_cannot_be_told() {
    let of = |number| {
        let subject = SubjectDraft {
            code: Some(nth_cpf(number).into()),
            ..SubjectDraft::default()
        };
        Fingerprint::of(&reuse(&subject, ONE, TWO, Purpose::ONBOARDING)).to_string()
    };
    let (tried, mut seen) = (2_000, std::collections::BTreeSet::new());
    for number in 0..tried {
        let fingerprint = of(number);
        // All but the last 16 bits depend on the ids alone.
        assert_eq!(fingerprint[..60], of(tried)[..60]);
        seen.insert(fingerprint);
    }
    assert!(seen.len() > 1_900, "{} of {tried} differ", seen.len());
}

/// Never pay twice after an update: a reused document matches the fingerprint of an earlier
/// version, of the ids and the purpose. The value was computed by hand.
#[tokio::test]
async fn a_reuse_of_an_earlier_version_goes_on_matching() {
    let request = reuse(&draft(CPF), ONE, TWO, Purpose::ONBOARDING);
    let earlier = "024a7ba547bccfde37db1426c0e5dace1dcf56b44a98c619b208f260765143c8";
    assert_eq!(
        Fingerprint::earlier_of(&request).unwrap().to_string(),
        earlier
    );
    let answer = format!(r#"{{"id":"{ONE}","status":3}}"#);
    let record = serde_json::to_string(&stored(&request, &answer).await).unwrap();
    let now = Fingerprint::of(&request).to_string();
    let other = reuse(&draft("12345678909"), ONE, TWO, Purpose::ONBOARDING);
    let elsewhere = reuse(&draft(CPF), ONE, ONE, Purpose::ONBOARDING);
    for (fingerprint, request, is_answered) in [
        (now.as_str(), &request, true),
        (now.as_str(), &other, false),
        (now.as_str(), &elsewhere, false),
        (earlier, &request, true),
        (earlier, &other, true),
        (earlier, &elsewhere, false),
    ] {
        let record: Record = serde_json::from_str(&record.replace(&now, fingerprint)).unwrap();
        let asked = Asked::new(Capabilities::NONE, SelfieKind::Image);
        let claim = Claim::new(
            key(),
            request,
            asked,
            Policy::default(),
            "tests".parse().unwrap(),
        );
        let claimed = transition(Some(record), Command::Claim(claim), 9, NOW).answer;
        assert_eq!(claimed.is_ok(), is_answered, "{fingerprint}: {claimed:?}");
    }
}

fn key() -> JournalKey {
    JournalKey::from_parts(
        EnvironmentName::Uat,
        "tenant",
        Flow::Identity,
        "order-1041".parse().unwrap(),
    )
}

/// Everything stored of a finished submission.
async fn stored(request: &CreateRequest, answer: &str) -> Record {
    let journal = MemoryJournal::new();
    let asked = Asked::new(Capabilities::NONE, SelfieKind::Image);
    let owner = "tests".parse().unwrap();
    let claim = Claim::new(key(), request, asked, Policy::default(), owner);
    let Claimed::Fresh(ticket) = journal.claim(claim, NOW).await.unwrap() else {
        panic!("a new reference is fresh");
    };
    let lease = Duration::from_secs(60);
    journal.dispatch(&ticket, lease, NOW).await.unwrap();
    let Ok(Process::Final(process)) = Process::from_json(answer.as_bytes()) else {
        panic!("a final process");
    };
    let environment = EnvironmentName::Uat;
    let finished = Finished::new(&process, asked, Policy::default(), environment, false);
    let verdict = decide(&process, &asked, &Policy::default());
    assert_eq!(finished.verdict(), verdict);
    let end = Conclusion::Finished(Box::new(finished));
    journal.conclude(&ticket, end, NOW).await.unwrap();
    let entry = journal.entry(&key(), NOW).await.unwrap().unwrap();
    let text = serde_json::to_string(entry.record()).unwrap();
    let read: Record = serde_json::from_str(&text).unwrap();
    assert_eq!(read, *entry.record(), "what is stored is what is read");
    read
}

const ANSWER: &str = r#"{"id":"80371b2a-3ac7-432e-866d-57fe37896ac6","status":3,"unicoId":{"result":"Maria Markername"},
    "score":52998224725,"document":{"content":{"nome":"Maria Markername","cpfNumero":"529.982.247-25"},"type":"Maria Markername",
    "fileUrls":["https://files.example/marker"]},"processAdditionalInfo":{"personName":"Maria Markername"},
    "Maria Markername":{"52998224725":"x"}}"#;

/// Nothing personal is stored or shown.
#[tokio::test]
async fn nothing_personal_is_stored() {
    let record = stored(&identity(&draft(CPF), picture(0xAB)), ANSWER).await;
    let text = serde_json::to_string(&record).unwrap();
    for shown in [
        text,
        format!("{record:?}"),
        format!("{:#?} {:?}", record, key()),
    ] {
        for marker in [
            "Marker",
            CPF,
            "529.982",
            "files.example",
            "q6urq6ur",
            "order-1041",
        ] {
            assert!(!shown.contains(marker), "{marker} in {shown}");
        }
    }
}

/// The id of a process that may have been paid for is kept: it is stored in the record beside the
/// state, where an earlier version ignores it; a record of an earlier version has none.
#[tokio::test]
async fn the_id_that_is_doubted_is_stored() {
    let sent = identity(&draft(CPF), picture(1));
    let answer = format!(r#"{{"id":"{ONE}","status":3}}"#);
    let mut record = serde_json::to_value(stored(&sent, &answer).await).unwrap();
    let last = record["last"].as_object_mut().unwrap();
    last.insert("state".to_owned(), "ambiguous".into());
    for (doubted, read) in [(None, None), (Some(ONE), Some(ONE))] {
        let mut record = record.clone();
        if let Some(id) = doubted {
            record["last"]["doubted"] = id.into();
        }
        let read_again: Record = serde_json::from_value(record.clone()).unwrap();
        assert_eq!(
            read_again.doubted().map(ToString::to_string).as_deref(),
            read
        );
        assert_eq!(read_again.process_id(), None);
        assert_eq!(serde_json::to_value(&read_again).unwrap(), record);
    }
}

/// Without the picture, the journal and the way fingerprints are computed do not distinguish a
/// right CPF from a wrong one.
#[tokio::test]
async fn a_cpf_cannot_be_tried() {
    let sent = identity(&draft(CPF), picture(0xAB));
    let record = stored(
        &sent,
        r#"{"id":"80371b2a-3ac7-432e-866d-57fe37896ac6","status":3}"#,
    )
    .await;
    let text = serde_json::to_string(&record).unwrap();
    // Everything in the record that could have been a key, or part of one.
    let fingerprint = record.fingerprint().to_string();
    let mut keys: Vec<Vec<u8>> = vec![Vec::new(), vec![0; 32], Sha256::digest(b"").to_vec()];
    keys.extend(text.split('"').map(|piece| piece.as_bytes().to_vec()));
    keys.extend(key().parts().map(|part| part.as_bytes().to_vec()));
    keys.extend(keys.clone().iter().map(|key| Sha256::digest(key).to_vec()));
    let mut found = Vec::new();
    let mut tried = 0;
    for code in (0..1000).map(nth_cpf).chain([CPF.to_owned()]) {
        // The guessed request, with everything right but the picture.
        let guess = identity(&draft(&code), picture(1));
        assert_ne!(Fingerprint::of(&guess).to_string(), fingerprint);
        let body = guess.body();
        let mut messages = vec![code.clone().into_bytes()];
        for segment in body.segments() {
            if let idcloud_flows::model::request::Segment::Json(json) = segment {
                messages.push(json.as_bytes().to_vec());
            }
        }
        messages.push(messages[1..].concat());
        for message in &messages {
            let plain = hex(&Sha256::digest(message));
            let keyed = keys.iter().map(|key| {
                let mut mac = <Hmac<Sha256>>::new_from_slice(key).unwrap();
                mac.update(message);
                hex(&mac.finalize().into_bytes())
            });
            for hash in keyed.chain([plain]) {
                tried += 1;
                if text.contains(&hash) {
                    found.push(code.clone());
                }
            }
        }
    }
    assert!(tried > 100_000, "{tried} hashes were tried");
    assert_eq!(found, Vec::<String>::new());
    // With the picture it matches, or the test would prove nothing.
    assert_eq!(Fingerprint::of(&sent).to_string(), fingerprint);
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The CPF with these first digits.
fn nth_cpf(number: u32) -> String {
    let start = 100_000_000 + number * 7_919;
    (0..100)
        .map(|end| format!("{start}{end:02}"))
        .find(|code| code.parse::<idcloud_flows::model::Cpf>().is_ok())
        .unwrap()
}
