//! Promise: nothing personal leaks. Every personal value is a marker, every crate logs at TRACE,
//! and no marker may appear in the file, its log, a trace, an error or a `Debug` output.

#![expect(
    clippy::unwrap_used,
    reason = "what this lint forbids is how a test fails"
)]

use std::fmt::Write as _;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use idcloud_flows::Flow;
use idcloud_flows::http::EnvironmentName;
use idcloud_flows::journal::{
    Claim, Claimed, Conclusion, EntryFilter, Finished, Journal as _, JournalKey, Reference,
};
use idcloud_flows::model::request::{CreateRequest, IdentityRequest, LivenessRequest};
use idcloud_flows::model::{
    Asked, Capabilities, CaptureToken, Policy, Process, Selfie, SelfieKind, SubjectDraft,
};
use idcloud_sqlite::SqliteJournal;

const CPF: &str = "52998224725";
const REFERENCE: &str = "MARKERREFERENCE";
const MARKERS: &[&str] = &[
    CPF,
    "529.982",
    "Markername",
    "markermail",
    "11987654321",
    "MARKERTOKEN",
    "MARKERANSWERED",
    // The picture, and its base64.
    "QQQQQQQQQQQQ",
    "UVFRUVFR",
];

const ANSWER: &str = r#"{"id":"80371b2a-3ac7-432e-866d-57fe37896ac6","status":3,"unicoId":{"result":"Markername Markersurname"},
    "score":52998224725,"government":{"serpro":"529.982.247-25"},"idCloud":{"result":["Markername"]},
    "document":{"id":"52998224725","content":{"nome":"Markername","cpfNumero":"529.982.247-25"},"type":"Markername Markersurname",
    "fileUrls":["https://files.example/MARKERANSWERED"],"x":"MARKERANSWERED"},
    "processAdditionalInfo":{"personName":"Markername","personDocument":"52998224725","personImage":"https://x/MARKERANSWERED"},
    "new":"MARKERANSWERED", "MARKERANSWERED 1":{"52998224725":"x"}}"#;

/// Captures all logs.
#[derive(Clone, Default)]
struct Capture(Arc<Mutex<Vec<u8>>>);

impl Write for Capture {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl log::Log for Capture {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }
    fn log(&self, record: &log::Record<'_>) {
        let _ = writeln!(self.clone(), "log {} {}", record.target(), record.args());
    }
    fn flush(&self) {}
}

fn requests() -> [CreateRequest; 2] {
    let mut picture = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x20\x03\x58\x02".to_vec();
    picture.resize(2000, b'Q');
    let selfie = Selfie::from_input(picture.into(), UNIX_EPOCH).unwrap();
    let text = |text: &str| Some(text.to_owned().into());
    let draft = SubjectDraft {
        code: text(CPF),
        name: text("Markername Markersurname"),
        email: text("markermail@mail.example"),
        phone: text("+55 (11) 98765-4321"),
        ..SubjectDraft::default()
    };
    let token = "eyJhbGciOiJSUzI1NiJ9.e30.MARKERTOKENMARKERTOKEN";
    let token = CaptureToken::parse(token, UNIX_EPOCH).unwrap();
    [
        IdentityRequest::new(draft.parse().unwrap(), selfie)
            .unwrap()
            .into(),
        LivenessRequest::new(token).into(),
    ]
}

#[tokio::test]
async fn no_marker_in_the_file_or_in_what_is_shown() {
    let capture = Capture::default();
    log::set_boxed_logger(Box::new(capture.clone())).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let writer = capture.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    tracing::trace!("traces are captured");

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal.db");
    let journal = SqliteJournal::open(&path).unwrap();
    let mut shown = format!("{journal:?}");
    for refused in [CPF, "Markername 529.982.247-25"] {
        let error = refused.parse::<Reference>().unwrap_err();
        let _ = writeln!(shown, "{error} {error:?}");
    }
    let asked = Asked::new(Capabilities::NONE, SelfieKind::Image);
    let Ok(Process::Final(process)) = Process::from_json(ANSWER.as_bytes()) else {
        panic!("a final process");
    };
    for (flow, request) in [Flow::Identity, Flow::Liveness].into_iter().zip(requests()) {
        let tenant = "tenant";
        let reference = REFERENCE.parse().unwrap();
        let key = JournalKey::from_parts(EnvironmentName::Local, tenant, flow, reference);
        let owner = "tests".parse().unwrap();
        let claim = Claim::new(key.clone(), &request, asked, Policy::default(), owner);
        let _ = writeln!(shown, "{claim:?} {key:#?}");
        let Claimed::Fresh(ticket) = journal.claim(claim.clone(), UNIX_EPOCH).await.unwrap() else {
            panic!("a new reference is fresh");
        };
        let lease = Duration::from_secs(60);
        journal.dispatch(&ticket, lease, UNIX_EPOCH).await.unwrap();
        let finished = Finished::new(
            &process,
            asked,
            Policy::default(),
            EnvironmentName::Local,
            true,
        );
        let end = Conclusion::Finished(Box::new(finished));
        let _ = writeln!(shown, "{ticket:?} {end:?}");
        journal.conclude(&ticket, end, UNIX_EPOCH).await.unwrap();
        let late = journal
            .dispatch(&ticket, lease, UNIX_EPOCH)
            .await
            .unwrap_err();
        let _ = writeln!(shown, "{late} {late:?}");
    }
    let entries = journal
        .entries(&EntryFilter::new(), None, 10, UNIX_EPOCH)
        .await
        .unwrap();
    assert_eq!(entries.entries().len(), 2);
    let _ = writeln!(shown, "{entries:?}");
    let names = ["journal.db", "journal.db-wal", "journal.db-shm"];
    let mut places: Vec<(&str, Vec<u8>)> = names
        .into_iter()
        .map(|name| (name, std::fs::read(directory.path().join(name)).unwrap()))
        .collect();
    drop(journal);
    places.push(("the closed file", std::fs::read(&path).unwrap()));
    places.push(("logs", capture.0.lock().unwrap().clone()));
    places.push(("what is shown", shown.into_bytes()));
    let holds = |bytes: &[u8], marker: &str| {
        bytes
            .windows(marker.len())
            .any(|window| window == marker.as_bytes())
    };
    for (place, bytes) in &places {
        for marker in MARKERS {
            assert!(!holds(bytes, marker), "{marker:?} in {place}");
        }
        // The caller's reference is stored on purpose, and is shown nowhere.
        let is_stored = matches!(*place, "journal.db-wal" | "the closed file");
        assert_eq!(
            holds(bytes, REFERENCE),
            is_stored,
            "the reference in {place}"
        );
    }
    assert!(holds(&capture.0.lock().unwrap(), "traces are captured"));
}
