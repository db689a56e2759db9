//! Batches: outcomes of rows, interrupted and resumed runs, killed and resumed runs, and the files
//! that they leave.

use std::collections::{BTreeMap, HashSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use children::{Child, Signal, send};
use idcloud_http::{Clock as _, SystemClock};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::schemas::assert_valid;
use super::simulator::{Served, variables};
use super::support::{
    ACCESS_TOKEN, API_KEY, CPF, Files, Idcloud, LIMIT, NAME, PROCESS_ID, Run, Server, custom, run,
};

pub(crate) const HEADER: &str = "reference,cpf,name,email,phone,selfie\n";
const EMAIL: &str = "zoraide.marker@example.com";

/// The CPF of a person who is not a test subject of the simulator.
pub(crate) fn cpf(number: u32) -> String {
    let mut digits: Vec<u32> = format!("{:09}", 300_000_000 + number * 7)
        .chars()
        .map(|digit| digit.to_digit(10).unwrap())
        .collect();
    for weight in [10, 11] {
        let sum: u32 = (2..=weight)
            .rev()
            .zip(&digits)
            .map(|(weight, digit)| weight * digit)
            .sum();
        digits.push(sum * 10 % 11 % 10);
    }
    digits.iter().map(u32::to_string).collect()
}

/// Writes `count` rows, each of another person.
pub(crate) fn rows(files: &Files, count: u32) {
    let lines: Vec<String> = (1..=count)
        .map(|number| format!("row-{number},{},{NAME},{EMAIL},,selfie.png\n", cpf(number)))
        .collect();
    files.write("in.csv", (HEADER.to_owned() + &lines.concat()).as_bytes());
}

pub(crate) fn batch(files: &Files, url: &str, more: &[&str]) -> Idcloud {
    custom(files, url, ["batch", "run"])
        .arg(files.path("in.csv"))
        .arg("--journal")
        .arg(files.path("batch.db"))
        .arg("--output")
        .arg(files.path("out.csv"))
        .args(more.iter().copied())
}

/// The output's rows, by column.
pub(crate) fn output(files: &Files) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(files.path("out.csv")).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

pub(crate) fn told(rows: &[BTreeMap<String, String>]) -> Vec<String> {
    rows.iter()
        .map(|row| format!("{} {}", row["reference"], row["outcome"]))
        .collect()
}

pub(crate) fn answer(status: u8, more: &Value) -> ResponseTemplate {
    let mut body = json!({"id": PROCESS_ID, "status": status});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    ResponseTemplate::new(200).set_body_json(body)
}

/// Each row has its outcome; a row that was answered, or may have been accepted, is never sent
/// again; and no file that is left holds a person or a secret.
#[tokio::test(flavor = "multi_thread")]
async fn rows_come_to_what_they_should_and_are_not_repeated() {
    let (server, files) = (Server::start().await, Files::new());
    let yes = || answer(3, &json!({"unicoId": {"result": "yes"}, "novelty": NAME}));
    let refused = ResponseTemplate::new(400)
        .set_body_json(json!({"error": {"code": "20507", "description": NAME}}));
    server
        .on_creates([
            yes(),
            refused,
            ResponseTemplate::new(500),
            answer(4, &json!({})),
            answer(1, &json!({})),
            yes(),
        ])
        .await;
    let good = format!("529.982.247-25,{NAME},{EMAIL},5511912345678,selfie.png");
    let csv = [
        format!("\u{feff}{HEADER}"),
        ["done", "refused", "ambiguous", "failed", "pending"]
            .map(|reference| format!("{reference},{good}\r\n"))
            .concat(),
        format!("bad-number,52998224726,{NAME},,,selfie.png\r\n"),
        format!("bad-file,52998224725,{NAME},,,{NAME}.png\r\n"),
        format!("done,{good}\r\n"),
    ];
    files.write("in.csv", csv.concat().as_bytes());

    let flags = ["--concurrency", "1", "--wait", "0s"];
    let first = run(batch(&files, &server.url(), &flags)).await;
    assert_eq!(first.code, 5, "{first}");
    assert_eq!(
        told(&output(&files)),
        [
            "done done",
            "refused refused",
            "ambiguous ambiguous",
            "failed failed",
            "pending pending",
            "bad-number invalid",
            "bad-file invalid",
            "done invalid"
        ]
    );
    assert!(first.stderr.contains("line 7, subject.code"), "{first}");
    assert_eq!(server.creates().await, 5);

    // Only refused rows are sent again: they provably did not run.
    let again = run(batch(&files, &server.url(), &flags).env("IDCLOUD_FORMAT", "json")).await;
    assert_eq!(again.code, 5, "{again}");
    assert_eq!(server.creates().await, 6);
    let rows: Vec<Value> = again
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let outcomes: Vec<_> = rows
        .iter()
        .map(|row| row["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(
        outcomes,
        [
            "done",
            "done",
            "ambiguous",
            "failed",
            "pending",
            "invalid",
            "invalid",
            "invalid"
        ]
    );
    for row in &rows {
        assert_valid("batch-row", row);
    }
    assert_eq!(
        (
            &rows[0]["decision"],
            &rows[0]["unknown"],
            &rows[5]["error"]["code"]
        ),
        (&json!("approve"), &json!(["novelty"]), &json!("20507"))
    );

    let status = run(journaled(&files, ["batch", "status", "--format", "json"])).await;
    assert_valid("batch-status", &status.object());
    assert_eq!(
        status.object()["outcomes"],
        json!({"done": 2, "pending": 1, "failed": 1, "unsent": 0, "refused": 0, "ambiguous": 1})
    );
    let page = files.path("report.html");
    let report = run(journaled(&files, ["batch", "report"])
        .arg("--output")
        .arg(&page))
    .await;
    assert_eq!(report.code, 0, "{report}");
    for name in ["batch.db", "batch.db-wal", "out.csv", "report.html"] {
        nothing_personal(&files.path(name));
    }
}

pub(crate) fn journaled<const N: usize>(files: &Files, arguments: [&str; N]) -> Idcloud {
    Idcloud::new(arguments)
        .arg("--journal")
        .arg(files.path("batch.db"))
}

/// Searches a file for personal data and secrets.
fn nothing_personal(path: &Path) {
    let Ok(bytes) = std::fs::read(path) else {
        return;
    };
    let picture = [0x5a_u8; 24];
    let base64 = "WlpaWlpaWlpa";
    for marker in [
        "52998224725".as_bytes(),
        CPF.as_bytes(),
        NAME.as_bytes(),
        b"Zoraide",
        EMAIL.as_bytes(),
        b"5511912345678",
        API_KEY.as_bytes(),
        ACCESS_TOKEN.as_bytes(),
        base64.as_bytes(),
        &picture,
    ] {
        let found = bytes.windows(marker.len()).any(|window| window == marker);
        assert!(!found, "a marker leaked into {:?}", path.file_name());
    }
}

/// Settling an ambiguous reference: a found process's result is fetched, and a row that may be sent
/// again is sent.
#[tokio::test(flavor = "multi_thread")]
async fn an_ambiguous_reference_is_settled_by_a_person() {
    let (server, files) = (Server::start().await, Files::new());
    let yes = || json!({"id": PROCESS_ID, "status": 3, "unicoId": {"result": "yes"}});
    server
        .on_creates([
            ResponseTemplate::new(500),
            ResponseTemplate::new(500),
            ResponseTemplate::new(200).set_body_json(yes()),
        ])
        .await;
    server.on_get(&[(200, yes())]).await;
    named(&server, PROCESS_ID, "52998224725").await;
    let onboard = |reference: &str| {
        super::support::onboard(&files, &server.url())
            .args(["--reference", reference, "--selfie"])
            .arg(files.path("selfie.png"))
            .arg("--journal")
            .arg(files.path("batch.db"))
    };
    for reference in ["first", "second"] {
        let ambiguous = run(onboard(reference)).await;
        assert_eq!(
            (ambiguous.code, &ambiguous.error()["kind"]),
            (5, &json!("ambiguous")),
            "{ambiguous}"
        );
        assert!(
            ambiguous.stderr.contains("journal remembers"),
            "{ambiguous}"
        );
        let again = run(onboard(reference)).await;
        assert_eq!((again.code, again.stdout.as_str()), (5, ""), "{again}");
    }
    assert_eq!(server.creates().await, 2);
    let list = [
        "journal",
        "list",
        "--state",
        "ambiguous",
        "--format",
        "json",
    ];
    let list = run(journaled(&files, list)).await;
    assert_eq!(list.stdout.lines().count(), 2, "{list}");
    for line in list.stdout.lines() {
        assert_valid("journal-entry", &serde_json::from_str(line).unwrap());
    }

    let settle = [
        "journal", "settle", "first", "--found", PROCESS_ID, "--format", "json",
    ];
    let settled = run(journaled(&files, settle)).await;
    assert_valid("journal-entry", &settled.object());
    assert_eq!(settled.object()["state"], "pending", "{settled}");
    let fetched = run(onboard("first")).await;
    assert_eq!(
        (fetched.code, &fetched.object()["decision"]),
        (0, &json!("approve")),
        "{fetched}"
    );
    assert_eq!(server.creates().await, 2);

    let resend = run(journaled(
        &files,
        ["journal", "settle", "second", "--resend"],
    ))
    .await;
    assert_eq!(resend.code, 0, "{resend}");
    let sent = run(onboard("second")).await;
    assert_eq!((sent.code, server.creates().await), (0, 3), "{sent}");

    // The journal answers for a finished reference, which cannot be settled.
    let known = run(onboard("second")).await;
    assert_eq!((known.code, server.creates().await), (0, 3), "{known}");
    let refused = run(journaled(
        &files,
        ["journal", "settle", "second", "--resend"],
    ))
    .await;
    assert_eq!(refused.code, 3, "{refused}");
    let unknown = run(journaled(&files, ["journal", "show", "third"])).await;
    assert_eq!(unknown.code, 3, "{unknown}");
    // Another person under the same reference is a mistake.
    let other = custom(
        &files,
        &server.url(),
        ["onboard", "--cpf", "111.444.777-35", "--name", NAME],
    )
    .args(["--reference", "second", "--selfie"])
    .arg(files.path("selfie.png"))
    .arg("--journal")
    .arg(files.path("batch.db"));
    let other = run(other).await;
    assert_eq!((other.code, server.creates().await), (3, 3), "{other}");
}

/// Makes version 2 of the lookup name this person for the process.
pub(crate) async fn named(server: &Server, id: &str, number: &str) {
    let body = json!({"id": id, "status": 3, "unicoId": {"result": "yes"},
        "processAdditionalInfo": {"personDocument": number}});
    let answer = ResponseTemplate::new(200).set_body_json(body);
    server
        .on("GET", &format!("/processes/v2/{id}"), answer)
        .await;
}

/// A verdict cannot be misread: a process that a person found is compared with the reference's
/// person before it is settled. Another person's is refused, the right one is judged normally, and
/// one that could not be compared goes to review.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_was_found_is_compared_with_the_person() {
    let (server, files) = (Server::start().await, Files::new());
    let subject = files.write(
        "person.json",
        json!({"cpf": CPF, "name": NAME}).to_string().as_bytes(),
    );
    let subject = subject.to_str().unwrap().to_owned();
    let yes = json!({"id": PROCESS_ID, "status": 3, "unicoId": {"result": "yes"}});
    server.on_create(ResponseTemplate::new(502)).await;
    server.on_get(&[(200, yes)]).await;
    let onboard = |reference: &str| {
        super::support::onboard(&files, &server.url())
            .args(["--reference", reference, "--selfie"])
            .arg(files.path("selfie.png"))
            .arg("--journal")
            .arg(files.path("batch.db"))
    };
    assert_eq!(run(onboard("order-1")).await.code, 5);
    let settle = |more: &[&str]| {
        custom(
            &files,
            &server.url(),
            ["journal", "settle", "order-1", "--found", PROCESS_ID],
        )
        .args(["--format", "json", "--journal"])
        .arg(files.path("batch.db"))
        .args(more.iter().copied())
    };
    // The lookup does not name a person yet, so nothing can be compared: a settlement alone does
    // not suffice for an approval.
    let by_hand = run(settle(&["--cpf", CPF])).await;
    assert_eq!(by_hand.code, 0, "{by_hand}");
    assert!(by_hand.stderr.contains("was not compared"), "{by_hand}");
    let reviewed = run(onboard("order-1")).await;
    assert_eq!(
        (reviewed.code, &reviewed.object()["scenario"]),
        (0, &json!("settled-by-hand")),
        "{reviewed}"
    );

    named(&server, PROCESS_ID, "52998224725").await;
    assert_eq!(run(onboard("order-2")).await.code, 5);
    let settle = |more: &[&str]| {
        custom(
            &files,
            &server.url(),
            ["journal", "settle", "order-2", "--found", PROCESS_ID],
        )
        .args(["--format", "json", "--journal"])
        .arg(files.path("other.db"))
        .args(more.iter().copied())
    };
    let onboard = || {
        super::support::onboard(&files, &server.url())
            .args(["--reference", "order-2", "--selfie"])
            .arg(files.path("selfie.png"))
            .arg("--journal")
            .arg(files.path("other.db"))
    };
    assert_eq!(run(onboard()).await.code, 5);
    let other = run(settle(&["--cpf", "111.444.777-35"])).await;
    assert_eq!(
        (other.code, &other.error()["kind"]),
        (3, &json!("other-request")),
        "{other}"
    );
    assert_eq!(run(onboard()).await.code, 5, "nothing was settled");
    let bad = run(settle(&["--cpf", "111.444.777-36"])).await;
    assert_eq!(bad.code, 3, "{bad}");
    let settled = run(settle(&["--subject", &subject])).await;
    assert_eq!(
        (settled.code, &settled.object()["state"]),
        (0, &json!("pending")),
        "{settled}"
    );
    assert!(!settled.stderr.contains("was not compared"), "{settled}");
    let fetched = run(onboard()).await;
    assert_eq!(fetched.object()["decision"], "approve", "{fetched}");
    // Without credentials nothing can be looked up.
    let alone = Idcloud::new([
        "journal", "settle", "order-2", "--found", PROCESS_ID, "--cpf", CPF,
    ])
    .arg("--journal")
    .arg(files.path("other.db"));
    assert_eq!(run(alone).await.code, 3, "it is finished");
}

/// A verdict cannot be misread: two rows whose processes were swapped in the settlement get no
/// verdict, and are ambiguous again.
#[tokio::test(flavor = "multi_thread")]
async fn processes_that_were_mixed_up_give_no_verdict() {
    let (server, files) = (Server::start().await, Files::new());
    server.on_create(ResponseTemplate::new(502)).await;
    rows(&files, 2);
    let ids = [1, 2].map(|number: u32| format!("80371b2a-3ac7-432e-866d-{number:012x}"));
    for (number, id) in (1..).zip(&ids) {
        named(&server, id, &cpf(number)).await;
        let answer = json!({"id": id, "status": 3, "unicoId": {"result": "yes"}});
        let answer = ResponseTemplate::new(200).set_body_json(answer);
        server
            .on("GET", &format!("/processes/v1/{id}"), answer)
            .await;
    }
    let ambiguous = run(batch(&files, &server.url(), &[])).await;
    assert_eq!(ambiguous.code, 5, "{ambiguous}");
    for (row, id) in ["row-1", "row-2"].into_iter().zip(ids.iter().rev()) {
        let settled = run(journaled(&files, ["journal", "settle", row, "--found", id])).await;
        assert!(
            settled.code == 0 && settled.stderr.contains("was not compared"),
            "{settled}"
        );
    }
    for kind in ["other-request", "ambiguous"] {
        let ended = run(batch(&files, &server.url(), &[])).await;
        assert_eq!((ended.code, server.creates().await), (5, 2), "{ended}");
        for row in output(&files) {
            assert_eq!(
                (row["outcome"].as_str(), row["decision"].as_str()),
                ("ambiguous", "")
            );
            assert!(row["error"].contains(kind), "{row:?}");
        }
    }
    for (row, id) in ["row-1", "row-2"].into_iter().zip(&ids) {
        let settled = run(journaled(&files, ["journal", "settle", row, "--found", id])).await;
        assert_eq!(settled.code, 0, "{settled}");
    }
    let ended = run(batch(&files, &server.url(), &[])).await;
    assert_eq!((ended.code, server.creates().await), (0, 2), "{ended}");
    assert!(
        output(&files)
            .iter()
            .all(|row| row["decision"] == "approve"),
        "{ended}"
    );
}

/// No paid process is lost: an id that only a broken answer names, and that IDCloud does not know,
/// is in every run's row, on standard error of the run that sent it, and in the journal.
#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_in_doubt_is_kept() {
    let (server, files) = (Server::start().await, Files::new());
    let broken = format!(r#"{{"id":"{PROCESS_ID}","status":3,}}"#);
    server
        .on_create(ResponseTemplate::new(200).set_body_string(broken))
        .await;
    server
        .on_get(&[(400, json!({"error": {"code": "20023"}}))])
        .await;
    rows(&files, 1);
    for told in [
        "the one that its answer named is not known",
        "nothing was sent now",
    ] {
        let ended = run(batch(&files, &server.url(), &["--wait", "20s"])).await;
        assert_eq!((ended.code, server.creates().await), (5, 1), "{ended}");
        let row = &output(&files)[0];
        assert_eq!(
            (row["outcome"].as_str(), row["processId"].as_str()),
            ("ambiguous", PROCESS_ID)
        );
        assert!(row["error"].contains(told), "{row:?}");
        assert!(row["error"].contains(PROCESS_ID), "{row:?}");
        // Only the run that sent it reports it on standard error.
        let is_told = ended.stderr.contains(PROCESS_ID);
        assert_eq!(is_told, told.starts_with("the one"), "{ended}");
    }
    let shown = journaled(&files, ["journal", "show", "row-1", "--format", "json"]);
    let shown = run(shown).await.object();
    assert_eq!(
        (&shown["state"], &shown["processId"]),
        (&json!("ambiguous"), &json!(PROCESS_ID))
    );
    let text = run(journaled(&files, ["journal", "show", "row-1"])).await;
    assert!(text.stdout.contains(PROCESS_ID), "{text}");
}

/// No second payment unasked: a failed process is created again only with the flag that its message
/// names.
#[tokio::test(flavor = "multi_thread")]
async fn what_failed_is_begun_again_when_asked() {
    let (server, files) = (Server::start().await, Files::new());
    let [yes] = slow::<1>(Duration::ZERO);
    let [other_yes] = slow::<1>(Duration::ZERO);
    server
        .on_creates([answer(4, &json!({})), yes, answer(4, &json!({})), other_yes])
        .await;
    let onboard = |flags: &[&str]| {
        super::support::onboard(&files, &server.url())
            .args(["--reference", "order-1", "--selfie"])
            .arg(files.path("selfie.png"))
            .arg("--journal")
            .arg(files.path("single.db"))
            .args(flags.iter().copied())
    };
    for flags in [&[][..], &[]] {
        let failed = run(onboard(flags)).await;
        assert_eq!((failed.code, server.creates().await), (7, 1), "{failed}");
        assert!(failed.stderr.contains("three attempts"), "{failed}");
        assert!(failed.stderr.contains("--begin-again"), "{failed}");
    }
    for _ in 0..2 {
        let done = run(onboard(&["--begin-again"])).await;
        assert_eq!((done.code, server.creates().await), (0, 2), "{done}");
    }
    rows(&files, 1);
    for (flags, outcome, creates) in [
        (&[][..], "failed", 3),
        (&[], "failed", 3),
        (&["--begin-again"], "done", 4),
        (&["--begin-again"], "done", 4),
    ] {
        let dry = [flags, &["--dry-run", "--format", "json"]].concat();
        let dry: Value =
            serde_json::from_str(&run(batch(&files, &server.url(), &dry)).await.stdout).unwrap();
        let before = server.creates().await;
        let ended = run(batch(&files, &server.url(), flags)).await;
        assert_eq!(
            (only(&files).0.as_str(), server.creates().await),
            (outcome, creates),
            "{ended}"
        );
        assert_eq!(
            dry["creates"],
            creates - before,
            "the dry run says what the run does"
        );
    }
}

/// One damaged record hides no other: it is reported beside them, every command that meets it
/// fails, and its row is never sent again.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_row_hides_no_other() {
    let (server, files) = (Server::start().await, Files::new());
    server
        .on_creates([0, 1, 2].map(|number| {
            let id = format!("80371b2a-3ac7-432e-866d-{number:012x}");
            ResponseTemplate::new(200)
                .set_body_json(json!({"id": id, "status": 3, "unicoId": {"result": "yes"}}))
        }))
        .await;
    rows(&files, 3);
    let whole = run(batch(&files, &server.url(), &[])).await;
    assert_eq!((whole.code, server.creates().await), (0, 3), "{whole}");
    let file = rusqlite::Connection::open(files.path("batch.db")).unwrap();
    let damage = "UPDATE submission SET record = '{' WHERE reference = 'row-2'";
    assert_eq!(file.execute(damage, []).unwrap(), 1);
    drop(file);

    let told = |run: &Run| {
        assert_eq!(run.code, 1, "{run}");
        assert_eq!(run.error()["kind"], json!("unreadable"), "{run}");
        assert_eq!(run.error()["delivery"], json!("unknown"), "{run}");
        assert!(run.stderr.contains("row-2"), "{run}");
    };
    let list = run(journaled(&files, ["journal", "list", "--format", "json"])).await;
    told(&list);
    assert_eq!(list.stdout.lines().count(), 2, "{list}");
    let show = ["journal", "show", "row-2", "--format", "json"];
    told(&run(journaled(&files, show)).await);
    let settle = ["journal", "settle", "row-2", "--resend", "--format", "json"];
    told(&run(journaled(&files, settle)).await);
    let status = run(journaled(&files, ["batch", "status", "--format", "json"])).await;
    told(&status);
    assert_valid("batch-status", &status.object());
    assert_eq!(
        (
            &status.object()["references"],
            &status.object()["unreadable"]
        ),
        (&json!(3), &json!(1))
    );
    let page = files.path("report.html");
    let report = journaled(&files, ["batch", "report"]);
    let report = run(report.arg("--output").arg(&page)).await;
    assert!(
        report.code == 1 && report.stderr.contains("row-2"),
        "{report}"
    );
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("Unreadable") && page.contains("row-2"));

    // A run continues with the other rows, and sends nothing.
    let again = run(batch(&files, &server.url(), &[])).await;
    assert_eq!((again.code, server.creates().await), (5, 3), "{again}");
    let outcomes: Vec<_> = output(&files)
        .iter()
        .map(|row| row["outcome"].clone())
        .collect();
    assert_eq!(outcomes, ["done", "ambiguous", "done"]);
}

