//! `explain`: every code, answer, notification and capture token, offline, in both languages.

use idcloud_model::{CatalogueEntry, Language};
use serde_json::{Value, json};

use super::support::{CPF, Files, Idcloud, NAME, PROCESS_ID, Run, Server, custom, run};

async fn explained(arguments: &[&str], stdin: &str) -> Run {
    run(Idcloud::new(["explain", "--format", "json"])
        .args(arguments.iter().copied())
        .stdin(stdin))
    .await
}

/// Every documented code is explained with exactly the keys of the contract.
#[tokio::test(flavor = "multi_thread")]
async fn every_code_is_explained() {
    for entry in CatalogueEntry::all() {
        let code = entry.code();
        let run = explained(&[code.as_str()], "").await;
        let object = run.object();
        assert_eq!(run.code, 0, "{run}");
        let mut keys: Vec<_> = object
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        keys.sort_unstable();
        assert_eq!(
            keys,
            [
                "cause",
                "code",
                "endpoints",
                "httpStatus",
                "meaning",
                "remedy",
                "retry"
            ]
        );
        assert_eq!(object["code"], code.as_str());
        assert_eq!(object["retry"], entry.retry().as_str());
        assert_eq!(object["httpStatus"], json!(entry.http_status()));
    }
    let entry = CatalogueEntry::all()
        .iter()
        .find(|entry| entry.code().as_str() == "20507")
        .unwrap();
    let portuguese = run(Idcloud::new(["explain", "20507", "--lang", "pt"])).await;
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words(&portuguese.stdout).contains(entry.remedy(Language::Portuguese)),
        "{portuguese}"
    );
    assert!(portuguese.stdout.starts_with("20507  "), "{portuguese}");
}

/// An error answer is explained by its code, and its text, which may repeat the request, is not
/// shown.
#[tokio::test(flavor = "multi_thread")]
async fn an_error_answer_is_explained_by_its_code() {
    for (body, code) in [
        (
            json!({"error": {"code": "20507", "description": format!("texto de {NAME}")}}),
            "20507",
        ),
        (
            json!({"Error": {"code": 10508, "description": CPF}}),
            "10508",
        ),
        (
            json!({"error": "server_error", "error_description": "Falha na autenticação 1.2.7"}),
            "1.2.7",
        ),
    ] {
        let run = explained(&["-"], &body.to_string()).await;
        assert_eq!(
            (run.code, &run.object()["code"]),
            (0, &json!(code)),
            "{run}"
        );
    }
}

/// The token endpoint's answers are explained too: a token without showing it, and an error with a
/// word in place of a code.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_endpoints_answer_is_explained() {
    let denied = json!({"error": "invalid_grant", "error_description": format!("for {NAME}")});
    for run in [
        explained(&["-"], &denied.to_string()).await,
        explained(&["-"], &format!("\u{feff}{denied}")).await,
        explained(&["invalid_grant"], "").await,
    ] {
        let object = run.object();
        assert_eq!(
            (run.code, &object["code"]),
            (0, &json!("invalid_grant")),
            "{run}"
        );
        super::schemas::assert_valid("code", &object);
        assert!(!run.stdout.contains(NAME), "{run}");
    }
    let granted = r#"{"access_token":"eyJhbGciOiJSUzI1NiJ9.e30.c2ln","expires_in":3600,"token_type":"Bearer"}"#;
    let run = explained(&["-"], granted).await;
    let object = run.object();
    assert_eq!(
        (&object["kind"], &object["lifetime"]),
        (&json!("token-answer"), &json!(3600)),
        "{run}"
    );
    super::schemas::assert_valid("token-answer", &object);
    assert!(!run.stdout.contains("eyJ"), "{run}");
    let page = explained(&["-"], "<html>Request rejected</html>").await;
    assert!(
        page.code == 3
            && page.error()["message"]
                .as_str()
                .unwrap()
                .contains("something between"),
        "{page}"
    );
}

