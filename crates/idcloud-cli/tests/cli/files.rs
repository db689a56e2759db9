//! No user's file is lost to an output, and nothing is paid again because a journal is another,
//! older, or incomplete one.

#![cfg(unix)]

use std::path::Path;
use std::time::Duration;

use idcloud_http::{Clock as _, SystemClock};
use idcloud_sqlite::SqliteReader;
use serde_json::json;
use wiremock::ResponseTemplate;

use super::batch::cpf;
use super::support::{Files, Idcloud, NAME, Run, Running, Server, custom, drawn_selfie, run};

const HEADER: &str = "reference,cpf,name,email,phone,selfie\n";

/// Writes an input with these references, each of another person.
fn input(files: &Files, name: &str, references: &[&str]) {
    let lines: Vec<String> = (1..)
        .zip(references)
        .map(|(number, reference)| format!("{reference},{},{NAME},,,selfie.jpg\n", cpf(number)))
        .collect();
    files.write(name, (HEADER.to_owned() + &lines.concat()).as_bytes());
}

fn files(references: &[&str]) -> Files {
    let files = Files::new();
    std::fs::copy(drawn_selfie(), files.path("selfie.jpg")).unwrap();
    input(&files, "in.csv", references);
    files
}

/// A batch on the embedded simulator.
fn batch(files: &Files, input: &str, journal: &str, output: &str) -> Idcloud {
    Idcloud::new(["batch", "run"])
        .arg(files.path(input))
        .arg("--journal")
        .arg(files.path(journal))
        .arg("--output")
        .arg(files.path(output))
}

/// How many rows a journal has.
fn remembered(files: &Files, journal: &str) -> usize {
    let journal = SqliteReader::open(files.path(journal)).unwrap();
    let mut count = 0;
    journal
        .listed(idcloud_flows::Flow::Identity, &mut |_| count += 1)
        .unwrap();
    count
}

async fn refused(command: Idcloud, what: &str) -> Run {
    let run = run(command).await;
    assert_eq!(run.code, 2, "{what}: {run}");
    assert!(run.stdout.is_empty(), "{what}: {run}");
    run
}

/// A new journal beside results of this input is refused: a misspelt name would pay for every row
/// again.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_journal_beside_finished_results() {
    let files = files(&["a", "b", "c"]);
    let first = run(batch(&files, "in.csv", "x.db", "out.csv")).await;
    assert_eq!(first.code, 0, "{first}");
    assert!(first.stderr.contains("the journal is new"), "{first}");
    let again = run(batch(&files, "in.csv", "x.db", "out.csv")).await;
    assert!(
        again.code == 0 && !again.stderr.contains("note: the journal"),
        "{again}"
    );

    let results = std::fs::read(files.path("out.csv")).unwrap();
    // Twice: the first refusal leaves no file that the second could take for a journal.
    for _ in 0..2 {
        for dry_run in [&["--dry-run"][..], &[]] {
            let command = batch(&files, "in.csv", "y.db", "out.csv").args(dry_run.iter().copied());
            let told = refused(command, "a misspelt journal").await;
            assert!(told.stderr.contains("does not know 3 rows"), "{told}");
            assert!(told.stderr.contains("--new-journal"), "{told}");
        }
    }
    assert!(!files.path("y.db").exists() && !files.path("y.db.lock").exists());
    assert_eq!(std::fs::read(files.path("out.csv")).unwrap(), results);
    // An empty file is not a journal either.
    files.write("z.db", b"");
    files.set_mode("z.db", 0o600);
    refused(batch(&files, "in.csv", "z.db", "out.csv"), "an empty file").await;

    // JSON lines have the same effect; results of other rows, or none, have no effect.
    let lines = batch(&files, "in.csv", "x.db", "out.jsonl");
    assert_eq!(run(lines).await.code, 0);
    refused(batch(&files, "in.csv", "y.db", "out.jsonl"), "JSON lines").await;
    input(&files, "other.csv", &["d"]);
    for output in ["out.csv", "none.csv"] {
        let other = run(batch(&files, "other.csv", "new.db", output)).await;
        assert_eq!(other.code, 0, "{output}: {other}");
        std::fs::remove_file(files.path("new.db")).unwrap();
    }

    std::fs::write(files.path("out.csv"), results).unwrap();
    let accepted = batch(&files, "in.csv", "y.db", "out.csv").arg("--new-journal");
    assert_eq!(run(accepted).await.code, 0);
    assert_eq!(remembered(&files, "y.db"), 3);
}

