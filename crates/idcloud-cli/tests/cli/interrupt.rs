//! Ctrl-c: the known state is recorded before the program ends.

use std::time::Duration;

use children::{Signal, send};
use idcloud_http::{Clock as _, SystemClock};
use serde_json::json;
use tokio::task::JoinSet;
use wiremock::ResponseTemplate;

use super::batch::{Bench, batch, journaled, rows};
use super::simulator::Served;
use super::support::{Files, Idcloud, PROCESS_ID, Run, Running, Server, finish, finished, onboard};

/// Interrupts a run as soon as a request of a kind has arrived.
async fn interrupted(server: &Server, files: &Files, verb: &str, prefix: &str) -> Run {
    interrupted_at(server, files, "identity", (verb, prefix, 1)).await
}

/// Interrupts a run with a key of these capabilities as soon as this many requests of a kind have
/// arrived.
async fn interrupted_at(
    server: &Server,
    files: &Files,
    capabilities: &str,
    at: (&str, &str, usize),
) -> Run {
    signaled(Signal::SIGINT, server, files, capabilities, at).await
}

/// Like [`interrupted_at`], with any signal.
async fn signaled(
    signal: Signal,
    server: &Server,
    files: &Files,
    capabilities: &str,
    (verb, prefix, times): (&str, &str, usize),
) -> Run {
    let running = onboard(files, &server.url())
        .env("IDCLOUD_CAPABILITIES", capabilities)
        .arg("--selfie")
        .arg(files.path("selfie.png"))
        .spawn();
    let clock = SystemClock::new();
    for _ in 0..400 {
        if server.count(verb, prefix).await >= times {
            break;
        }
        clock.sleep(Duration::from_millis(25)).await;
    }
    send(running.id(), signal);
    tokio::task::spawn_blocking(move || running.finish())
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn while_waiting_the_process_id_is_in_the_output() {
    let (server, files) = (Server::start().await, Files::new());
    let pending = json!({"id": PROCESS_ID, "status": 1, "unicoId": {"result": "inconclusive"}});
    server
        .on_create(ResponseTemplate::new(200).set_body_json(&pending))
        .await;
    server.on_get(&[(200, pending)]).await;
    let run = interrupted(&server, &files, "GET", "/processes/").await;
    assert_eq!(run.code, 130, "{run}");
    let object = run.object();
    assert_eq!(
        (&object["decision"], &object["processId"]),
        (&json!("wait"), &json!(PROCESS_ID))
    );
    assert_eq!(run.error()["processId"], PROCESS_ID, "{run}");
}

/// A sent create may have been accepted, and the program reports it.
#[tokio::test(flavor = "multi_thread")]
async fn a_create_in_flight_is_told_as_unknown() {
    let (server, files) = (Server::start().await, Files::new());
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(20));
    server.on_create(slow).await;
    let run = interrupted(&server, &files, "POST", "/processes/").await;
    assert_eq!((run.code, run.stdout.as_str()), (130, ""), "{run}");
    assert_eq!(run.error()["delivery"], "unknown", "{run}");
    assert_eq!(run.error()["kind"], "canceled-by-user", "{run}");
}

/// An answered create is not called ambiguous, and the process id is not lost.
#[tokio::test(flavor = "multi_thread")]
async fn while_looking_once_more_the_answer_is_told() {
    let (server, files) = (Server::start().await, Files::new());
    let answer = json!({"id": PROCESS_ID, "status": 3, "unicoId": {"result": "yes"}});
    server
        .on_create(ResponseTemplate::new(200).set_body_json(&answer))
        .await;
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(20));
    let at = format!("/processes/v1/{PROCESS_ID}");
    server.on("GET", &at, slow).await;
    let key = "identity,behavior-alert";
    let run = interrupted_at(&server, &files, key, ("GET", "/processes/", 1)).await;
    assert_eq!((run.code, run.stdout.as_str()), (130, ""), "{run}");
    let error = run.error();
    assert_eq!(
        (&error["delivery"], &error["processId"]),
        (&json!("answered"), &json!(PROCESS_ID)),
        "{run}"
    );
    assert!(run.stderr.contains("review (missing-evidence)"), "{run}");
}

/// A process failed, and its new attempt is in flight: both are reported.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_attempt_in_flight_is_told_with_the_process_before_it() {
    let (server, files) = (Server::start().await, Files::new());
    let failed = ResponseTemplate::new(200).set_body_json(json!({"id": PROCESS_ID, "status": 5}));
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(20));
    server.on_creates([failed, slow]).await;
    let run = interrupted_at(&server, &files, "identity", ("POST", "/processes/", 2)).await;
    assert_eq!((run.code, run.stdout.as_str()), (130, ""), "{run}");
    let (note, error) = run.stderr.split_once('\n').unwrap();
    assert!(
        note.contains(PROCESS_ID) && note.contains("attempt 2"),
        "{run}"
    );
    let error: serde_json::Value = serde_json::from_str(error).unwrap();
    assert_eq!(error["error"]["delivery"], "unknown", "{run}");
    assert!(
        error["error"]["message"]
            .as_str()
            .unwrap()
            .contains(PROCESS_ID),
        "{run}"
    );
}

/// SIGTERM from a service manager, and a closed terminal, lose as little as ctrl-c.
#[tokio::test(flavor = "multi_thread")]
async fn the_request_to_terminate_and_a_closed_terminal_are_heeded_alike() {
    let mut running = JoinSet::new();
    for signal in [Signal::SIGTERM, Signal::SIGHUP] {
        running.spawn(async move {
            let (server, files) = (Server::start().await, Files::new());
            let pending = json!({"id": PROCESS_ID, "status": 1});
            server
                .on_create(ResponseTemplate::new(200).set_body_json(&pending))
                .await;
            server.on_get(&[(200, pending)]).await;
            let at = ("GET", "/processes/", 1);
            let run = signaled(signal, &server, &files, "identity", at).await;
            assert_eq!(run.code, 130, "{run}");
            assert_eq!(run.object()["processId"], PROCESS_ID, "{run}");
            assert_eq!(run.error()["kind"], "canceled-by-user", "{run}");
        });
    }
    finish(running).await;
}