/// An answer is judged by the request that the flags describe; without flags it proves less.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_is_explained_as_the_flags_say() {
    let yes = json!({"id": PROCESS_ID, "status": 3, "unicoId": {"result": "yes"}, "new": {"a": 1}})
        .to_string();
    let live = json!({"id": PROCESS_ID, "status": 3, "liveness": 1}).to_string();
    let old = json!({"id": PROCESS_ID, "authenticated": true}).to_string();
    let token = ["--selfie-kind", "capture-token"];
    for (body, flags, scenario, liveness) in [
        (
            &yes,
            &[][..],
            "identity-yes-without-liveness",
            json!("unverified"),
        ),
        (
            &yes,
            &["--selfie-kind", "image"],
            "identity-yes-without-liveness",
            json!("not-checked"),
        ),
        (
            &yes,
            &[&token[..], &["--capabilities", "liveness"]].concat(),
            "identity-yes",
            json!("implied"),
        ),
        (
            &live,
            &[&token[..], &["--as", "liveness"]].concat(),
            "live",
            json!("live"),
        ),
        (
            &old,
            &["--as", "compare"],
            "face-match-without-liveness",
            json!(null),
        ),
        (&old, &["--as", "document"], "missing-evidence", json!(null)),
    ] {
        let run = explained(&[&["-"], flags].concat(), body).await;
        let object = run.object();
        assert_eq!(run.code, 0, "{run}");
        assert_eq!(
            (&object["scenario"], &object["liveness"]),
            (&json!(scenario), &liveness),
            "{flags:?} {run}"
        );
        assert_eq!(
            (&object["environment"], &object["simulated"]),
            (&Value::Null, &Value::Null),
            "{run}"
        );
    }
    assert_eq!(
        explained(&["-"], &yes).await.object()["unknown"],
        json!({"new": "redacted"})
    );
}

/// Variables describe a key, which need not be this answer's: they do not make evidence missing.
#[tokio::test(flavor = "multi_thread")]
async fn variables_ask_nothing_of_another_kind_of_process() {
    let live = json!({"id": PROCESS_ID, "status": 3, "liveness": 1}).to_string();
    for (flags, scenario) in [
        (&[][..], "live"),
        (&["--capabilities", "liveness,identity"], "missing-evidence"),
    ] {
        let command = Idcloud::new(["explain", "-", "--format", "json"])
            .args(["--as", "liveness", "--selfie-kind", "capture-token"])
            .args(flags.iter().copied())
            .env("IDCLOUD_CAPABILITIES", "identity,risk-score")
            .stdin(live.clone());
        let run = run(command).await;
        assert_eq!(run.object()["scenario"], scenario, "{run}");
    }
}

