//! What a batch knows from its journal and from its results, and which rows it refuses to pay for
//! again.

use std::path::Path;

use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::batch::{HEADER, answer, arrived, batch, cpf, named, output, rows, slow, told};
use super::support::{CPF, Files, Idcloud, NAME, Run, Server, custom, finished, run};

/// The same command with another journal.
fn with_journal(files: &Files, url: &str, journal: &str, more: &[&str]) -> Idcloud {
    custom(files, url, ["batch", "run"])
        .arg(files.path("in.csv"))
        .arg("--journal")
        .arg(files.path(journal))
        .arg("--output")
        .arg(files.path("out.csv"))
        .args(more.iter().copied())
}

/// Runs it dry and for real; both are refused, and the results stay.
async fn refused(files: &Files, command: impl Fn(&[&str]) -> Idcloud) -> Run {
    let results = std::fs::read(files.path("out.csv")).unwrap();
    let dry = run(command(&["--dry-run"])).await;
    assert_eq!(dry.code, 2, "{dry}");
    let wet = run(command(&[])).await;
    assert_eq!((wet.code, wet.stdout.as_str()), (2, ""), "{wet}");
    assert_eq!(std::fs::read(files.path("out.csv")).unwrap(), results);
    wet
}

/// Copies a journal by SQLite's own backup.
fn backed_up(from: &Path, to: &Path) {
    let journal = rusqlite::Connection::open(from).unwrap();
    let text = to.to_str().unwrap();
    journal.execute("VACUUM INTO ?1", [text]).unwrap();
    let owner_alone = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(to, owner_alone).unwrap();
}

/// No second payment: the results say that a row was submitted, and the journal says that it is
/// free. Then the journal is older than the results, whatever its record of the row is: refused,
/// allowed again by a person, claimed, or none.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_takes_paid_rows_for_free() {
    let refusal = json!({"error": {"code": "20507", "description": "no"}});
    let refusal = ResponseTemplate::new(400).set_body_json(refusal);
    let yes = answer(3, &json!({"unicoId": {"result": "yes"}}));
    for (first, code, settled) in [
        (refusal, 4, None),
        (ResponseTemplate::new(502), 5, Some("--resend")),
    ] {
        let (server, files) = (Server::start().await, Files::new());
        server.on_creates([first, yes.clone()]).await;
        rows(&files, 1);
        let url = server.url();
        let ended = run(batch(&files, &url, &[])).await;
        assert_eq!(ended.code, code, "{ended}");
        if let Some(flag) = settled {
            let settle = Idcloud::new(["journal", "settle", "row-1", flag, "--journal"]);
            let settle = run(settle.arg(files.path("batch.db"))).await;
            assert_eq!(settle.code, 0, "{settle}");
        }
        backed_up(&files.path("batch.db"), &files.path("old.db"));
        // A row that a person has allowed since the results were written is sent.
        let done = run(batch(&files, &url, &[])).await;
        assert_eq!((done.code, server.creates().await), (0, 2), "{done}");

        let old = |more: &[&str]| with_journal(&files, &url, "old.db", more);
        let told = refused(&files, old).await;
        assert!(told.stderr.contains("does not know 1 rows"), "{told}");
        assert!(told.stderr.contains("--new-journal"), "{told}");
        assert_eq!(server.creates().await, 2, "{told}");
        let again = run(batch(&files, &url, &[])).await;
        assert_eq!((again.code, server.creates().await), (0, 2), "{again}");
    }
}

/// No second payment without a warning: the same journal with another tenant, or another local
/// address, has no records of the rows. With results of them the run is refused; without, it
/// reports where else they are known.
#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_known_elsewhere() {
    const OTHER: &str = "00000000-0000-4000-8000-00000000000a";
    let (server, elsewhere, files) = (Server::start().await, Server::start().await, Files::new());
    let yes = answer(3, &json!({"unicoId": {"result": "yes"}}));
    server.on_create(yes.clone()).await;
    elsewhere.on_create(yes).await;
    rows(&files, 1);
    let (url, other) = (server.url(), elsewhere.url());
    let localhost = url.replace("127.0.0.1", "localhost");
    let first = run(batch(&files, &url, &[])).await;
    assert_eq!(first.code, 0, "{first}");

    let tenant = |more: &[&str]| batch(&files, &url, more).env("IDCLOUD_TENANT_ID", OTHER);
    let port = |more: &[&str]| batch(&files, &other, more);
    let name = |more: &[&str]| batch(&files, &localhost, more);
    for told in [
        refused(&files, tenant).await,
        refused(&files, port).await,
        refused(&files, name).await,
    ] {
        assert!(told.stderr.contains("does not know 1 rows"), "{told}");
        assert!(told.stderr.contains(&format!("at {url}")), "{told}");
    }
    assert_eq!((server.creates().await, elsewhere.creates().await), (1, 0));

    std::fs::remove_file(files.path("out.csv")).unwrap();
    let told = run(port(&[])).await;
    let note = "a run sends anew: 1 for custom";
    assert_eq!((told.code, elsewhere.creates().await), (0, 1), "{told}");
    assert!(told.stderr.contains(note), "{told}");
}

