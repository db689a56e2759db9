//! How a batch ends that is asked to: nothing is sent afterwards, no paid result is lost, and
//! nothing delays it.

use std::net::TcpListener;
use std::time::Duration;

use children::{Signal, send};
use idcloud_http::{Clock as _, SystemClock};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::batch::{arrived, batch, journaled, output, rows, slow, told};
use super::support::{ACCESS_TOKEN, Files, Run, Running, Server, finished, run};

/// Longer than any run here takes.
const NEVER: Duration = Duration::from_secs(200);

/// Like [`finished`], but within the time that a supervisor waits between its request and its kill.
async fn finished_soon(running: Running) -> Run {
    let clock = SystemClock::new();
    let begun = clock.instant();
    let run = finished(running).await;
    let took = clock.instant() - begun;
    assert!(took < Duration::from_secs(25), "{took:?}: {run}");
    run
}

async fn status(files: &Files) -> Value {
    let status = journaled(files, ["batch", "status", "--format", "json"]);
    run(status).await.object()
}

/// Nothing paid is lost: a failing journal and a signal before the last answers still leave the
/// results written, with every id.
#[tokio::test(flavor = "multi_thread")]
async fn a_signal_after_the_journal_failed_loses_no_verdict() {
    let (server, files) = (Server::start().await, Files::new());
    let [first, second, ..] = slow::<4>(Duration::from_secs(1));
    let [.., third, fourth] = slow::<4>(Duration::from_secs(4));
    server.on_creates([first, second, third, fourth]).await;
    rows(&files, 8);
    let running = batch(&files, &server.url(), &["--concurrency", "4"]).spawn();
    arrived(&server, 4).await;
    std::fs::rename(files.path("batch.db"), files.path("away.db")).unwrap();
    // The first answers have arrived, the others have not.
    SystemClock::new().sleep(Duration::from_secs(2)).await;
    send(running.id(), Signal::SIGTERM);
    let ended = finished_soon(running).await;
    assert_eq!((ended.code, server.creates().await), (130, 4), "{ended}");
    assert!(
        ended
            .stderr
            .contains("could not write down the ends of 4 rows"),
        "{ended}"
    );
    let rows = output(&files);
    for row in &rows[..4] {
        assert_eq!(row["outcome"], "done", "{row:?}");
        assert!(row["processId"].starts_with("80371b2a"), "{row:?}");
    }
    assert!(
        rows[4..].iter().all(|row| row["outcome"] == "unsent"),
        "{ended}"
    );
}

/// The same while another program locks the journal: the run stops waiting for its last writes.
#[tokio::test(flavor = "multi_thread")]
async fn a_locked_journal_holds_no_ending_up() {
    let (server, files) = (Server::start().await, Files::new());
    server.on_creates(slow::<2>(Duration::from_secs(1))).await;
    rows(&files, 4);
    let running = batch(&files, &server.url(), &["--concurrency", "2"]).spawn();
    arrived(&server, 2).await;
    let lock = rusqlite::Connection::open(files.path("batch.db")).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    SystemClock::new().sleep(Duration::from_secs(3)).await;
    send(running.id(), Signal::SIGTERM);
    let ended = finished(running).await;
    lock.execute_batch("ROLLBACK").unwrap();
    assert_eq!((ended.code, server.creates().await), (130, 2), "{ended}");
    let told = told(&output(&files));
    assert_eq!(told[..2], ["row-1 done", "row-2 done"], "{ended}");
}

/// A run that was asked to end bills nothing more: rows that wait for a token, a connection or a
/// selfie are not sent, and are free.
#[tokio::test(flavor = "multi_thread")]
async fn what_has_not_left_does_not_leave_after_a_signal() {
    // No server listens there: the client connects again and again.
    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
    let nowhere = format!("http://{}", nowhere.unwrap());
    let server = Server {
        mock: wiremock::MockServer::start().await,
    };
    let token = json!({"access_token": ACCESS_TOKEN, "expires_in": 3600, "token_type": "Bearer"});
    let token = ResponseTemplate::new(200).set_body_json(token);
    server
        .on("POST", "/oauth2/token", token.set_delay(NEVER))
        .await;
    let open = Server::start().await;
    open.on_create(ResponseTemplate::new(200)).await;
    for (what, api) in [("a token", server.url()), ("a connection", nowhere)] {
        for signal in [Signal::SIGINT, Signal::SIGHUP] {
            let files = Files::new();
            rows(&files, 3);
            let command = batch(&files, &open.url(), &["--concurrency", "2"]);
            let running = match what {
                "a token" => command.env("IDCLOUD_IDENTITY_URL", api.clone()),
                _ => command.env("IDCLOUD_API_URL", api.clone()),
            };
            let running = running.spawn();
            SystemClock::new().sleep(Duration::from_millis(2_500)).await;
            send(running.id(), signal);
            let ended = finished_soon(running).await;
            assert_eq!(ended.code, 130, "{what}, {signal}: {ended}");
            let status = status(&files).await;
            for doubt in [&status["inFlight"], &status["outcomes"]["ambiguous"]] {
                assert_eq!(doubt, &json!(0), "{what}: {status}");
            }
        }
    }
    assert_eq!(open.creates().await + server.creates().await, 0);
}