/// A journal restored from an older copy does not have the rows that were paid since: the results
/// do.
#[tokio::test(flavor = "multi_thread")]
async fn a_journal_older_than_the_results() {
    let files = files(&["a", "b"]);
    assert_eq!(
        run(batch(&files, "in.csv", "x.db", "out.csv")).await.code,
        0
    );
    std::fs::copy(files.path("x.db"), files.path("old.db")).unwrap();
    input(&files, "in.csv", &["a", "b", "c", "d"]);
    assert_eq!(
        run(batch(&files, "in.csv", "x.db", "out.csv")).await.code,
        0
    );
    let told = refused(
        batch(&files, "in.csv", "old.db", "out.csv"),
        "an older copy",
    )
    .await;
    assert!(told.stderr.contains("does not know 2 rows"), "{told}");
}

/// A journal of other rows only gets a note; one that has the rows except for leading zeros is
/// refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_journal_of_other_rows() {
    let files = files(&["0001", "0002", "1000"]);
    assert_eq!(
        run(batch(&files, "in.csv", "x.db", "out.csv")).await.code,
        0
    );
    for (references, is_refused) in [
        // A spreadsheet removed the zeros; the last reference had none, and is known.
        (&["1", "2", "1000"][..], true),
        (&["01"], true),
        (&["00002"], true),
        (&["3", "4"], false),
        (&["0001", "5"], false),
        (&["0001", "0002", "1000"], false),
        (&["a-1", "a-0001"], false),
    ] {
        input(&files, "other.csv", references);
        let command = batch(&files, "other.csv", "x.db", "other.out.csv").arg("--dry-run");
        let told = run(command).await;
        assert_eq!(
            told.code,
            if is_refused { 2 } else { 0 },
            "{references:?}: {told}"
        );
        assert_eq!(
            told.stderr.contains("leading zeros"),
            is_refused,
            "{references:?}: {told}"
        );
        let is_foreign = !is_refused && !references.contains(&"0001");
        assert_eq!(
            told.stderr.contains("none of this one"),
            is_foreign,
            "{references:?}: {told}"
        );
    }
    assert_eq!(remembered(&files, "x.db"), 3);
}