/// With only a reference, the journal is the user's own, at the documented path.
#[tokio::test(flavor = "multi_thread")]
async fn a_reference_alone_is_remembered_at_home() {
    let (files, home) = (Files::new(), tempfile::tempdir().unwrap());
    let onboard = || {
        Idcloud::new(["onboard", "--cpf", CPF, "--name", NAME, "--format", "json"])
            .args(["--reference", "order-1", "--selfie"])
            .arg(super::support::drawn_selfie())
            .env("HOME", home.path())
    };
    let first = run(onboard()).await;
    assert!(
        home.path().join(".local/state/idcloud/journal.db").exists(),
        "{first}"
    );
    let second = run(onboard()).await;
    assert_eq!(
        first.object()["processId"],
        second.object()["processId"],
        "{second}"
    );
    let bad = Idcloud::new(["onboard", "--cpf", CPF, "--name", NAME, "--selfie"])
        .arg(files.path("selfie.png"))
        .args(["--reference", CPF]);
    assert_eq!(run(bad).await.code, 2);
}

/// A wrong key costs one request, and not one for each row.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_stops_where_no_row_can_succeed() {
    let (server, files) = (Server::start().await, Files::new());
    let refused = json!({"error": {"code": "10201", "description": "no such key"}});
    server
        .on_create(ResponseTemplate::new(403).set_body_json(refused))
        .await;
    rows(&files, 200);
    let stopped = run(batch(&files, &server.url(), &["--concurrency", "2"])).await;
    assert_eq!(stopped.code, 4, "{stopped}");
    assert!(
        stopped
            .stderr
            .contains("stopped before the end of 200 rows"),
        "{stopped}"
    );
    assert!(server.creates().await <= 4);
    let outcomes = told(&output(&files));
    assert_eq!(outcomes.len(), 200);
    assert_eq!(outcomes[199], "row-200 unsent");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_input_that_cannot_be_read_to_its_end_sends_nothing() {
    let (server, files) = (Server::start().await, Files::new());
    let open = format!("{HEADER}a,{CPF},\"Test{}", "x".repeat(400_000));
    for (content, code) in [(open.as_str(), 3), ("reference,name\n", 3), (HEADER, 0)] {
        files.write("in.csv", content.as_bytes());
        let ended = run(batch(&files, &server.url(), &[])).await;
        assert_eq!((ended.code, server.requests().await), (code, 0), "{ended}");
    }
    let run_without = custom(&files, &server.url(), ["batch", "run"])
        .arg(files.path("none.csv"))
        .arg("--journal")
        .arg(files.path("batch.db"));
    assert_eq!(run(run_without).await.code, 3);
}

