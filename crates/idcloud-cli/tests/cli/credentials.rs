//! `token` and `doctor`: whether the credentials work, and why not.

use std::net::TcpListener;

use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::support::{
    ACCESS_TOKEN, ACCOUNT, Files, Idcloud, PROCESS_ID, Run, Server, TENANT, custom, run,
};

fn oauth(code: &str) -> ResponseTemplate {
    let body = json!({"error": "server_error", "error_description": format!("Falha na autenticação {code}")});
    ResponseTemplate::new(401).set_body_json(body)
}

async fn refusing(code: &str) -> Server {
    let server = Server {
        mock: wiremock::MockServer::start().await,
    };
    server.on("POST", "/oauth2/token", oauth(code)).await;
    server
}

fn json_of(files: &Files, url: &str, command: &str) -> Idcloud {
    custom(files, url, [command, "--format", "json"])
}

/// An address at which no server listens.
fn unreachable() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// The token is proved and not shown; it needs no API key.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_proved_and_shown_only_when_asked() {
    let (server, files) = (Server::start().await, Files::new());
    let hidden = run(json_of(&files, &server.url(), "token").env("IDCLOUD_API_KEY", "")).await;
    assert_eq!(hidden.code, 0, "{hidden}");
    let object = hidden.object();
    assert_eq!(
        object["issuer"],
        format!("{ACCOUNT}@{TENANT}.iam.acesso.io")
    );
    assert_eq!(
        (&object["environment"], &object["accessToken"]),
        (&json!("custom"), &Value::Null)
    );
    assert!(object["expiresIn"].as_u64().unwrap() > 3500, "{hidden}");
    assert!(
        object["expiresAt"].as_str().unwrap().ends_with('Z'),
        "{hidden}"
    );
    let shown = run(custom(&files, &server.url(), ["token", "--show"]).listing_codes()).await;
    assert_eq!(
        (shown.code, shown.stdout.as_str()),
        (0, &*format!("{ACCESS_TOKEN}\n")),
        "{shown}"
    );
    assert!(shown.stderr.contains("CREDENTIALS GOOD"), "{shown}");
    let simulated = run(Idcloud::new(["token"])).await;
    assert!(
        simulated.stdout.starts_with("SIMULATED: CREDENTIALS GOOD"),
        "{simulated}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_refused_says_why() {
    let files = Files::new();
    let server = refusing("1.2.6").await;
    let refused = run(json_of(&files, &server.url(), "token")).await;
    assert_eq!(
        (refused.code, &refused.error()["code"]),
        (4, &json!("1.2.6")),
        "{refused}"
    );
    assert!(refused.error()["help"].is_string(), "{refused}");
    let nothing = run(Idcloud::new(["token", "--env", "uat", "--format", "json"])).await;
    assert_eq!(nothing.code, 2, "{nothing}");
}

/// The status of a run's finding, by check.
fn status(run: &Run, check: &str) -> Value {
    let findings: Value =
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run}"));
    let findings = findings.as_array().unwrap();
    for finding in findings {
        let remedied = finding["remedy"].is_string();
        let needs = finding["status"] == "failed" || finding["status"] == "warning";
        assert_eq!(remedied, needs, "each trouble has its remedy: {finding}");
    }
    findings
        .iter()
        .find(|finding| finding["check"] == check)
        .map_or(Value::Null, |finding| finding["status"].clone())
}

async fn examined(server: &Server, files: &Files) -> Run {
    run(json_of(files, &server.url(), "doctor")).await
}

fn code(code: &str) -> Value {
    json!({"error": {"code": code, "description": "texto"}})
}

