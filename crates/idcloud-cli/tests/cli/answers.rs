//! Answers that are not results: refusals, nonsense, silence. Each has its exit code, and no create
//! is paid for twice.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use serde_json::json;
use tokio::task::JoinSet;
use wiremock::ResponseTemplate;

use super::support::{ACCESS_TOKEN, Files, PROCESS_ID, Run, Server, finish, onboard, run};

fn refusal(code: &str) -> serde_json::Value {
    json!({"error": {"code": code, "description": "texto de Zoraide Marker"}})
}

/// An error code is a refusal; it is not repeated, and its text is not shown.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_create_exits_with_4() {
    let files = Files::new();
    for (status, code) in [
        (400, "20507"),
        (400, "10506"),
        (400, "10508"),
        (403, "10201"),
        (400, "20002"),
    ] {
        let server = Server::start().await;
        server
            .on_create(ResponseTemplate::new(status).set_body_json(refusal(code)))
            .await;
        let run = run(onboard(&files, &server.url())
            .arg("--selfie")
            .arg(files.path("selfie.png")))
        .await;
        assert_eq!((run.code, run.stdout.as_str()), (4, ""), "{run}");
        let error = run.error();
        assert_eq!(error["code"], code);
        assert_eq!(error["delivery"], "answered");
        assert_eq!(error["attempts"], 1);
        assert!(error["help"].is_string(), "{run}");
        assert_eq!(server.creates().await, 1);
    }
}

/// Credentials that the token endpoint refuses: nothing is created, and no retries lock the
/// account.
#[tokio::test(flavor = "multi_thread")]
async fn refused_credentials_exit_with_4() {
    let files = Files::new();
    for code in ["1.2.6", "1.2.18", "1.0.1", "1.2.11"] {
        let server = Server {
            mock: wiremock::MockServer::start().await,
        };
        let body = json!({"error": "server_error", "error_description": format!("Falha na autenticação {code}")});
        server
            .on(
                "POST",
                "/oauth2/token",
                ResponseTemplate::new(401).set_body_json(body),
            )
            .await;
        let run = run(onboard(&files, &server.url())
            .arg("--selfie")
            .arg(files.path("selfie.png")))
        .await;
        assert_eq!(run.code, 4, "{run}");
        let error = run.error();
        assert_eq!(
            (&error["kind"], &error["code"]),
            (&json!("credentials"), &json!(code)),
            "{run}"
        );
        assert_eq!(server.requests().await, 1, "{code}");
    }
}

/// No second payment: an answer without a process id is ambiguous, and no other create follows it.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_names_no_process_exits_with_5() {
    let files = Files::new();
    for (name, told, answer) in [
        (
            "not JSON",
            "the answer is not JSON, HTTP 200",
            ResponseTemplate::new(200).set_body_string("<html>Zoraide Marker</html>"),
        ),
        (
            "empty",
            "the answer is empty, HTTP 200",
            ResponseTemplate::new(200),
        ),
        (
            "cut short",
            "the answer is cut short, HTTP 200",
            ResponseTemplate::new(200).set_body_string("{\"id\":\"80371b2a-3ac7"),
        ),
        (
            "no id",
            "the answer has no process id, HTTP 200",
            ResponseTemplate::new(200)
                .set_body_json(json!({"status": 3, "unicoId": {"result": "yes"}})),
        ),
        (
            "not an object",
            "the answer is JSON but not an object, HTTP 200",
            ResponseTemplate::new(200).set_body_json(json!([1])),
        ),
        (
            "500",
            "HTTP 500, code 99999",
            ResponseTemplate::new(500).set_body_json(refusal("99999")),
        ),
        ("502", "HTTP 502", ResponseTemplate::new(502)),
        ("408", "HTTP 408", ResponseTemplate::new(408)),
    ] {
        let server = Server::start().await;
        server.on_create(answer).await;
        let run = run(onboard(&files, &server.url())
            .arg("--selfie")
            .arg(files.path("selfie.png")))
        .await;
        assert_eq!((run.code, run.stdout.as_str()), (5, ""), "{name}: {run}");
        let error = run.error();
        assert_eq!(error["kind"], "ambiguous", "{name}: {run}");
        assert_eq!(error["attempts"], 1, "{name}: {run}");
        let message = error["message"].as_str().unwrap();
        assert!(
            message.contains(told) && !message.contains(".;"),
            "{name}: {run}"
        );
        let help = error["help"].as_str().unwrap();
        assert!(
            help.contains("ask Unico") && !help.contains("journal"),
            "{name}: {run}"
        );
        assert_eq!(server.creates().await, 1, "{name}");
    }
}

/// A body shorter than its `Content-Length` that names no process, and a connection closed without
/// an answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_answer_without_an_id_exits_with_5() {
    let length = answer_of_900_bytes(r#"{"status":3,"note":"cut"#);
    for (answer, told) in [
        (length.as_str(), "the answer broke off"),
        ("", "the connection broke"),
    ] {
        let run = cut_short(answer, &[]).await;
        assert_eq!((run.code, run.stdout.as_str()), (5, ""), "{run}");
        let error = run.error();
        assert_eq!(error["delivery"], "unknown", "{run}");
        assert!(error["message"].as_str().unwrap().contains(told), "{run}");
    }
}