/// A dry run sends nothing, creates no journal, and reports every bad row and the cost of the
/// others.
#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_costs_nothing() {
    let (server, files) = (Server::start().await, Files::new());
    rows(&files, 30);
    let csv = std::fs::read_to_string(files.path("in.csv")).unwrap()
        + &format!("bad,1,{NAME},,,selfie.png\n");
    files.write("in.csv", csv.as_bytes());
    let dry = run(batch(
        &files,
        &server.url(),
        &["--dry-run", "--format", "json"],
    ))
    .await;
    assert_eq!((dry.code, server.requests().await), (3, 0), "{dry}");
    assert_valid("batch-estimate", &dry.object());
    assert_eq!(
        (
            &dry.object()["rows"],
            &dry.object()["creates"],
            &dry.object()["invalid"]
        ),
        (&json!(31), &json!(30), &json!(1))
    );
    assert!(!files.path("batch.db").exists() && !files.path("out.csv").exists());
}

/// Writes one row under the reference `order-1`.
fn one(files: &Files, cpf: &str, selfie: &str) {
    let row = format!("{HEADER}order-1,{cpf},{NAME},,,{selfie}\n");
    files.write("in.csv", row.as_bytes());
}

/// The outcome and the error's kind of the only row.
fn only(files: &Files) -> (String, String) {
    let row = output(files).remove(0);
    let kind = match row["error"].as_str() {
        "" => String::new(),
        error => serde_json::from_str::<Value>(error).unwrap()["kind"]
            .as_str()
            .unwrap()
            .to_owned(),
    };
    (row["outcome"].clone(), kind)
}