/// A file that a batch reads or keeps is never its output, under any name: nothing is sent, and
/// nothing is changed.
#[tokio::test(flavor = "multi_thread")]
async fn outputs_that_are_something_else() {
    let (server, files) = (Server::start().await, files(&["a", "b"]));
    files.write("empty.jpg", b"");
    files.write("ca.pem", b"authority");
    files.write("api.key", b"key\n");
    files.set_mode("api.key", 0o600);
    std::fs::hard_link(files.path("in.csv"), files.path("hard.csv")).unwrap();
    for (link, to) in [
        ("soft.csv", "in.csv"),
        ("key.csv", "key.pem"),
        ("selfie.csv", "selfie.jpg"),
    ] {
        std::os::unix::fs::symlink(files.path(to), files.path(link)).unwrap();
    }
    std::fs::hard_link(files.path("empty.jpg"), files.path("empty.csv")).unwrap();
    std::fs::hard_link(files.path("ca.pem"), files.path("authority.csv")).unwrap();
    std::fs::hard_link(files.path("api.key"), files.path("api.csv")).unwrap();
    files.write("notes.csv", b"a table of mine\n");
    files.write("notes.jsonl", b"{\"reference\":\"a\"}\n");
    files.write(
        "people.csv",
        b"reference,outcome,cpf,name\na,done,x,Marker\n",
    );
    files.write(
        "people.jsonl",
        b"{\"reference\":\"a\",\"outcome\":\"done\",\"cpf\":\"x\"}\n",
    );
    let row = format!("c,{},{NAME},,,empty.jpg\n", cpf(9));
    let rows = std::fs::read_to_string(files.path("in.csv")).unwrap() + &row;
    files.write("rows.csv", rows.as_bytes());
    let before = contents(&files);
    for (input, journal, output, named) in [
        ("in.csv", "j.db", "in.csv", "INPUT"),
        ("in.csv", "j.db", "./in.csv", "INPUT"),
        ("in.csv", "j.db", "hard.csv", "INPUT"),
        ("in.csv", "j.db", "soft.csv", "INPUT"),
        ("soft.csv", "j.db", "in.csv", "INPUT"),
        ("in.csv", "j.csv", "j.csv", "--journal"),
        ("in.csv", "j", "j-wal", "the log of --journal"),
        ("in.csv", "j", "j.lock", "the lock of --journal"),
        ("in.csv", "j.db", "key.csv", "IDCLOUD_PRIVATE_KEY_FILE"),
        ("in.csv", "j.db", "authority.csv", "--ca-file"),
        ("in.csv", "j.db", "api.csv", "--api-key-file"),
        ("in.csv", "j.db", "selfie.csv", "the selfie of line 2"),
        ("rows.csv", "j.db", "empty.csv", "the selfie of line 4"),
        ("in.csv", "j.db", "notes.csv", "not results of a batch"),
        ("in.csv", "j.db", "notes.jsonl", "not results of a batch"),
        ("in.csv", "j.db", "people.csv", "not results of a batch"),
        ("in.csv", "j.db", "people.jsonl", "not results of a batch"),
        ("rows.csv", "j.db", "in.csv", "not results of a batch"),
    ] {
        for dry_run in [false, true] {
            let mut command = custom(&files, &server.url(), ["batch", "run"])
                .arg(files.path(input))
                .arg("--journal")
                .arg(files.path(journal))
                .arg("--output")
                .arg(files.path(output))
                .arg("--ca-file")
                .arg(files.path("ca.pem"))
                .arg("--api-key-file")
                .arg(files.path("api.key"));
            if dry_run {
                command = command.arg("--dry-run");
            }
            let told = refused(command, output).await;
            assert!(
                told.stderr.contains("--output") && told.stderr.contains(named),
                "{output}: {told}"
            );
        }
    }
    assert_eq!(
        contents(&files),
        before,
        "nothing was made, and nothing changed"
    );
    assert_eq!(server.requests().await, 0);
}

/// Every file of a folder, with its content.
fn contents(files: &Files) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<_> = std::fs::read_dir(files.path(""))
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read(&path).unwrap_or_default())
        })
        .collect();
    all.sort();
    all
}

/// The page about a batch replaces only a page about a batch.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_replaces_reports_alone() {
    let files = files(&["a"]);
    assert_eq!(
        run(batch(&files, "in.csv", "j.db", "out.csv")).await.code,
        0
    );
    files.write("notes.html", b"<!doctype html><html>mine</html>");
    std::os::unix::fs::symlink(files.path("j.db"), files.path("link.html")).unwrap();
    let before = contents(&files);
    let report = |output: &str| {
        Idcloud::new(["batch", "report", "--journal"])
            .arg(files.path("j.db"))
            .arg("--output")
            .arg(files.path(output))
            .env("IDCLOUD_PRIVATE_KEY_FILE", files.path("key.pem"))
    };
    for (output, named) in [
        ("j.db", "--journal"),
        ("link.html", "--journal"),
        ("j.db-wal", "the log of --journal"),
        ("j.db.lock", "the lock of --journal"),
        ("key.pem", "IDCLOUD_PRIVATE_KEY_FILE"),
        ("in.csv", "not a page of idcloud batch report"),
        ("out.csv", "not a page of idcloud batch report"),
        ("selfie.jpg", "not a page of idcloud batch report"),
        ("notes.html", "not a page of idcloud batch report"),
    ] {
        let told = refused(report(output), output).await;
        assert!(told.stderr.contains(named), "{output}: {told}");
    }
    assert_eq!(contents(&files), before);
    files.write("empty.html", b"");
    for output in ["report.html", "report.html", "empty.html"] {
        let made = run(report(output)).await;
        assert_eq!(made.code, 0, "{output}: {made}");
    }
}