/// No second payment: the id in a partial answer is kept, and the command names the follow-up
/// command if the server is gone, at once or after a last lookup.
#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_answer_with_an_id_exits_with_8() {
    let mut running = JoinSet::new();
    for wait in ["--no-wait", "--wait=1s"] {
        running.spawn(async move {
            let answer = answer_of_900_bytes(&format!(r#"{{"id":"{PROCESS_ID}""#));
            let run = cut_short(&answer, &[wait]).await;
            assert_eq!(run.code, 8, "{run}");
            let result: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
            assert_eq!(result["processId"], PROCESS_ID, "{run}");
            assert_eq!(result["decision"], "wait", "{run}");
            assert_eq!(result["recorded"], false, "{run}");
            if wait != "--no-wait" {
                assert_eq!(run.error()["processId"], PROCESS_ID, "{run}");
            }
        });
    }
    finish(running).await;
}

fn answer_of_900_bytes(begin: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{begin}"
    )
}

/// Runs `onboard` against a server that sends this answer to its create, closes the connection and
/// ends.
async fn cut_short(answer: &str, flags: &[&str]) -> Run {
    let files = Files::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = answer.to_owned();
    let server = std::thread::spawn(move || serve_cut_short(&listener, &answer));
    let run = run(onboard(&files, &url)
        .args(flags.iter().copied())
        .arg("--selfie")
        .arg(files.path("selfie.png")))
    .await;
    server.join().unwrap();
    run
}

/// Issues a token, then answers one create with `answer` and closes the connection.
fn serve_cut_short(listener: &TcpListener, answer: &str) {
    let token =
        format!(r#"{{"access_token":"{ACCESS_TOKEN}","expires_in":3600,"token_type":"Bearer"}}"#);
    let token = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{token}",
        token.len()
    );
    for answer in [token.as_str(), answer] {
        let (mut connection, _) = listener.accept().unwrap();
        let mut seen = Vec::new();
        let mut buffer = vec![0; 65_536];
        loop {
            let read = connection.read(&mut buffer).unwrap();
            seen.extend_from_slice(&buffer[..read]);
            let Some(head) = seen.windows(4).position(|window| window == b"\r\n\r\n") else {
                continue;
            };
            let text = String::from_utf8_lossy(&seen[..head]).to_lowercase();
            let length = text
                .split("content-length: ")
                .nth(1)
                .unwrap()
                .lines()
                .next()
                .unwrap();
            if seen.len() >= head + 4 + length.parse::<usize>().unwrap() {
                break;
            }
        }
        connection.write_all(answer.as_bytes()).unwrap();
    }
}

/// No server listens: nothing was created, as the exit code promises.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_where_nobody_listens_exits_with_6() {
    let files = Files::new();
    let url = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let run = run(onboard(&files, &url)
        .arg("--selfie")
        .arg(files.path("selfie.png")))
    .await;
    assert_eq!((run.code, run.stdout.as_str()), (6, ""), "{run}");
    assert_eq!(run.error()["delivery"], "not-sent", "{run}");
}

/// A token endpoint that answers nonsense creates nothing either, and the error is about it.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_endpoint_that_cannot_be_understood_creates_nothing() {
    let mut running = JoinSet::new();
    for (body, told) in [
        ("hello", "not JSON"),
        ("", "empty"),
        ("{\"access_token\":", "cut short"),
    ] {
        running.spawn(async move {
            let files = Files::new();
            let server = Server {
                mock: wiremock::MockServer::start().await,
            };
            let answer = ResponseTemplate::new(200).set_body_string(body);
            server.on("POST", "/oauth2/token", answer).await;
            let command = onboard(&files, &server.url())
                .arg("--selfie")
                .arg(files.path("selfie.png"));
            let run = run(command).await;
            assert_eq!((run.code, run.stdout.as_str()), (6, ""), "{run}");
            let error = run.error();
            let message = error["message"].as_str().unwrap();
            assert!(
                message.starts_with("no access token: ") && message.contains(told),
                "{run}"
            );
            assert!(
                error["help"].as_str().unwrap().contains("identity address"),
                "{run}"
            );
            assert_eq!(server.creates().await, 0);
        });
    }
    finish(running).await;
}