/// A verdict cannot be misread: the record under a reference is given only to the request that it
/// answers, in every state and with every flag; the dry run reports it beforehand, and nothing is
/// sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_answer_is_given_to_its_own_request_alone() {
    let yes = answer(3, &json!({"unicoId": {"result": "yes"}}));
    for (create, own, exit) in [
        (yes, "done", 0),
        (answer(1, &json!({})), "pending", 8),
        (ResponseTemplate::new(502), "ambiguous", 5),
        (answer(4, &json!({})), "failed", 7),
    ] {
        let (server, files) = (Server::start().await, Files::new());
        server.on_creates([create]).await;
        files.write("other.png", &super::support::png(720, 960, 2_001));
        one(&files, "52998224725", "selfie.png");
        let flags = ["--wait", "0s"];
        let first = run(batch(&files, &server.url(), &flags)).await;
        assert_eq!(
            (first.code, only(&files).0.as_str()),
            (exit, own),
            "{first}"
        );

        for (cpf, selfie) in [("11144477735", "selfie.png"), ("52998224725", "other.png")] {
            one(&files, cpf, selfie);
            for flags in [&flags[..], &["--wait", "0s", "--trust-references"]] {
                let other = run(batch(&files, &server.url(), flags)).await;
                let expected = ("invalid".to_owned(), "other-request".to_owned());
                assert_eq!((other.code, only(&files)), (3, expected), "{own}: {other}");
                let row = output(&files).remove(0);
                assert_eq!(
                    (row["decision"].as_str(), row["processId"].as_str()),
                    ("", "")
                );
                let dry = [flags, &["--dry-run", "--format", "json"]].concat();
                let dry = run(batch(&files, &server.url(), &dry)).await;
                let said: Value = serde_json::from_str(&dry.stdout).unwrap();
                assert_eq!(
                    (dry.code, &said["invalid"], &said["creates"]),
                    (3, &json!(1), &json!(0)),
                    "{own}: {dry}"
                );
                assert!(dry.stderr.contains("other-request"), "{own}: {dry}");
            }
        }
        one(&files, "52998224725", "selfie.png");
        let again = run(batch(&files, &server.url(), &flags)).await;
        assert_eq!(
            (again.code, only(&files).0.as_str()),
            (exit, own),
            "{again}"
        );
        assert_eq!(server.creates().await, 1, "{own}");
    }
}

