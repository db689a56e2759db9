//! `liveness`, `compare`, `document` and `process`: their requests, their answers, and what is
//! refused locally.

use serde_json::{Value, json};
use tokio::task::JoinSet;
use wiremock::ResponseTemplate;

use super::support::{
    API_KEY, CPF, Files, Idcloud, NAME, PROCESS_ID, Run, Server, custom, drawn_selfie, finish, run,
};

const OTHER_ID: &str = "d7a8b471-e69c-42b7-af14-05e83365a944";

fn answer(members: &Value) -> Value {
    let mut answer = json!({"id": PROCESS_ID, "status": 3});
    answer
        .as_object_mut()
        .unwrap()
        .extend(members.as_object().unwrap().clone());
    answer
}

async fn answering(members: &Value) -> Server {
    let server = Server::start().await;
    let body = answer(members);
    server
        .on_create(ResponseTemplate::new(200).set_body_json(&body))
        .await;
    server.on_get(&[(200, body)]).await;
    server
}

/// The one create that arrived.
async fn sent(server: &Server) -> Value {
    let requests = server.mock.received_requests().await.unwrap();
    let creates: Vec<_> = requests
        .iter()
        .filter(|seen| seen.url.path() == "/processes/v1")
        .collect();
    assert_eq!(creates.len(), 1);
    assert_eq!(creates[0].headers["apikey"], API_KEY);
    serde_json::from_slice(&creates[0].body).unwrap()
}

fn json_of(command: Idcloud) -> Idcloud {
    command.env("IDCLOUD_FORMAT", "json")
}

/// Only a capture token is sent, and its liveness counts as checked.
#[tokio::test(flavor = "multi_thread")]
async fn liveness_sends_a_capture_token() {
    let files = Files::new();
    for (value, decision, liveness, by_verdict) in [
        (1, "approve", "live", 0),
        (2, "reject", "not-live", 12),
        (0, "recapture", "inconclusive", 11),
    ] {
        let server = answering(&json!({"liveness": value})).await;
        let command = json_of(custom(
            &files,
            &server.url(),
            ["liveness", "--exit-verdict", "--subsidiary-id", OTHER_ID],
        ))
        .arg("--selfie")
        .arg(files.path("token.txt"));
        let run = run(command).await;
        let object = run.object();
        assert_eq!(
            (run.code, &object["decision"]),
            (by_verdict, &json!(decision)),
            "{run}"
        );
        assert_eq!(object["liveness"], liveness, "{run}");
        let sent = sent(&server).await;
        assert_eq!(sent["subsidiaryId"], OTHER_ID);
        assert!(
            sent["imageBase64"].as_str().unwrap().starts_with("eyJ"),
            "{sent}"
        );
        assert_eq!(sent.as_object().unwrap().len(), 2, "{sent}");
    }
}

/// A plain image is not sent: IDCloud would answer without a liveness check.
#[tokio::test(flavor = "multi_thread")]
async fn liveness_refuses_a_plain_image() {
    let (server, files) = (Server::start().await, Files::new());
    let run = run(json_of(custom(&files, &server.url(), ["liveness"]))
        .arg("--selfie")
        .arg(files.path("selfie.png")))
    .await;
    assert_eq!((run.code, server.requests().await), (3, 0), "{run}");
    let error = run.error();
    assert_eq!(
        (&error["kind"], &error["code"]),
        (&json!("invalid-input"), &json!(null)),
        "{run}"
    );
    assert!(
        error["message"].as_str().unwrap().contains("plain image"),
        "{run}"
    );
    assert!(run.stdout.is_empty(), "{run}");
}

