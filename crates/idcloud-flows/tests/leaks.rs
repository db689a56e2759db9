//! Nothing personal leaks: through every handle and for every answer, no marker appears in a log of
//! any crate, an error, a `Debug` output, a panic, a stored pending process or a journal's record.
//!
//! Alone in its process: `tracing` keeps a log line disabled if another test's thread reaches it
//! first without a subscriber.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helper fails as the test does"
)]

use std::fmt::Write as _;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use idcloud_flows::http::testing::{ScriptedTransport, Step, VirtualClock};
use idcloud_flows::http::{ApiKey, CallOptions, Environment, ServiceAccount, SignError, Signer};
use idcloud_flows::journal::{EntryFilter, Journal, MemoryJournal};
use idcloud_flows::model::request::{
    ComparisonRequest, DocumentRequest, IdentityRequest, LivenessRequest, Purpose, Reference,
};
use idcloud_flows::model::{CaptureToken, Image, Language, ProcessId, Subject, SubjectDraft};
use idcloud_flows::{Flow, IdCloud, Submission, SubmitError, SubmitOptions};

const ID: &str = "3f2b8a54-1c1d-4e4b-9d7a-111111111111";
const CPF: &str = "52998224725";
const CAPTURED: &str = "eyJhbGciOiJSUzI1NiJ9.e30.MARKERCAPTUREDMARKERCAPTURED";
const MARKERS: [&str; 9] = [
    "MARKERAPIKEY",
    "Markername",
    "marker@mail",
    CPF,
    "529.982",
    "98765-4321",
    "MARKERCAPTURED",
    "MARKERANSWERED",
    "MARKERREFERENCE",
];

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Signature;

#[async_trait::async_trait]
impl Signer for Signature {
    async fn sign(&self, _: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok(b"signature".to_vec())
    }
}

fn png() -> Bytes {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\xd0\0\0\x03\xc0".to_vec();
    png.resize(1000, 0xAB);
    Bytes::from(png)
}

/// The middle of the picture's base64, whatever surrounds it.
fn picture() -> String {
    "q6ur".repeat(10)
}

fn subject() -> Subject {
    let draft = SubjectDraft {
        code: Some(CPF.to_owned().into()),
        name: Some("Markername Markersurname".to_owned().into()),
        email: Some("marker@mail.example".to_owned().into()),
        phone: Some("+55 (11) 98765-4321".to_owned().into()),
        ..SubjectDraft::default()
    };
    draft.parse().unwrap()
}

fn idcloud(step: Step, journal: Arc<dyn Journal>) -> IdCloud {
    let tenant = "11111111-2222-3333-4444-555555555555";
    let account = ServiceAccount::with_signer("a", tenant, Arc::new(Signature)).unwrap();
    IdCloud::builder(Environment::local(account))
        .transport(Arc::new(ScriptedTransport::new().every_call(step)))
        .clock(Arc::new(VirtualClock::new()))
        .journal(journal)
        .build()
        .unwrap()
}

/// Submits through the flow's own handle.
async fn submit(
    idcloud: &IdCloud,
    flow: Flow,
    options: &SubmitOptions,
    shown: &mut String,
) -> Result<Submission, SubmitError> {
    let key = ApiKey::new("MARKERAPIKEY", "liveness".parse().unwrap()).unwrap();
    let token = CaptureToken::parse(CAPTURED, std::time::UNIX_EPOCH).unwrap();
    let image = Image::parse(png()).unwrap();
    let id: ProcessId = ID.parse().unwrap();
    match flow {
        Flow::Identity => {
            let (handle, request) = (
                idcloud.identity(key),
                IdentityRequest::new(subject(), image).unwrap(),
            );
            let _ = writeln!(shown, "{handle:?} {request:?} {options:?}");
            handle.submit(request, options).await
        }
        Flow::BehaviorAlert => {
            let (handle, request) = (
                idcloud.behavior_alert(key),
                IdentityRequest::new(subject(), token).unwrap(),
            );
            let _ = writeln!(shown, "{handle:?} {request:?}");
            handle.submit(request, options).await
        }
        Flow::Liveness => {
            let (handle, request) = (idcloud.liveness(key), LivenessRequest::new(token));
            let _ = writeln!(shown, "{handle:?} {request:?}");
            handle.submit(request, options).await
        }
        Flow::Comparison => {
            let compared = Reference::Image(image.clone());
            let (handle, request) = (
                idcloud.comparison(key),
                ComparisonRequest::new(compared, image).with_subject(subject()),
            );
            let _ = writeln!(shown, "{handle:?} {request:?}");
            handle.submit(request, options).await
        }
        Flow::Document => {
            let request =
                DocumentRequest::capture(subject(), Purpose::ONBOARDING, id, [png()]).unwrap();
            let handle = idcloud.documents(key);
            let _ = writeln!(shown, "{handle:?} {request:?}");
            handle.submit(request, options).await
        }
        other => panic!("no handle for {other}"),
    }
}