/// A verdict cannot be misread: a row whose selfie is gone cannot be compared. It gets the record
/// only if the caller says that references can be trusted.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_cannot_be_compared_is_told_nothing_unless_references_are_trusted() {
    let (server, files) = (Server::start().await, Files::new());
    let yes = answer(3, &json!({"unicoId": {"result": "yes"}}));
    server.on_creates([yes]).await;
    one(&files, "52998224725", "selfie.png");
    let first = run(batch(&files, &server.url(), &[])).await;
    assert_eq!(first.code, 0, "{first}");
    std::fs::remove_file(files.path("selfie.png")).unwrap();
    for (flags, outcome, kind, exit) in [
        (&[][..], "invalid", "not-compared", 3),
        (&["--trust-references"], "done", "", 0),
    ] {
        let ended = run(batch(&files, &server.url(), flags)).await;
        let expected = (outcome.to_owned(), kind.to_owned());
        assert_eq!((ended.code, only(&files)), (exit, expected), "{ended}");
        let dry = [flags, &["--dry-run"]].concat();
        let dry = run(batch(&files, &server.url(), &dry)).await;
        assert_eq!(dry.code, exit, "{dry}");
    }
    // Trust does not help a row without a record.
    let row = format!("{HEADER}order-2,52998224725,{NAME},,,selfie.png\n");
    files.write("in.csv", row.as_bytes());
    let unknown = run(batch(&files, &server.url(), &["--trust-references"])).await;
    assert_eq!((unknown.code, server.creates().await), (3, 1), "{unknown}");
}

/// A verdict cannot be misread: rows that a run did not reach are compared before the results use
/// their records.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_stopped_early_tells_no_row_of_another_person() {
    let (server, files) = (Server::start().await, Files::new());
    let yes = answer(3, &json!({"unicoId": {"result": "yes"}}));
    let refused = json!({"error": {"code": "10201", "description": "no such key"}});
    let refused = ResponseTemplate::new(403).set_body_json(refused);
    server.on_creates([yes, refused]).await;
    let known = |cpf: &str| format!("known,{cpf},{NAME},,,selfie.png\n");
    files.write(
        "in.csv",
        format!("{HEADER}{}", known("52998224725")).as_bytes(),
    );
    assert_eq!(run(batch(&files, &server.url(), &[])).await.code, 0);
    let fresh: Vec<String> = (1..=40)
        .map(|number| format!("row-{number},{},{NAME},,,selfie.png\n", cpf(number)))
        .collect();
    for (person, outcome) in [
        ("52998224725", "known done"),
        ("11144477735", "known invalid"),
    ] {
        let input = format!("{HEADER}{}{}", fresh.concat(), known(person));
        files.write("in.csv", input.as_bytes());
        let stopped = run(batch(&files, &server.url(), &["--concurrency", "1"])).await;
        assert!(
            stopped.stderr.contains("stopped before the end"),
            "{stopped}"
        );
        assert_eq!(told(&output(&files)).last().unwrap(), outcome, "{stopped}");
    }
}