/// A user's file beside the output is left alone, with any name.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_beside_an_output_is_removed() {
    let files = files(&["a"]);
    files.write("out.csv.new", b"mine");
    let done = run(batch(&files, "in.csv", "out.csv.new.db", "out.csv")).await;
    assert_eq!(done.code, 0, "{done}");
    assert_eq!(std::fs::read(files.path("out.csv.new")).unwrap(), b"mine");
    assert!(leftovers(&files).is_empty());
}

fn leftovers(files: &Files) -> Vec<String> {
    let names = contents(files).into_iter().map(|(name, _)| name);
    names.filter(|name| name.starts_with(".idcloud-")).collect()
}

/// Credentials and manual pages replace only files that this program made.
#[tokio::test(flavor = "multi_thread")]
async fn folders_of_outputs() {
    let (files, pages) = (Files::new(), tempfile::tempdir().unwrap());
    for (name, others) in [
        ("key.pem", None),
        (".env", Some("IDCLOUD_ENV=production\n")),
        ("ca.pem", None),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let content = others.unwrap_or("mine").as_bytes().to_vec();
        std::fs::write(folder.path().join(name), &content).unwrap();
        let serve = Idcloud::new(["simulator", "serve", "--listen", "127.0.0.1:0"])
            .arg("--credentials-dir")
            .arg(folder.path());
        let told = refused(serve, name).await;
        assert!(told.stderr.contains(name), "{told}");
        assert_eq!(std::fs::read(folder.path().join(name)).unwrap(), content);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
    let token = files.write(".env", b"a-token-of-the-control-endpoints");
    files.set_mode(".env", 0o600);
    let serve = Idcloud::new(["simulator", "serve", "--listen", "127.0.0.1:0"])
        .arg("--control-token-file")
        .arg(token)
        .arg("--credentials-dir")
        .arg(files.path(""));
    let told = refused(serve, "a token").await;
    assert!(told.stderr.contains("--control-token-file"), "{told}");

    let man = || Idcloud::new(["man", "--output-dir"]).arg(pages.path());
    let mine = pages.path().join("idcloud-batch.1");
    std::fs::write(&mine, ".TH mine 1\n").unwrap();
    let told = refused(man(), "a page").await;
    assert!(told.stderr.contains("not a page of idcloud man"), "{told}");
    assert_eq!(std::fs::read_dir(pages.path()).unwrap().count(), 1);
    std::fs::remove_file(mine).unwrap();
    for _ in 0..2 {
        let made = run(man()).await;
        assert_eq!(made.code, 0, "{made}");
    }
}

/// Names with a special meaning for SQLite, hard links and copies without their log: each is
/// refused with exit code 2, and nothing is created.
#[tokio::test(flavor = "multi_thread")]
async fn journals_that_are_none() {
    let files = files(&["a"]);
    assert_eq!(
        run(batch(&files, "in.csv", "j.db", "out.csv")).await.code,
        0
    );
    std::fs::hard_link(files.path("j.db"), files.path("hard.db")).unwrap();
    let before = contents(&files);
    let folder = tempfile::tempdir().unwrap();
    let hard = files.path("hard.db");
    for (journal, says) in [
        (Path::new(":memory:"), "no path of a file"),
        (Path::new("file:j.db"), "no path of a file"),
        (Path::new("file:j.db?mode=memory"), "no path of a file"),
        (&hard, "hard link"),
    ] {
        let named = |arguments: &[&str]| {
            Idcloud::new(arguments.iter().copied())
                .in_folder(folder.path())
                .arg("--journal")
                .arg(journal)
        };
        let onboard = [
            "onboard",
            "--cpf",
            "52998224725",
            "--name",
            NAME,
            "--reference",
            "r",
        ];
        for command in [
            named(&["batch", "run"]).arg(files.path("in.csv")),
            named(&["batch", "run", "--dry-run"]).arg(files.path("in.csv")),
            named(&["batch", "status"]),
            named(&["batch", "report", "--output", "report.html"]),
            named(&["journal", "list"]),
            named(&["journal", "settle", "r", "--resend"]),
            named(&onboard)
                .arg("--selfie")
                .arg(files.path("selfie.jpg")),
        ] {
            let told = refused(command, &format!("{journal:?}")).await;
            assert!(told.stderr.contains(says), "{journal:?}: {told}");
        }
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    assert_eq!(contents(&files), before);
}

/// A server that delays each create, and gives each a process of its own.
async fn slow(delay: Duration) -> Server {
    let server = Server::start().await;
    let answers = [0_u32; 40].map(|_| {
        let id = format!("80371b2a-3ac7-432e-866d-{:012x}", fastrand::u64(..1 << 48));
        let body = json!({"id": id, "status": 3, "unicoId": {"result": "yes"}});
        ResponseTemplate::new(200)
            .set_body_json(body)
            .set_delay(delay)
    });
    server.on_creates(answers).await;
    server
}

fn remote(files: &Files, server: &Server, journal: &str, output: &str) -> Idcloud {
    custom(files, &server.url(), ["batch", "run", "--concurrency", "2"])
        .arg(files.path("in.csv"))
        .arg("--journal")
        .arg(files.path(journal))
        .arg("--output")
        .arg(files.path(output))
}

async fn until(server: &Server, creates: usize) {
    let clock = SystemClock::new();
    while server.creates().await < creates {
        clock.sleep(Duration::from_millis(20)).await;
    }
}

async fn finish(running: Running) -> Run {
    tokio::task::spawn_blocking(|| running.finish())
        .await
        .unwrap()
}

const TEN: [&str; 10] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];

/// A batch is killed, and its journal's file is copied without the log: no row is sent again.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_batch_copied_without_its_log() {
    let (server, files) = (slow(Duration::from_millis(200)).await, files(&TEN));
    let batch = remote(&files, &server, "batch.db", "out.csv").spawn();
    until(&server, 4).await;
    let killed = std::process::Command::new("kill")
        .args(["-9", &batch.id().to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
    batch.wait();
    std::fs::copy(files.path("batch.db"), files.path("other.db")).unwrap();
    files.set_mode("other.db", 0o600);
    let before = server.creates().await;
    let told = refused(remote(&files, &server, "other.db", "out.csv"), "a copy").await;
    assert!(told.stderr.contains("-wal"), "{told}");
    assert_eq!(server.creates().await, before);
    std::fs::copy(files.path("batch.db-wal"), files.path("other.db-wal")).unwrap();
    let resumed = run(remote(&files, &server, "other.db", "out.csv")).await;
    assert!(matches!(resumed.code, 0 | 5), "{resumed}");
    let all = server.creates().await;
    assert!(all <= 10, "{all} creates for ten persons: {resumed}");
}

/// The log of a running batch is removed: nothing more is sent, and no other program takes its rows
/// for new.
#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_a_running_batch_is_removed() {
    let (server, files) = (slow(Duration::from_millis(200)).await, files(&TEN));
    let batch = remote(&files, &server, "j.db", "out.csv").spawn();
    until(&server, 4).await;
    for name in ["j.db-wal", "j.db-shm"] {
        std::fs::remove_file(files.path(name)).unwrap();
    }
    let onboard = custom(&files, &server.url(), ["onboard", "--name", NAME, "--cpf"])
        .arg(cpf(1))
        .args(["--reference", "a", "--selfie"])
        .arg(files.path("selfie.jpg"))
        .arg("--journal")
        .arg(files.path("j.db"));
    let told = run(onboard).await;
    assert!(matches!(told.code, 0 | 2), "known, or refused: {told}");
    let ended = finish(batch).await;
    assert_ne!(ended.code, 0, "{ended}");
    let all = server.creates().await;
    assert!(all < 10, "{all} creates: {ended}");
}

/// A second start that is refused leaves the results, and every other file of the first, alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_touches_nothing_of_the_first() {
    let (server, files) = (slow(Duration::from_millis(200)).await, files(&TEN));
    let first = remote(&files, &server, "j.db", "out.csv").spawn();
    until(&server, 2).await;
    for _ in 0..5 {
        let told = refused(remote(&files, &server, "j.db", "out.csv"), "a second start").await;
        assert!(
            told.stderr.contains("in use by another batch run"),
            "{told}"
        );
        assert!(leftovers(&files).is_empty() && !files.path("out.csv").exists());
    }
    let first = finish(first).await;
    assert_eq!((first.code, server.creates().await), (0, 10), "{first}");
    let results = std::fs::read_to_string(files.path("out.csv")).unwrap();
    assert_eq!(results.lines().count(), 11);
}