/// A known key does not find a process with a random id; an unknown key is reported.
#[tokio::test(flavor = "multi_thread")]
async fn the_api_key_is_proved_by_a_process_that_nobody_created() {
    let files = Files::new();
    for (status_code, body, exit, expected) in [
        (404, code("50001"), 0, "ok"),
        (403, code("10201"), 4, "failed"),
        (400, code("20002"), 4, "failed"),
    ] {
        let server = Server::start().await;
        server.on_get(&[(status_code, body.clone())]).await;
        let run = examined(&server, &files).await;
        assert_eq!(
            (run.code, status(&run, "api-key")),
            (exit, json!(expected)),
            "{body}: {run}"
        );
        assert_eq!(
            (status(&run, "token"), status(&run, "private-key")),
            (json!("ok"), json!("ok")),
            "{run}"
        );
        assert_eq!(server.creates().await, 0);
        let asked = server.mock.received_requests().await.unwrap();
        assert!(
            asked
                .iter()
                .all(|seen| !seen.url.path().contains(PROCESS_ID)),
            "{run}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_without_a_server_is_named() {
    let files = Files::new();
    // Both retry several times, with waits in between.
    let (token, doctor) = tokio::join!(
        run(json_of(&files, &unreachable(), "token")),
        run(json_of(&files, &unreachable(), "doctor"))
    );
    assert_eq!(
        (token.code, &token.error()["kind"]),
        (6, &json!("unreachable")),
        "{token}"
    );
    assert_eq!(token.error()["delivery"], "not-sent", "{token}");
    assert_eq!(
        (doctor.code, status(&doctor, "network")),
        (6, json!("failed")),
        "{doctor}"
    );
    assert_eq!(status(&doctor, "clock"), "skipped", "{doctor}");
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_is_told_where_it_is() {
    let files = Files::new();
    let server = refusing("1.2.6").await;
    let refused = examined(&server, &files).await;
    assert_eq!(
        (refused.code, status(&refused, "token")),
        (4, json!("failed")),
        "{refused}"
    );
    assert_eq!(
        (status(&refused, "network"), status(&refused, "api-key")),
        (json!("ok"), Value::Null),
        "{refused}"
    );

    let server = Server::start().await;
    files.write("shared.pem", b"x");
    files.set_mode("shared.pem", 0o644);
    let shared = run(json_of(&files, &server.url(), "doctor")
        .arg("--private-key-file")
        .arg(files.path("shared.pem")))
    .await;
    assert_eq!(
        (shared.code, status(&shared, "private-key")),
        (3, json!("failed")),
        "{shared}"
    );
    assert!(shared.stdout.contains("chmod 600"), "{shared}");
    assert_eq!(server.requests().await, 0, "nothing was sent");

    let unkeyed = run(json_of(&files, &server.url(), "doctor").env("IDCLOUD_API_KEY", "")).await;
    assert_eq!(
        (unkeyed.code, status(&unkeyed, "api-key")),
        (2, json!("failed")),
        "{unkeyed}"
    );
    assert_eq!(
        status(&unkeyed, "token"),
        "ok",
        "the rest is examined all the same: {unkeyed}"
    );
}

/// A wrong clock is reported, so that the user does not blame the key.
#[tokio::test(flavor = "multi_thread")]
async fn the_clocks_are_compared() {
    let files = Files::new();
    let old = "Sun, 06 Nov 1994 08:49:37 GMT";
    let server = Server {
        mock: wiremock::MockServer::start().await,
    };
    server
        .on(
            "POST",
            "/oauth2/token",
            oauth("1.2.5").insert_header("date", old),
        )
        .await;
    let run = examined(&server, &files).await;
    assert_eq!(status(&run, "clock"), "failed", "{run}");
    assert!(run.stdout.contains("ahead of IDCloud's"), "{run}");
}

/// Mixed-up environments are found without a request to the wrong one.
#[tokio::test(flavor = "multi_thread")]
async fn mixed_addresses_are_told() {
    let (server, files) = (Server::start().await, Files::new());
    let mixed = run(json_of(&files, &server.url(), "doctor")
        .env("IDCLOUD_API_URL", "https://api.id.uat.unico.app")
        .env("IDCLOUD_IDENTITY_URL", "https://identity.acesso.io")
        .env("IDCLOUD_ACCOUNT", "tester@x.iam.acesso.io"))
    .await;
    assert_eq!(mixed.code, 2, "{mixed}");
    assert_eq!(
        (status(&mixed, "addresses"), status(&mixed, "issuer")),
        (json!("failed"), json!("failed")),
        "{mixed}"
    );
    assert_eq!(
        status(&mixed, "token"),
        Value::Null,
        "no credential goes to a mix-up: {mixed}"
    );
    let unnamed = run(Idcloud::new([
        "doctor",
        "--format",
        "json",
        "--account",
        "x",
    ]))
    .await;
    assert_eq!(
        (unnamed.code, status(&unnamed, "configuration")),
        (2, json!("failed")),
        "{unnamed}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_reads_the_findings() {
    let run = run(Idcloud::new(["doctor"])).await;
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run}");
    assert!(run.stdout.starts_with("SIMULATED: "), "{run}");
    assert!(
        run.stdout.trim_end().ends_with("Nothing is wrong."),
        "{run}"
    );
}