/// No second payment: the dry run consults the journal as the run will, and reports where else rows
/// are known.
#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_what_the_run_will_do() {
    let (server, files) = (Server::start().await, Files::new());
    let yes = answer(3, &json!({"unicoId": {"result": "yes"}}));
    server.on_creates([yes]).await;
    rows(&files, 1);
    let first = run(batch(&files, &server.url(), &[])).await;
    assert_eq!(first.code, 0, "{first}");
    let estimate = |dry: &Run| -> Value { serde_json::from_str(&dry.stdout).unwrap() };
    let flags = ["--dry-run", "--format", "json"];
    let same = run(batch(&files, &server.url(), &flags)).await;
    assert_eq!(estimate(&same)["creates"], 0, "{same}");
    assert_eq!(same.stderr, "", "{same}");
    // The same journal with another tenant's credentials: the run would send.
    let accepted = [&flags[..], &["--new-journal"]].concat();
    let other = batch(&files, &server.url(), &accepted)
        .env("IDCLOUD_TENANT_ID", "00000000-0000-4000-8000-00000000000a");
    let other = run(other).await;
    assert_eq!(estimate(&other)["creates"], 1, "{other}");
    assert!(other.stderr.contains("1 for custom"), "{other}");
    assert!(other.stderr.contains(super::support::TENANT), "{other}");
    // If no configuration names the run's place, every record counts.
    let nowhere = Idcloud::new(["batch", "run"])
        .arg(files.path("in.csv"))
        .arg("--journal")
        .arg(files.path("batch.db"))
        .args(flags)
        .env("IDCLOUD_ENV", "uat");
    let nowhere = run(nowhere).await;
    assert_eq!(estimate(&nowhere)["creates"], 0, "{nowhere}");
    assert!(nowhere.stderr.contains("does not say where"), "{nowhere}");
    assert_eq!(server.creates().await, 1);
}

/// No second payment without a warning: people in more than one row are reported before anything is
/// sent, and are not refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_person_in_two_rows_is_said_before_anything_is_sent() {
    let (server, files) = (Server::start().await, Files::new());
    let yes = |number: u32| {
        let id = format!("80371b2a-3ac7-432e-866d-{number:012x}");
        let body = json!({"id": id, "status": 3, "unicoId": {"result": "yes"}});
        ResponseTemplate::new(200).set_body_json(body)
    };
    server.on_creates([yes(1), yes(2), yes(3)]).await;
    let row = |reference: &str, cpf: &str| format!("{reference},{cpf},{NAME},,,selfie.png\n");
    let rows = [
        row("a", "52998224725"),
        row("b", "11144477735"),
        row("c", "529.982.247-25"),
    ];
    files.write("in.csv", format!("{HEADER}{}", rows.concat()).as_bytes());
    let note = "1 person stands in more than one row (2 rows), and each row is billed by itself; for instance lines 2 and 4";
    let dry = run(batch(&files, &server.url(), &["--dry-run"])).await;
    assert!(dry.code == 0 && dry.stderr.contains(note), "{dry}");
    let ended = run(batch(&files, &server.url(), &[])).await;
    assert!(ended.stderr.contains(note), "{ended}");
    assert_eq!((ended.code, server.creates().await), (0, 3), "{ended}");
}

/// Waits until this many creates have arrived.
pub(crate) async fn arrived(server: &Server, creates: usize) {
    let clock = SystemClock::new();
    for _ in 0..600 {
        if server.creates().await >= creates {
            return;
        }
        clock.sleep(Duration::from_millis(20)).await;
    }
    panic!("{creates} creates did not arrive");
}

/// Answers for creates, each with an id of its own, after this delay.
pub(crate) fn slow<const N: usize>(after: Duration) -> [ResponseTemplate; N] {
    std::array::from_fn(|number| {
        let id = format!("80371b2a-3ac7-432e-866d-{number:012x}");
        ResponseTemplate::new(200)
            .set_delay(after)
            .set_body_json(json!({"id": id, "status": 3, "unicoId": {"result": "yes"}}))
    })
}

/// Nothing paid is lost: if the journal fails after IDCloud answered, the rows have ids and
/// verdicts with the reason, the batch stops, and no row of this run counts as another run's.
#[tokio::test(flavor = "multi_thread")]
async fn answers_that_the_journal_cannot_write_down_stand_in_the_rows() {
    let (server, files) = (Server::start().await, Files::new());
    server.on_creates(slow::<4>(Duration::from_secs(1))).await;
    rows(&files, 12);
    let running = batch(&files, &server.url(), &["--concurrency", "4"]).spawn();
    arrived(&server, 4).await;
    // Every write from here on fails.
    std::fs::rename(files.path("batch.db"), files.path("away.db")).unwrap();
    let ended = tokio::task::spawn_blocking(|| running.finish())
        .await
        .unwrap();
    assert_eq!((ended.code, server.creates().await), (6, 4), "{ended}");
    assert!(
        ended.stderr.contains("stopped before the end of 12 rows"),
        "{ended}"
    );
    assert!(
        ended.stderr.contains("the journal could not record this"),
        "{ended}"
    );
    assert!(!ended.stderr.contains("another run"), "{ended}");
    let rows = output(&files);
    for row in &rows[..4] {
        assert_eq!(
            (row["outcome"].as_str(), row["decision"].as_str()),
            ("done", "approve")
        );
        assert!(row["processId"].starts_with("80371b2a"), "{row:?}");
        assert!(row["journalError"].contains("could not record"), "{row:?}");
        assert!(ended.stderr.contains(&row["processId"]), "{ended}");
    }
    assert!(
        rows[4..].iter().all(|row| row["outcome"] == "unsent"),
        "{ended}"
    );
}

/// Nothing paid is lost: a journal that failed for a while records the ends before the results are
/// written. Its file is away when the answers arrive, and back as soon as the batch has reported
/// it.
#[tokio::test(flavor = "multi_thread")]
async fn a_journal_that_works_again_is_told_what_it_missed() {
    let (server, files) = (Server::start().await, Files::new());
    server.on_creates(slow::<2>(Duration::from_secs(1))).await;
    rows(&files, 2);
    let mut running = batch(&files, &server.url(), &["--concurrency", "2"]).spawn();
    arrived(&server, 2).await;
    std::fs::rename(files.path("batch.db"), files.path("away.db")).unwrap();
    let mut said = BufReader::new(running.child.stderr.take().unwrap()).lines();
    let back = (files.path("away.db"), files.path("batch.db"));
    let ending = tokio::task::spawn_blocking(move || {
        let failed = said.any(|line| line.unwrap().contains("could not record this"));
        assert!(failed, "the journal did not fail");
        std::fs::rename(back.0, back.1).unwrap();
        let rest: Vec<String> = said.map(Result::unwrap).collect();
        (rest, running.finish())
    });
    let (rest, ended) = ending.await.unwrap();
    assert_eq!(
        told(&output(&files)),
        ["row-1 done", "row-2 done"],
        "{rest:?} {ended}"
    );
    let again = run(batch(&files, &server.url(), &[])).await;
    assert_eq!((again.code, server.creates().await), (0, 2), "{again}");
}

