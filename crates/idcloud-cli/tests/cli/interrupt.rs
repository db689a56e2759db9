//! Ctrl-c: what is known is written down before the program ends.

use std::process::Command;
use std::time::Duration;

use idcloud_http::{Clock as _, SystemClock};
use serde_json::json;
use wiremock::ResponseTemplate;

use super::support::{Files, PROCESS_ID, Run, Server, onboard};

/// Interrupts a run as soon as a request of a kind has arrived.
async fn interrupted(server: &Server, files: &Files, verb: &str, prefix: &str) -> Run {
    interrupted_at(server, files, "identity", (verb, prefix, 1)).await
}

/// What the next signal is; services are ended with another one than people use.
const CTRL_C: &str = "-INT";
const TERMINATE: &str = "-TERM";

/// Interrupts a run with a key of these capabilities as soon as so many requests of a kind have arrived.
async fn interrupted_at(
    server: &Server,
    files: &Files,
    capabilities: &str,
    at: (&str, &str, usize),
) -> Run {
    signaled(CTRL_C, server, files, capabilities, at).await
}

/// As [`interrupted_at`], with any signal.
async fn signaled(
    signal: &str,
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
    let id = running.id().to_string();
    let clock = SystemClock::new();
    for _ in 0..400 {
        if server.count(verb, prefix).await >= times {
            break;
        }
        clock.sleep(Duration::from_millis(25)).await;
    }
    assert!(
        Command::new("kill")
            .args([signal, &id])
            .status()
            .unwrap()
            .success()
    );
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

/// A create that has left may have been accepted, and the program says so.
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

/// What was answered is not called ambiguous, and the process id is not lost.
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

/// A process failed, and its new attempt is on the way: both are told.
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

/// A service manager's way of ending a program loses as little as ctrl-c.
#[tokio::test(flavor = "multi_thread")]
async fn the_request_to_terminate_is_heeded_alike() {
    let (server, files) = (Server::start().await, Files::new());
    let pending = json!({"id": PROCESS_ID, "status": 1});
    server
        .on_create(ResponseTemplate::new(200).set_body_json(&pending))
        .await;
    server.on_get(&[(200, pending)]).await;
    let at = ("GET", "/processes/", 1);
    let run = signaled(TERMINATE, &server, &files, "identity", at).await;
    assert_eq!(run.code, 130, "{run}");
    assert_eq!(run.object()["processId"], PROCESS_ID, "{run}");
    assert_eq!(run.error()["kind"], "canceled-by-user", "{run}");
}
