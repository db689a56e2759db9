//! Ctrl-c: what is known is written down before the program ends.

use std::process::Command;
use std::time::Duration;

use idcloud_http::{Clock as _, SystemClock};
use serde_json::json;
use wiremock::ResponseTemplate;

use super::support::{Files, PROCESS_ID, Run, Server, onboard};

/// Interrupts a run as soon as `seen` requests of a kind have arrived.
async fn interrupted(server: &Server, files: &Files, verb: &str, prefix: &str) -> Run {
    let running = onboard(files, &server.url())
        .arg("--selfie")
        .arg(files.path("selfie.png"))
        .spawn();
    let id = running.id().to_string();
    let clock = SystemClock::new();
    for _ in 0..400 {
        if server.count(verb, prefix).await > 0 {
            break;
        }
        clock.sleep(Duration::from_millis(25)).await;
    }
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
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
}