/// Nothing paid is lost, and nothing wrong is reported: an input that breaks while rows are in
/// flight ends the run after those rows have their ends, with a correct delivery state.
#[tokio::test(flavor = "multi_thread")]
async fn an_input_that_breaks_in_mid_run_leaves_nothing_in_doubt() {
    let (server, files) = (Server::start().await, Files::new());
    let creates = slow::<400>(Duration::from_millis(100));
    Box::pin(server.on_creates(creates)).await;
    let line = |number: u32| {
        let email = format!("{}@example.com", "x".repeat(50));
        let pad = " ".repeat(1_000);
        format!(
            "row-{number},{},{NAME},{email},{pad},selfie.png\n",
            cpf(number)
        )
    };
    let input: String = HEADER.to_owned() + &(1..=400).map(line).collect::<String>();
    files.write("in.csv", input.as_bytes());
    let running = batch(&files, &server.url(), &["--concurrency", "4"])
        .env("IDCLOUD_FORMAT", "json")
        .env("IDCLOUD_RATE", "1000")
        .spawn();
    arrived(&server, 6).await;
    let file = std::fs::OpenOptions::new()
        .write(true)
        .open(files.path("in.csv"))
        .unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, b"x", 0).unwrap();
    drop(file);
    let ended = tokio::task::spawn_blocking(|| running.finish())
        .await
        .unwrap();
    let error = ended.stderr.lines().last().unwrap();
    let error = &serde_json::from_str::<Value>(error).unwrap()["error"];
    assert_eq!(
        (ended.code, &error["kind"], &error["delivery"]),
        (3, &json!("invalid-input"), &json!("answered")),
        "{ended}"
    );
    let creates = server.creates().await;
    assert!((6..400).contains(&creates), "{creates}: {ended}");
    let status = run(journaled(&files, ["batch", "status", "--format", "json"]))
        .await
        .object();
    assert_eq!(
        (
            &status["outcomes"]["done"],
            &status["outcomes"]["ambiguous"],
            &status["inFlight"]
        ),
        (&json!(creates), &json!(0), &json!(0))
    );
}

/// A verdict cannot be misread: an input that changed before the results are written is reported,
/// and no row gets the result of another row in its place.
#[tokio::test(flavor = "multi_thread")]
async fn an_input_that_was_replaced_is_noticed() {
    let (server, files) = (Server::start().await, Files::new());
    let refused = json!({"error": {"code": "20507", "description": "no"}});
    let refused = ResponseTemplate::new(400)
        .set_delay(Duration::from_secs(1))
        .set_body_json(refused);
    server.on_creates([refused]).await;
    rows(&files, 1);
    let running = batch(&files, &server.url(), &[]).spawn();
    arrived(&server, 1).await;
    let row = format!("{HEADER}other,11144477735,{NAME},,,selfie.png\n");
    files.write("next.csv", row.as_bytes());
    std::fs::rename(files.path("next.csv"), files.path("in.csv")).unwrap();
    let ended = tokio::task::spawn_blocking(|| running.finish())
        .await
        .unwrap();
    assert!(
        ended
            .stderr
            .contains("the input changed while the batch ran"),
        "{ended}"
    );
    assert_eq!(told(&output(&files)), ["other unsent"], "{ended}");
    assert_eq!(ended.code, 6, "{ended}");
}

/// Nothing paid is lost silently: a single command reports what the journal could not record, and
/// the result stays.
#[tokio::test(flavor = "multi_thread")]
async fn a_single_command_says_that_the_journal_failed() {
    let (server, files) = (Server::start().await, Files::new());
    let [yes] = slow::<1>(Duration::from_secs(1));
    let pending = answer(1, &json!({})).set_delay(Duration::from_secs(1));
    server.on_creates([yes, pending]).await;
    for (number, exit) in [(1, 0), (2, 8)] {
        let journal = files.path(&format!("{number}.db"));
        let running = super::support::onboard(&files, &server.url())
            .args(["--reference", "order-1", "--no-wait", "--selfie"])
            .arg(files.path("selfie.png"))
            .arg("--journal")
            .arg(&journal)
            .spawn();
        arrived(&server, number).await;
        std::fs::rename(&journal, files.path("away.db")).unwrap();
        let ended = tokio::task::spawn_blocking(|| running.finish())
            .await
            .unwrap();
        assert_eq!(ended.code, exit, "{ended}");
        let object = ended.object();
        assert!(
            object["journalError"]
                .as_str()
                .unwrap()
                .contains("could not record"),
            "{ended}"
        );
        assert_eq!(object["recorded"], false);
        assert!(
            ended
                .stderr
                .starts_with("note: the journal could not record this"),
            "{ended}"
        );
    }
}

/// A served simulator, with a budget that tests do not have to wait for.
pub(crate) struct Bench {
    pub(crate) files: Files,
    variables: std::collections::HashMap<String, String>,
    _directory: tempfile::TempDir,
    _served: Served,
}

impl Bench {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let served = Served::start(directory.path(), &[&["--rate", "5000"], arguments].concat());
        Self {
            variables: variables(directory.path()),
            files: Files::new(),
            _directory: directory,
            _served: served,
        }
    }

    pub(crate) fn arguments(&self, more: &[&str]) -> Vec<std::ffi::OsString> {
        let mut arguments: Vec<std::ffi::OsString> = ["batch", "run", "--rate", "5000"]
            .iter()
            .map(Into::into)
            .collect();
        arguments.push(self.files.path("in.csv").into());
        for (flag, name) in [("--journal", "batch.db"), ("--output", "out.csv")] {
            arguments.push(flag.into());
            arguments.push(self.files.path(name).into());
        }
        arguments.extend(more.iter().map(Into::into));
        arguments
    }

    pub(crate) fn command(&self, more: &[&str]) -> Idcloud {
        self.as_this_account(Idcloud::new(self.arguments(more)))
    }

    /// A command with the account of the served simulator.
    pub(crate) fn as_this_account(&self, command: Idcloud) -> Idcloud {
        self.variables
            .iter()
            .fold(command, |command, (name, value)| command.env(name, value))
    }

    pub(crate) async fn run(&self, more: &[&str]) -> Run {
        run(self.command(more)).await
    }

    /// The ledger, fetched over the socket.
    pub(crate) fn ledger(&self) -> Value {
        let address = self.variables["IDCLOUD_API_URL"]
            .trim_start_matches("http://")
            .to_owned();
        let mut stream = TcpStream::connect(address.trim_end_matches('/')).unwrap();
        stream
            .write_all(
                b"GET /_simulator/ledger HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            )
            .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"))
    }
}