/// The exit code shows the verdict only if the caller asks for it.
#[tokio::test(flavor = "multi_thread")]
async fn an_explanation_is_an_answer() {
    for (members, exit) in [
        (json!({"status": 3, "unicoId": {"result": "yes"}}), 0),
        (json!({"status": 3, "unicoId": {"result": "no"}}), 12),
        (json!({"status": 1}), 8),
        (json!({"status": 5}), 11),
    ] {
        let mut body = members;
        body["id"] = json!(PROCESS_ID);
        let body = body.to_string();
        assert_eq!(explained(&["-"], &body).await.code, 0, "{body}");
        assert_eq!(
            explained(&["-", "--exit-verdict"], &body).await.code,
            exit,
            "{body}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_is_explained_in_portuguese() {
    let body = json!({"id": PROCESS_ID, "status": 3, "unicoId": {"result": "no"}}).to_string();
    let run = run(Idcloud::new(["explain", "-", "--lang", "pt"]).stdin(body)).await;
    assert!(
        run.stdout
            .starts_with("NÃO APROVADO: rejeição  identity-no"),
        "{run}"
    );
    assert!(run.stdout.contains("situação"), "{run}");
}

/// Personal data is shown only if the caller asks for it, and a webhook's free text never.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_personal_is_redacted() {
    let process =
        json!({"id": PROCESS_ID, "status": 3, "processAdditionalInfo": {"personName": NAME},
        "document": {"content": {"name": NAME}, "fileUrls": ["https://x/Zoraide"]}})
        .to_string();
    let hidden = explained(&["-"], &process).await;
    assert_eq!(hidden.object()["additionalInfo"], "redacted", "{hidden}");
    let shown = run(
        Idcloud::new(["explain", "-", "--reveal", "--format", "json"])
            .stdin(process)
            .listing_codes(),
    )
    .await;
    assert_eq!(
        shown.object()["additionalInfo"]["personName"],
        NAME,
        "{shown}"
    );

    let posted = json!({"processId": PROCESS_ID, "state": "finished", "flow": CPF, "lastEvent": NAME, "lastEventDescription": NAME});
    let notice = explained(&["-"], &posted.to_string()).await;
    let object = notice.object();
    assert_eq!(
        (&object["kind"], &object["processId"]),
        (&json!("notification"), &json!(PROCESS_ID)),
        "{notice}"
    );
    assert_eq!(
        (&object["flow"], &object["state"]),
        (&json!("redacted"), &json!("finished")),
        "{notice}"
    );
    assert!(
        object["explanation"]
            .as_str()
            .unwrap()
            .contains("no result"),
        "{notice}"
    );
}

/// Only the two times of a capture token are printed.
#[tokio::test(flavor = "multi_thread")]
async fn a_capture_token_is_explained_by_its_age() {
    let files = Files::new();
    let fresh = run(Idcloud::new(["simulator", "capture"]).arg(files.path("selfie.png")))
        .await
        .stdout;
    let object = explained(&["-"], &fresh).await.object();
    assert_eq!(
        (&object["kind"], &object["expired"]),
        (&json!("capture-token"), &json!(false))
    );
    assert!(
        object["issuedAt"].as_str().unwrap().ends_with('Z'),
        "{object}"
    );
    assert!(!object.to_string().contains(fresh.trim()), "{object}");
    let old = "eyJhbGciOiJSUzI1NiJ9.eyJpYXQiOjE1MDAwMDAwMDB9.c2ln";
    let object = explained(&["-"], old).await.object();
    assert_eq!(
        (&object["expired"], &object["issuedAt"]),
        (&json!(true), &json!("2017-07-14T02:40:00Z"))
    );
    let opaque = explained(&["-"], "a..c.d.e").await.object();
    assert_eq!(
        (&opaque["parts"], &opaque["issuedAt"], &opaque["expired"]),
        (&json!(5), &Value::Null, &json!(false))
    );
}

/// An input of another kind is refused without being repeated, and an undocumented code gets no
/// invented explanation.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_explained_is_refused() {
    let files = Files::new();
    let text = files.write("text", format!("{NAME} {CPF}").as_bytes());
    for (what, code) in [
        ("12345", json!("12345")),
        (CPF, json!(null)),
        ("nowhere.json", json!(null)),
        (text.to_str().unwrap(), json!(null)),
        (files.path("").to_str().unwrap(), json!(null)),
    ] {
        let run = explained(&[what], "").await;
        assert_eq!((run.code, run.stdout.as_str()), (3, ""), "{run}");
        assert_eq!(
            (&run.error()["code"], &run.error()["kind"]),
            (&code, &json!("invalid-input")),
            "{run}"
        );
    }
    for body in ["", "{}", "[]", "<html>"] {
        assert_eq!(explained(&["-"], body).await.code, 3, "{body}");
    }
    assert_eq!(run(Idcloud::new(["explain"])).await.code, 2);
    assert_eq!(
        run(Idcloud::new(["explain", "20507", "--lang", "fr"]))
            .await
            .code,
        2
    );
}

/// Offline with every configuration, even a broken one.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_and_nothing_needed() {
    let (server, files) = (Server::start().await, Files::new());
    let configured = run(custom(&files, &server.url(), ["explain", "20507"])).await;
    assert_eq!(
        (configured.code, server.requests().await),
        (0, 0),
        "{configured}"
    );
    let badly = run(Idcloud::new(["explain", "20507"])
        .env("IDCLOUD_API_KEY", "x")
        .env("IDCLOUD_RATE", "none"))
    .await;
    assert_eq!(badly.code, 0, "{badly}");
}