/// The face to compare with: an earlier process or a picture, each in its own member.
#[tokio::test(flavor = "multi_thread")]
async fn compare_sends_what_to_compare_with() {
    let files = Files::new();
    for (form, expected) in [
        (json!({"biometryToken": {"result": "true"}}), Some(true)),
        (json!({"authenticated": false}), Some(false)),
    ] {
        let server = answering(&form).await;
        let base = || {
            json_of(custom(&files, &server.url(), ["compare", "--cpf", CPF]))
                .arg("--selfie")
                .arg(files.path("selfie.png"))
        };
        let run = run(base().args(["--reference-process-id", OTHER_ID])).await;
        let object = run.object();
        assert_eq!(
            (run.code, &object["faceMatch"]),
            (0, &json!(expected)),
            "{run}"
        );
        let sent = sent(&server).await;
        assert_eq!(sent["referenceProcessId"], OTHER_ID, "{sent}");
        assert_eq!(sent["subject"]["code"], "52998224725");
    }
    let server = answering(&json!({"biometryToken": {"result": "true"}})).await;
    let run = run(json_of(custom(&files, &server.url(), ["compare"]))
        .arg("--reference-image")
        .arg(files.path("selfie.png"))
        .arg("--selfie")
        .arg(files.path("token.txt")))
    .await;
    assert_eq!(
        run.object()["scenario"],
        "face-match-without-liveness",
        "{run}"
    );
    let sent = sent(&server).await;
    assert_eq!(
        sent["references"][0]["referenceType"],
        "REFERENCE_TYPE_IMAGE_BASE64"
    );
    assert!(sent.get("subject").is_none(), "nobody was named: {sent}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_that_cannot_be_is_refused() {
    let (server, files) = (Server::start().await, Files::new());
    files.write("bad", b"no picture");
    files.write("person.json", br#"{"cpf":"529.982.247-26"}"#);
    let base = || {
        json_of(custom(&files, &server.url(), ["compare"]))
            .arg("--selfie")
            .arg(files.path("selfie.png"))
    };
    let picture = run(base().arg("--reference-image").arg(files.path("bad"))).await;
    assert_eq!(
        (picture.code, &picture.error()["code"]),
        (3, &json!("20505")),
        "{picture}"
    );
    assert!(
        picture.error()["message"]
            .as_str()
            .unwrap()
            .starts_with("reference-image: "),
        "{picture}"
    );
    let id = run(base().args(["--reference-process-id", "529.982.247-25"])).await;
    assert_eq!((id.code, &id.error()["code"]), (3, &json!("20023")), "{id}");
    let person = run(base()
        .args(["--reference-process-id", OTHER_ID, "--subject"])
        .arg(files.path("person.json")))
    .await;
    assert_eq!(
        (person.code, &person.error()["code"]),
        (3, &json!("20507")),
        "{person}"
    );
    for usage in [
        &[][..],
        &["--reference-process-id", OTHER_ID, "--reference-image", "x"],
        &["--reference-image", "-", "--subject", "-"],
    ] {
        let refused = run(base().args(usage.iter().copied())).await;
        assert_eq!(refused.code, 2, "{refused}");
    }
    assert_eq!(server.requests().await, 0);
}

/// Both ways of using a document; its content is printed only if the caller asks for it.
#[tokio::test(flavor = "multi_thread")]
async fn documents_are_captured_and_used_again() {
    let files = Files::new();
    let document = json!({"document": {"id": OTHER_ID, "type": "unico.moja.dictionary.br.cnh.v2.Cnh", "cpfMatch": true,
        "faceMatch": true, "content": {"name": NAME}, "fileUrls": ["https://example.com/Zoraide"]}});
    let holder = [
        "--cpf",
        CPF,
        "--purpose",
        "onboarding",
        "--auth-process-id",
        PROCESS_ID,
    ];
    let server = answering(&document).await;
    let captured = run(
        json_of(custom(&files, &server.url(), ["document", "capture"]))
            .args(holder)
            .arg("--file")
            .arg(files.path("selfie.png"))
            .arg("--file")
            .arg(files.path("selfie.png")),
    )
    .await;
    let object = captured.object();
    assert_eq!(
        (captured.code, &object["scenario"]),
        (0, &json!("document-matched")),
        "{captured}"
    );
    assert_eq!(object["document"]["content"], "redacted", "{captured}");
    assert_eq!(object["document"]["fileUrls"], "redacted", "{captured}");
    let body = sent(&server).await;
    assert_eq!(body["document"]["purpose"], "onboarding");
    assert_eq!(body["document"]["authProcessId"], PROCESS_ID);
    assert_eq!(body["document"]["files"].as_array().unwrap().len(), 2);

    let server = answering(&document).await;
    let reused = run(json_of(custom(
        &files,
        &server.url(),
        ["document", "reuse", "--reveal"],
    ))
    .listing_codes()
    .args(holder)
    .args(["--document-id", OTHER_ID]))
    .await;
    assert_eq!(
        reused.object()["document"]["content"]["name"],
        NAME,
        "{reused}"
    );
    assert_eq!(sent(&server).await["document"]["documentId"], OTHER_ID);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_cannot_be_is_refused_with_every_reason() {
    let (server, files) = (Server::start().await, Files::new());
    let run = run(
        json_of(custom(&files, &server.url(), ["document", "capture"])).args([
            "--cpf",
            "1",
            "--purpose",
            "two words",
            "--auth-process-id",
            "x",
            "--file",
            "nowhere",
        ]),
    )
    .await;
    assert_eq!((run.code, server.requests().await), (3, 0), "{run}");
    let message = run.error()["message"].as_str().unwrap().to_owned();
    for field in ["subject.code: ", "purpose: ", "auth-process-id: ", "file: "] {
        assert!(message.contains(field), "{field} {run}");
    }
    let three = super::support::run(
        json_of(custom(&files, &server.url(), ["document", "capture"]))
            .args([
                "--cpf",
                CPF,
                "--purpose",
                "fgts",
                "--auth-process-id",
                PROCESS_ID,
            ])
            .args(["--file", "a", "--file", "b", "--file", "c"]),
    )
    .await;
    assert_eq!((three.code, server.requests().await), (3, 0), "{three}");
}

/// A lookup requests each documented type, lists each document once, and never says whose they are.
#[tokio::test(flavor = "multi_thread")]
async fn reusable_documents_are_listed() {
    let files = Files::new();
    let server = Server::start().await;
    let items = json!({"items": [{"documentType": "BR_CNH", "documentId": OTHER_ID}]});
    server
        .on(
            "GET",
            "/documents/v1",
            ResponseTemplate::new(200).set_body_json(&items),
        )
        .await;
    let find = || {
        json_of(custom(
            &files,
            &server.url(),
            ["document", "find", "--cpf", CPF],
        ))
    };
    let expected = json!({"items": [{"type": "BR_CNH", "id": OTHER_ID}]});
    assert_eq!(run(find()).await.object(), expected);
    assert_eq!(server.count("GET", "/documents/v1").await, 4);
    assert_eq!(run(find().args(["--type", "cnh"])).await.object(), expected);
    assert_eq!(server.count("GET", "/documents/v1").await, 5);
    let text = run(find().args(["--type", "cnh", "--format", "text"])).await;
    assert!(text.stdout.contains(OTHER_ID), "{text}");
    for (bad, exit) in [
        (&["--type", "no type"][..], 3),
        (&["--cpf", "1"], 2),
        (&["--subject", "x"], 2),
    ] {
        assert_eq!(
            run(find().args(bad.iter().copied())).await.code,
            exit,
            "{bad:?}"
        );
    }

    let none = Server::start().await;
    none.on(
        "GET",
        "/documents/v1",
        ResponseTemplate::new(200).set_body_json(json!({"items": [{}]})),
    )
    .await;
    let none = run(json_of(custom(
        &files,
        &none.url(),
        ["document", "find", "--cpf", CPF],
    )))
    .await;
    assert_eq!(
        (none.code, none.object()),
        (0, json!({"items": []})),
        "{none}"
    );
}

/// If the selfie is unknown, liveness 1 proves nothing; if a flag says that it was a capture token,
/// it does.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_is_judged_for_what_was_asked() {
    let files = Files::new();
    let yes = json!({"unicoId": {"result": "yes"}});
    let live = json!({"liveness": 1});
    let table: [(&Value, &[&str], &str, &str); 6] = [
        (&yes, &[], "identity-yes-without-liveness", "unverified"),
        (
            &yes,
            &["--selfie-kind", "image"],
            "identity-yes-without-liveness",
            "not-checked",
        ),
        (
            &yes,
            &[
                "--selfie-kind",
                "capture-token",
                "--capabilities",
                "liveness",
            ],
            "identity-yes",
            "implied",
        ),
        (
            &live,
            &["--as", "liveness", "--selfie-kind", "capture-token"],
            "live",
            "live",
        ),
        (&live, &["--as", "liveness"], "unlisted", "unverified"),
        (
            &live,
            &["--as", "compare"],
            "missing-evidence",
            "unverified",
        ),
    ];
    for (members, flags, scenario, liveness) in table {
        let server = answering(members).await;
        let run = run(json_of(custom(
            &files,
            &server.url(),
            ["process", "get", PROCESS_ID],
        ))
        .args(flags.iter().copied()))
        .await;
        let object = run.object();
        assert_eq!(run.code, 0, "{run}");
        assert_eq!(
            (&object["scenario"], &object["liveness"]),
            (&json!(scenario), &json!(liveness)),
            "{flags:?} {run}"
        );
        assert_eq!(
            (&object["environment"], &object["simulated"]),
            (&json!("custom"), &json!(false))
        );
        assert_eq!(server.creates().await, 0);
    }
}

/// Personal data of the second version is printed only if the caller asks for it.
#[tokio::test(flavor = "multi_thread")]
async fn details_are_redacted_unless_revealed() {
    let files = Files::new();
    let server = Server::start().await;
    let info = json!({"unicoId": {"result": "yes"}, "processAdditionalInfo": {"personName": NAME, "personCode": "52998224725"}});
    let path = format!("/processes/v2/{PROCESS_ID}");
    server
        .on(
            "GET",
            &path,
            ResponseTemplate::new(200).set_body_json(answer(&info)),
        )
        .await;
    let get = || {
        json_of(custom(
            &files,
            &server.url(),
            ["process", "get", PROCESS_ID, "--details"],
        ))
    };
    let hidden = run(get()).await;
    assert_eq!(hidden.object()["additionalInfo"], "redacted", "{hidden}");
    let text = run(get().args(["--format", "text"])).await;
    assert!(text.stdout.contains("redacted"), "{text}");
    let shown = run(get().arg("--reveal").listing_codes()).await;
    assert_eq!(
        shown.object()["additionalInfo"]["personName"],
        NAME,
        "{shown}"
    );
}

/// The ways in which a lookup can end, each with its exit code; the id is always in the output.
#[tokio::test(flavor = "multi_thread")]
async fn a_look_that_brings_no_result_says_why() {
    let code = |code: &str| json!({"error": {"code": code, "description": "texto"}});
    let mut running = JoinSet::new();
    for (status, body, exit, kind) in [
        (404, code("50001"), 4, Some("not-found")),
        (403, code("10201"), 4, Some("refused")),
        (410, json!({"id": PROCESS_ID, "status": 5}), 7, None),
        (410, json!({}), 4, Some("gone")),
        (200, json!({"id": PROCESS_ID, "status": 4}), 7, None),
        (200, json!({"id": PROCESS_ID, "status": 1}), 8, None),
        (200, json!([1]), 8, Some("unreadable")),
    ] {
        running.spawn(async move {
            let (server, files) = (Server::start().await, Files::new());
            server.on_get(&[(status, body.clone())]).await;
            let run = run(json_of(custom(
                &files,
                &server.url(),
                ["process", "get", PROCESS_ID],
            )))
            .await;
            assert_eq!(run.code, exit, "{status} {body}: {run}");
            match kind {
                Some(kind) => {
                    let error = run.error();
                    assert_eq!(
                        (&error["kind"], &error["processId"]),
                        (&json!(kind), &json!(PROCESS_ID)),
                        "{run}"
                    );
                }
                None => assert_eq!(run.object()["processId"], PROCESS_ID, "{run}"),
            }
        });
    }
    finish(running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_none_is_not_asked_for() {
    let (server, files) = (Server::start().await, Files::new());
    for id in ["52998224725", "a/b", "", "80371b2a-3ac7-432e-866d"] {
        for verb in ["get", "wait"] {
            let run = run(json_of(custom(
                &files,
                &server.url(),
                ["process", verb, id],
            )))
            .await;
            assert_eq!(
                (run.code, &run.error()["code"]),
                (3, &json!("20023")),
                "{run}"
            );
        }
    }
    assert_eq!(server.requests().await, 0);
}

/// Waiting ends with the verdict, or at its limit with the last state of the process.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_is_waited_for() {
    let files = Files::new();
    let pending = json!({"id": PROCESS_ID, "status": 1});
    let server = Server::start().await;
    server
        .on_get(&[
            (200, pending.clone()),
            (200, answer(&json!({"unicoId": {"result": "no"}}))),
        ])
        .await;
    let wait = |url: &str, limit: &str| {
        json_of(custom(
            &files,
            url,
            ["process", "wait", PROCESS_ID, "--exit-verdict", "--wait"],
        ))
        .arg(limit)
    };
    let done = run(wait(&server.url(), "20s")).await;
    assert_eq!(
        (done.code, &done.object()["decision"]),
        (12, &json!("reject")),
        "{done}"
    );
    let server = Server::start().await;
    server.on_get(&[(200, pending)]).await;
    let over = run(wait(&server.url(), "1s")).await;
    assert_eq!(
        (over.code, &over.object()["decision"]),
        (8, &json!("wait")),
        "{over}"
    );
}

/// With the simulator inside the program, without any configuration.
#[tokio::test(flavor = "multi_thread")]
async fn liveness_works_without_an_account() {
    let token = run(Idcloud::new(["simulator", "capture"]).arg(drawn_selfie())).await;
    let live: Run = run(Idcloud::new(["liveness", "--selfie", "-"]).stdin(token.stdout)).await;
    assert!(
        live.code == 0 && live.stdout.starts_with("SIMULATED: APPROVED  live"),
        "{live}"
    );
}