/// An error, and all its causes.
fn chain(mut error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = String::new();
    loop {
        let _ = writeln!(text, "{error} | {error:?} | {error:#?}");
        match error.source() {
            Some(cause) => error = cause,
            None => return text,
        }
    }
}

fn answers() -> [Step; 8] {
    let answer = |members: &str| Step::json(200, format!(r#"{{"id":"{ID}",{members}}}"#));
    let told = format!("MARKERANSWERED {CPF} Markername");
    [
        answer(&format!(
            r#""status":3,"unicoId":{{"result":"{told}"}},"x{CPF}":"{told}","document":{{"id":"d","content":{{"n":"{told}"}}}}"#
        )),
        answer(&format!(
            r#""status":1,"unicoId":{{"result":"inconclusive"}},"y":"{told}""#
        )),
        answer(r#""status":5"#),
        Step::json(
            400,
            format!(r#"{{"error":{{"code":"20507","description":"{told}"}}}}"#),
        ),
        Step::json(502, told.clone()),
        Step::json(200, told),
        Step::Fail(idcloud_flows::http::TransportErrorKind::Connect),
        Step::Panic,
    ]
}

#[tokio::test(start_paused = true)]
async fn no_marker_in_logs_errors_debug_output_or_what_is_stored() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let panics = log.clone();
    std::panic::set_hook(Box::new(move |panic| {
        let _ = writeln!(panics.clone(), "panic {panic}");
    }));

    let (mut shown, mut stored) = (String::new(), String::new());
    let (mut errors, mut reports, mut waits) = (0, 0, 0);
    for flow in Flow::ALL {
        for step in answers() {
            let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new());
            let idcloud = idcloud(step.clone(), Arc::clone(&journal));
            let reference = "MARKERREFERENCE".parse().unwrap();
            let options = SubmitOptions::from(CallOptions::new()).with_reference(reference);
            // Twice: a recorded answer is shown like a new one.
            for _ in 0..2 {
                let panicking = matches!(step, Step::Panic);
                let submission = if panicking {
                    let (idcloud, options) = (idcloud.clone(), options.clone());
                    let ended = tokio::spawn(async move {
                        let mut unseen = String::new();
                        submit(&idcloud, flow, &options, &mut unseen).await.is_ok()
                    });
                    let _ = writeln!(
                        shown,
                        "{:?}",
                        ended.await.map_err(|error| error.to_string())
                    );
                    continue;
                } else {
                    submit(&idcloud, flow, &options, &mut shown).await
                };
                let _ = writeln!(shown, "{submission:?} {submission:#?}");
                match submission {
                    Ok(Submission::Finished(report)) => {
                        reports += 1;
                        let _ = writeln!(shown, "{}", report.explanation(Language::Portuguese));
                        let mismatches: Vec<_> = report.mismatches().collect();
                        let _ = writeln!(shown, "{mismatches:?} {:?}", report.failure());
                    }
                    Ok(Submission::Pending(pending)) => {
                        waits += 1;
                        let text = serde_json::to_string(&pending).unwrap();
                        // The reference is the caller's own and stored on purpose; it is shown
                        // nowhere.
                        stored.push_str(&text.replace("MARKERREFERENCE", ""));
                        let key = ApiKey::new("MARKERAPIKEY", "liveness".parse().unwrap()).unwrap();
                        let processes = idcloud.processes(key);
                        let limit = Duration::from_secs(1);
                        let error = processes.wait(pending, limit).await.unwrap_err();
                        shown.push_str(&chain(&error));
                    }
                    Err(error) => {
                        errors += 1;
                        shown.push_str(&chain(&error));
                    }
                }
            }
            let now = idcloud.client().clock().now();
            let entries = journal.entries(&EntryFilter::new(), None, 10, now).await;
            let entries = entries.unwrap().into_entries();
            assert_eq!(entries.len(), 1);
            let _ = writeln!(shown, "{idcloud:?} {entries:?}");
            for entry in &entries {
                stored.push_str(
                    &serde_json::to_string(entry.record())
                        .unwrap()
                        .replace("MARKERREFERENCE", ""),
                );
            }
        }
    }
    drop(std::panic::take_hook());

    assert!(
        errors >= 20 && reports >= 10 && waits >= 10,
        "{errors} {reports} {waits}"
    );
    let logs = log.text();
    for expected in ["idcloud.create_process", "panic "] {
        assert!(logs.contains(expected), "{expected} is not logged");
    }
    assert!(stored.contains(ID));
    for marker in MARKERS.into_iter().map(str::to_owned).chain([picture()]) {
        for (place, text) in [("logs", &logs), ("shown", &shown), ("stored", &stored)] {
            if let Some(at) = text.find(&marker) {
                let around = text.get(at.saturating_sub(200)..at + 60);
                panic!("{marker} in {place}: {}", around.unwrap_or_default());
            }
        }
    }
}