/// The error about an unreadable lookup names the problem, and that the process exists.
#[tokio::test(flavor = "multi_thread")]
async fn a_lookup_that_cannot_be_understood_says_why() {
    let mut running = JoinSet::new();
    for (body, told) in [
        ("hello", "not JSON"),
        ("", "empty"),
        ("{}", "no process id"),
    ] {
        running.spawn(async move {
            let (server, files) = (Server::start().await, Files::new());
            let created = json!({"id": PROCESS_ID, "status": 1});
            server
                .on_create(ResponseTemplate::new(200).set_body_json(created))
                .await;
            let at = format!("/processes/v1/{PROCESS_ID}");
            let answer = ResponseTemplate::new(200).set_body_string(body);
            server.on("GET", &at, answer).await;
            let command = onboard(&files, &server.url())
                .arg("--selfie")
                .arg(files.path("selfie.png"))
                .args(["--wait", "4s"]);
            let run = run(command).await;
            assert_eq!(run.code, 8, "{run}");
            let error = run.error();
            assert!(error["message"].as_str().unwrap().contains(told), "{run}");
            assert!(
                error["help"]
                    .as_str()
                    .unwrap()
                    .contains("do not create it again"),
                "{run}"
            );
        });
    }
    finish(running).await;
}

/// A verdict with missing evidence notes that the lookup of the evidence failed; the exit code
/// stays the verdict's.
#[tokio::test(flavor = "multi_thread")]
async fn evidence_that_could_not_be_looked_for_is_told() {
    for format in ["json", "text"] {
        let (server, files) = (Server::start().await, Files::new());
        let answer = json!({"id": PROCESS_ID, "status": 3, "unicoId": {"result": "yes"}});
        server
            .on_create(ResponseTemplate::new(200).set_body_json(answer))
            .await;
        server.on_get(&[(403, refusal("10201"))]).await;
        let command = onboard(&files, &server.url())
            .env("IDCLOUD_FORMAT", format)
            .env("IDCLOUD_CAPABILITIES", "identity,behavior-alert")
            .arg("--exit-verdict")
            .arg("--selfie")
            .arg(files.path("selfie.png"));
        let run = run(command).await;
        assert_eq!(run.code, 10, "{run}");
        assert!(run.stdout.contains("missing-evidence"), "{run}");
        assert_eq!(run.stderr.lines().count(), 1, "{run}");
        for part in ["behavior-alert", "code 10201", "the process may have it"] {
            assert!(run.stderr.contains(part), "{part}: {run}");
        }
    }
}

/// A process is created, and its result cannot be fetched: the id is not lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_cannot_be_fetched_exits_with_8_and_the_id() {
    let answers = [
        (403, refusal("10201")),
        (404, refusal("50001")),
        (410, json!({"detail": "gone"})),
        (500, refusal("99999")),
    ];
    let mut running = JoinSet::new();
    for (status, body) in answers {
        running.spawn(async move {
            let (server, files) = (Server::start().await, Files::new());
            let created = json!({"id": PROCESS_ID, "status": 1});
            server
                .on_create(ResponseTemplate::new(200).set_body_json(created))
                .await;
            server.on_get(&[(status, body)]).await;
            let command = onboard(&files, &server.url())
                .arg("--selfie")
                .arg(files.path("selfie.png"))
                .args(["--wait", "5s"]);
            let run = run(command).await;
            assert_eq!(run.code, 8, "{status}: {run}");
            let object = run.object();
            assert_eq!(object["processId"], PROCESS_ID, "{run}");
            assert_eq!(object["decision"], "wait", "{run}");
            assert_eq!(run.error()["processId"], PROCESS_ID, "{status}: {run}");
            assert_eq!(server.creates().await, 1, "{status}");
        });
    }
    finish(running).await;
}

/// The text output too says what happened, what is unknown, and the id if there is one.
#[tokio::test(flavor = "multi_thread")]
async fn a_person_reads_what_to_do() {
    let files = Files::new();
    let server = Server::start().await;
    server.on_create(ResponseTemplate::new(500)).await;
    let command = onboard(&files, &server.url()).env("IDCLOUD_FORMAT", "text");
    let run = run(command.arg("--selfie").arg(files.path("selfie.png"))).await;
    assert_eq!((run.code, run.stdout.as_str()), (5, ""), "{run}");
    assert!(
        run.stderr.starts_with("error: ") && run.stderr.contains("help: "),
        "{run}"
    );
}

/// If a verdict cannot be written, no exit code stands for it, and the process id is not lost.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_cannot_be_written_exits_with_1_and_the_id() {
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full");
    for (status, exit_verdict) in [(3, false), (3, true), (5, false), (1, false)] {
        for closed in [false, true] {
            let (server, files) = (Server::start().await, Files::new());
            let answer = json!({"id": PROCESS_ID, "status": status, "unicoId": {"result": "no"}});
            server
                .on_create(ResponseTemplate::new(200).set_body_json(answer))
                .await;
            let mut command = onboard(&files, &server.url())
                .arg("--selfie")
                .arg(files.path("token.txt"))
                .arg("--no-wait");
            if exit_verdict {
                command = command.arg("--exit-verdict");
            }
            let run = if closed {
                let (reader, writer) = std::io::pipe().unwrap();
                drop(reader);
                run(command.stdout(writer)).await
            } else {
                run(command.stdout(full().unwrap())).await
            };
            assert_eq!(run.code, 1, "{run}");
            let error = run.error();
            assert_eq!(error["delivery"], "answered", "{run}");
            assert_eq!(error["processId"], PROCESS_ID, "{run}");
            assert!(error["help"].is_string(), "{run}");
        }
    }
}