/// Nothing paid is lost: the next run adopts processes that are only in the results, because the
/// journal could not record them. They are looked up by their ids and compared with the rows, and
/// no row is created again.
#[tokio::test(flavor = "multi_thread")]
async fn verdicts_that_only_the_results_know() {
    let (server, files) = (Server::start().await, Files::new());
    server
        .on_creates(slow::<9>(std::time::Duration::from_secs(1)))
        .await;
    rows(&files, 6);
    let running = batch(&files, &server.url(), &["--concurrency", "3"]).spawn();
    arrived(&server, 3).await;
    std::fs::rename(files.path("batch.db"), files.path("away.db")).unwrap();
    let ended = finished(running).await;
    assert_eq!((ended.code, server.creates().await), (6, 3), "{ended}");
    std::fs::rename(files.path("away.db"), files.path("batch.db")).unwrap();

    // The second row's process is another person's, and the third's cannot be compared.
    let ids: Vec<String> = output(&files)[..3]
        .iter()
        .map(|row| row["processId"].clone())
        .collect();
    named(&server, &ids[0], &cpf(1)).await;
    named(&server, &ids[1], &cpf(9)).await;
    for id in &ids {
        let body = json!({"id": id, "status": 3, "unicoId": {"result": "yes"}});
        let found = ResponseTemplate::new(200).set_body_json(body);
        server
            .on("GET", &format!("/processes/v1/{id}"), found)
            .await;
    }
    let again = run(batch(&files, &server.url(), &["--concurrency", "1"])).await;
    assert!(
        again.stderr.contains("name the processes of 3 rows"),
        "{again}"
    );
    let rows = output(&files);
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            format!(
                "{} {} {} {}",
                row["reference"],
                row["outcome"],
                row["decision"],
                ids.contains(&row["processId"])
            )
        })
        .collect();
    let expected = [
        "row-1 done approve true",
        "row-2 ambiguous  false",
        "row-3 done review true",
        "row-4 done approve false",
        "row-5 done approve false",
        "row-6 done approve false",
    ];
    assert_eq!(told, expected, "{again}");
    assert_eq!(rows[2]["scenario"], "settled-by-hand", "{again}");
    assert_eq!((again.code, server.creates().await), (5, 6), "{again}");
}

/// No second payment: references whose leading zeros a spreadsheet removed are recognised from the
/// results, even if the journal is new.
#[tokio::test(flavor = "multi_thread")]
async fn zeros_that_only_the_results_know() {
    let (server, files) = (Server::start().await, Files::new());
    let yes = answer(3, &json!({"unicoId": {"result": "yes"}}));
    server.on_create(yes).await;
    let url = server.url();
    let write = |references: &[&str]| {
        let row = |reference: &&str| format!("{reference},{CPF},{NAME},,,selfie.png\n");
        let rows: String = references.iter().map(row).collect();
        files.write("in.csv", format!("{HEADER}{rows}").as_bytes());
    };
    write(&["0001"]);
    assert_eq!(run(batch(&files, &url, &[])).await.code, 0);
    write(&["1"]);
    let new = |more: &[&str]| with_journal(&files, &url, "new.db", more);
    let told = refused(&files, new).await;
    assert!(told.stderr.contains("line 2, reference"), "{told}");
    assert!(told.stderr.contains("leading zeros alone"), "{told}");
    assert!(!files.path("new.db").exists());
    assert_eq!(server.creates().await, 1);
    let accepted = run(new(&["--new-journal", "--dry-run"])).await;
    assert_eq!(accepted.code, 0, "{accepted}");
}

/// Nothing wrong is promised: a dry run counts the requests of a run, creates nothing if the run
/// does not, and has the exit code that the run will certainly have.
#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_and_its_run_agree() {
    let failed = answer(5, &json!({}));
    for (create, code, pending, ambiguous) in [
        (answer(1, &json!({})), 0, 1, 0),
        (ResponseTemplate::new(502), 5, 0, 1),
        (failed.clone(), 7, 0, 0),
    ] {
        let (server, files) = (Server::start().await, Files::new());
        server.on_create(create).await;
        rows(&files, 1);
        run(batch(&files, &server.url(), &["--wait", "0s"])).await;
        let flags = ["--dry-run", "--format", "json"];
        let dry = run(batch(&files, &server.url(), &flags)).await;
        let estimate: Value = serde_json::from_str(&dry.stdout).unwrap();
        assert_eq!(
            (dry.code, &estimate["pending"], &estimate["ambiguous"]),
            (code, &json!(pending), &json!(ambiguous)),
            "{dry}"
        );
        let requests = |key: &str| estimate[key].as_u64().unwrap();
        // A token, and at least one poll.
        assert_eq!(requests("requestsAtLeast"), 2 * pending, "{dry}");
        assert!(requests("requestsAtMost") >= 8 * pending, "{dry}");
    }
    // A failed row whose selfie is gone is trusted, but cannot be created again.
    let (server, files) = (Server::start().await, Files::new());
    server.on_create(failed).await;
    rows(&files, 1);
    run(batch(&files, &server.url(), &[])).await;
    std::fs::remove_file(files.path("selfie.png")).unwrap();
    let (creates, flags) = (
        server.creates().await,
        ["--trust-references", "--begin-again"],
    );
    let dry = [&flags[..], &["--dry-run", "--format", "json"]].concat();
    let dry = run(batch(&files, &server.url(), &dry)).await;
    let estimate: Value = serde_json::from_str(&dry.stdout).unwrap();
    assert_eq!((dry.code, &estimate["creates"]), (7, &json!(0)), "{dry}");
    let wet = run(batch(&files, &server.url(), &flags)).await;
    assert_eq!((wet.code, server.creates().await), (7, creates), "{wet}");
    assert_eq!(told(&output(&files)), ["row-1 failed"]);
}