/// Waits until a program handles SIGINT: before that, the signal's default action applies.
fn listens(id: u32) {
    const SIGINT: u64 = 1 << 1;
    for _ in 0..100_000 {
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = caught.map(|mask| u64::from_str_radix(mask.trim(), 16).unwrap());
        if caught.is_none_or(|mask| mask & SIGINT != 0) {
            return;
        }
        std::thread::yield_now();
    }
    panic!("it does not listen");
}

/// A program that waits for a file does not handle requests to end, so a request ends it as by
/// default. Nothing was sent, and the program reports it.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_its_input_is_ended() {
    let server = Server::start().await;
    let files = Files::new();
    let clock = SystemClock::new();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        for selfie in ["-", "/dev/stdin"] {
            let running = onboard(&files, &server.url())
                .arg("--selfie")
                .arg(selfie)
                .holding_stdin()
                .spawn();
            listens(running.id());
            // Long enough to reach the wait; before it, the result is the same.
            clock.sleep(Duration::from_millis(300)).await;
            send(running.id(), signal);
            let run = tokio::task::spawn_blocking(move || running.finish());
            let run = run.await.unwrap();
            assert_eq!((run.code, run.stdout.as_str()), (130, ""), "{run}");
            let error = run.error();
            assert_eq!(error["kind"], "canceled-by-user", "{run}");
            assert_eq!(error["delivery"], "not-sent", "{run}");
        }
    }
    assert_eq!(server.requests().await, 0);
}

/// Waits until some rows of a running batch are billed, while others are in flight.
pub(crate) async fn at_work(bench: &Bench, running: &Running) {
    let clock = SystemClock::new();
    for _ in 0..1_000 {
        if bench.ledger()["billed"].as_u64().unwrap() > 0 {
            return;
        }
        clock.sleep(Duration::from_millis(10)).await;
    }
    panic!("{} sends nothing", running.id());
}

/// No second payment, and nothing is ambiguous: the kernel and the shell both signal a closed
/// terminal, and both signals together let the batch finish the requests in flight.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_finishes_what_is_in_flight_when_its_terminal_is_closed() {
    let bench = Bench::start(&["--latency", "400ms"]);
    rows(&bench.files, 200);
    let running = bench.command(&["--concurrency", "4"]).spawn();
    at_work(&bench, &running).await;
    for _ in 0..3 {
        send(running.id(), Signal::SIGHUP);
        SystemClock::new().sleep(Duration::from_millis(20)).await;
    }
    let run = finished(running).await;
    assert_eq!((run.code, run.stdout.as_str()), (130, ""), "{run}");
    let billed = bench.ledger()["billed"].as_u64().unwrap();
    assert!((1..200).contains(&billed), "{billed}: {run}");
    let status = journaled(&bench.files, ["batch", "status", "--format", "json"]);
    let status = super::support::run(status).await.object();
    assert_eq!(status["inFlight"], 0, "{status}");
    assert_eq!(status["outcomes"]["ambiguous"], 0, "{status}");
    assert_eq!(status["outcomes"]["done"], billed, "{status}");
}

/// A user's second request ends the batch at once, even if the first one was a closed terminal.
/// Rows in flight are then ambiguous, and recorded as such.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_request_leaves_at_once() {
    const NEVER: Duration = Duration::from_secs(200);
    for first in [Signal::SIGINT, Signal::SIGHUP] {
        let (server, files) = (Server::start().await, Files::new());
        let slow = ResponseTemplate::new(200).set_delay(NEVER);
        server.on_create(slow).await;
        rows(&files, 8);
        let running = batch(&files, &server.url(), &["--concurrency", "4"]).spawn();
        let clock = SystemClock::new();
        while server.creates().await < 4 {
            clock.sleep(Duration::from_millis(10)).await;
        }
        send(running.id(), first);
        clock.sleep(Duration::from_millis(100)).await;
        let began = clock.instant();
        send(running.id(), Signal::SIGTERM);
        let run = finished(running).await;
        assert_eq!(run.code, 130, "{run}");
        assert!(clock.instant() - began < NEVER / 4, "{run}");
        let status = journaled(&files, ["batch", "status", "--format", "json"]);
        let status = super::support::run(status).await.object();
        assert_eq!(status["inFlight"], 0, "{status}");
        assert_eq!(status["outcomes"]["ambiguous"], 4, "{status}");
    }
}

/// A program started with `nohup` outlives its terminal.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_under_nohup_goes_on() {
    let bench = Bench::start(&["--latency", "100ms"]);
    rows(&bench.files, 20);
    let arguments = bench.arguments(&["--concurrency", "4"]);
    let running = bench
        .as_this_account(Idcloud::ignoring_hang_ups(arguments))
        .spawn();
    at_work(&bench, &running).await;
    send(running.id(), Signal::SIGHUP);
    let run = finished(running).await;
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(bench.ledger()["billed"], 20, "{run}");
}

/// A served simulator ends with success in each of the ways.
#[test]
fn a_served_simulator_ends_well() {
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let directory = tempfile::tempdir().unwrap();
        let mut served = Served::start(directory.path(), &[]);
        assert_eq!(served.end(signal), Some(0), "{signal}");
    }
}