/// A finished run is not blocked: a pager that reads no further does not block it, one signal is
/// enough, and the results are in their file.
#[tokio::test(flavor = "multi_thread")]
async fn results_without_a_reader() {
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let files = Files::new();
        let lines: Vec<String> = (1..=2_000)
            .map(|number| format!("row-{number},00000000000,Test Subject,,,selfie.png\n"))
            .collect();
        let input = super::batch::HEADER.to_owned() + &lines.concat();
        files.write("in.csv", input.as_bytes());
        let running = super::support::Idcloud::new(["batch", "run", "--format", "json"])
            .arg("--journal")
            .arg(files.path("batch.db"))
            .arg("--output")
            .arg(files.path("out.csv"))
            .arg(files.path("in.csv"))
            .silent()
            .spawn();
        let clock = SystemClock::new();
        for _ in 0..2_000 {
            if files.path("out.csv").exists() {
                break;
            }
            clock.sleep(Duration::from_millis(10)).await;
        }
        // The pipe is full by now, and no reader empties it.
        clock.sleep(Duration::from_millis(500)).await;
        send(running.id(), signal);
        let mut running = running;
        let ended = tokio::task::spawn_blocking(move || running.child.wait().unwrap().code());
        assert_eq!(ended.await.unwrap(), Some(130), "{signal}");
        assert_eq!(output(&files).len(), 2_000, "{signal}");
    }
}

/// A closed standard output does not prevent the results file.
#[tokio::test(flavor = "multi_thread")]
async fn a_closed_standard_output_keeps_the_results_from_no_file() {
    let (server, files) = (Server::start().await, Files::new());
    server.on_creates(slow::<3>(Duration::ZERO)).await;
    rows(&files, 3);
    let (read, write) = std::io::pipe().unwrap();
    drop(read);
    let command = batch(&files, &server.url(), &["--format", "json"]);
    let ended = finished(command.stdout(write).spawn()).await;
    assert_eq!((ended.code, server.creates().await), (1, 3), "{ended}");
    let expected = ["row-1 done", "row-2 done", "row-3 done"];
    assert_eq!(told(&output(&files)), expected, "{ended}");
}

/// A change of an input during a run.
type Change<'c> = &'c dyn Fn(&Files);

/// Rows that the user removed are not billed: an input that is replaced, as editors save, rewritten
/// or removed ends the run at the next row, even if the rest was read ahead.
#[tokio::test(flavor = "multi_thread")]
async fn an_input_that_changes_is_run_no_further() {
    let replace = |files: &Files| {
        std::fs::copy(files.path("in.csv"), files.path("new.csv")).unwrap();
        std::fs::rename(files.path("new.csv"), files.path("in.csv")).unwrap();
    };
    let rewrite = |files: &Files| {
        let text = std::fs::read_to_string(files.path("in.csv")).unwrap();
        files.write("in.csv", text.replace("row-39", "row-77").as_bytes());
    };
    let remove = |files: &Files| std::fs::remove_file(files.path("in.csv")).unwrap();
    let ways: [(&str, Change<'_>, i32); 3] = [
        ("replaced", &replace, 6),
        ("rewritten", &rewrite, 6),
        ("removed", &remove, 3),
    ];
    for (way, change, code) in ways {
        let (server, files) = (Server::start().await, Files::new());
        Box::pin(server.on_creates(slow::<40>(Duration::from_millis(300)))).await;
        rows(&files, 40);
        let running = batch(&files, &server.url(), &["--concurrency", "2"])
            .env("IDCLOUD_RATE", "1000")
            .spawn();
        arrived(&server, 4).await;
        change(&files);
        let ended = finished(running).await;
        let creates = server.creates().await;
        assert!((4..30).contains(&creates), "{way}: {creates}: {ended}");
        assert_eq!(ended.code, code, "{way}: {ended}");
        let said = if code == 3 {
            "cannot be read any more"
        } else {
            "changed while"
        };
        assert!(ended.stderr.contains(said), "{way}: {ended}");
        if code == 6 {
            let told = told(&output(&files));
            let done = told.iter().filter(|row| row.ends_with(" done")).count();
            assert_eq!((done, told.len()), (creates, 40), "{way}: {ended}");
        }
    }
}