/// A verdict cannot be misread: an earlier run's answer approves no person of whom this run's key
/// asks more, and nothing is sent for it.
#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_answer_is_judged_by_what_this_run_asks() {
    let (server, files) = (Server::start().await, Files::new());
    let yes = answer(3, &json!({"unicoId": {"result": "yes"}}));
    server.on_creates([yes]).await;
    rows(&files, 1);
    let mut decisions = Vec::new();
    for capabilities in ["identity", "identity,behavior-alert", "identity"] {
        let again = batch(&files, &server.url(), &[]).env("IDCLOUD_CAPABILITIES", capabilities);
        let again = run(again).await;
        assert_eq!(again.code, 0, "{again}");
        let row = output(&files).remove(0);
        decisions.push(format!("{} ({})", row["decision"], row["scenario"]));
    }
    assert_eq!(
        decisions,
        [
            "approve (identity-yes-without-liveness)",
            "review (missing-evidence)",
            "approve (identity-yes-without-liveness)",
        ]
    );
    assert_eq!(server.creates().await, 1);
}

/// No second payment: ctrl-c loses nothing, and the same command continues where it stopped.
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_batch_is_resumed() {
    let bench = Bench::start(&["--latency", "100ms"]);
    rows(&bench.files, 60);
    let running = bench.command(&["--concurrency", "4"]).spawn();
    super::interrupt::at_work(&bench, &running).await;
    send(running.id(), Signal::SIGINT);
    let first = tokio::task::spawn_blocking(move || running.finish())
        .await
        .unwrap();
    assert_eq!((first.code, first.stdout.as_str()), (130, ""), "{first}");
    assert!(
        first.stderr.contains("same command again to resume"),
        "{first}"
    );
    let billed = bench.ledger()["billed"].as_u64().unwrap();
    assert!((1..60).contains(&billed), "{billed}: {first}");
    let status = run(journaled(
        &bench.files,
        ["batch", "status", "--format", "json"],
    ))
    .await
    .object();
    assert_eq!(
        (&status["inFlight"], &status["outcomes"]["ambiguous"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(status["outcomes"]["done"], billed);

    let second = bench.run(&["--concurrency", "16"]).await;
    assert_eq!(second.code, 0, "{second}");
    let expected: Vec<String> = (1..=60)
        .map(|number| format!("row-{number} done"))
        .collect();
    assert_eq!(told(&output(&bench.files)), expected);
    assert_eq!(bench.ledger()["billed"], 60);
}

/// No second payment: a batch is killed while creates are in flight, before and after they are
/// billed, and before and after their ends are recorded. No row that may have been created is
/// created again. A kill comes after a number of further billed creates.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_batch_bills_nobody_twice() {
    // Creates in flight at a time, and the most that are billed before a kill.
    const AT_ONCE: usize = 8;
    const MORE: u64 = 12;
    let kills = std::env::var("IDCLOUD_BATCH_KILLS").ok();
    let kills: usize = kills.map_or(20, |kills| kills.parse().unwrap());
    // Enough rows for every kill: those seen as billed and those in flight, twice, for a slow
    // check.
    let more = usize::try_from(MORE).unwrap();
    let number_of_rows = u32::try_from(kills * (more + 2 * AT_ONCE)).unwrap();
    let bench = Bench::start(&[
        "--latency",
        "40ms",
        "--seed",
        "11",
        "--fault",
        "create:4%:reset-after-processing",
        "--fault",
        "create:3%:reset-after-body",
        "--fault",
        "create:3%:truncated-json",
    ]);
    rows(&bench.files, number_of_rows);
    let mut moments = fastrand::Rng::with_seed(20);
    let clock = SystemClock::new();
    let billed = || bench.ledger()["billed"].as_u64().unwrap();
    for kill in 0..kills {
        let strikes_at = billed() + moments.u64(1..=MORE);
        let mut command = Command::new(env!("CARGO_BIN_EXE_idcloud"));
        command
            .env_clear()
            .env("HOME", bench.files.path(""))
            .envs(&bench.variables)
            .args(bench.arguments(&["--concurrency", &AT_ONCE.to_string()]))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = Child::spawn(&mut command, LIMIT).unwrap();
        while billed() < strikes_at {
            let ended = child.try_wait().unwrap();
            assert!(ended.is_none(), "kill {kill} came after the end: {ended:?}");
            clock.sleep(Duration::from_millis(2)).await;
        }
        // At any time between two answers of the server.
        clock.sleep(Duration::from_millis(moments.u64(0..40))).await;
        child.kill().unwrap();
        child.wait().unwrap();
    }

    let last = bench.run(&["--concurrency", "32"]).await;
    let rows = output(&bench.files);
    let references: Vec<_> = rows.iter().map(|row| row["reference"].clone()).collect();
    let expected: Vec<_> = (1..=number_of_rows)
        .map(|number| format!("row-{number}"))
        .collect();
    assert_eq!(references, expected, "{last}");
    let ledger = bench.ledger();
    assert_eq!(ledger["doubles"], json!([]), "{last}");
    let known: HashSet<_> = ledger["processes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|process| process["processId"].as_str().unwrap().to_owned())
        .collect();
    let mut done = 0;
    for row in &rows {
        match row["outcome"].as_str() {
            "done" => {
                done += 1;
                assert!(known.contains(&row["processId"]), "{row:?}");
            }
            outcome => assert_eq!(outcome, "ambiguous", "{row:?}"),
        }
    }
    assert_eq!(last.code, if done == rows.len() { 0 } else { 5 }, "{last}");
    // Only faults and kills leave ambiguous rows: at most this many rows were in flight at each
    // kill.
    assert!(
        rows.len() - done <= kills * AT_ONCE + rows.len() / 5,
        "{done} done of {}",
        rows.len()
    );
}
