//! The requests that are sent: exactly the documented headers and members.

use serde_json::{Value, json};
use wiremock::{Request, ResponseTemplate};

use super::support::{
    ACCESS_TOKEN, ACCOUNT, API_KEY, CPF, Files, Idcloud, NAME, PROCESS_ID, Server, TENANT, custom,
    drawn_selfie, onboard, pem, run,
};

const BRANCH: &str = "35d734c4-7fbb-4b2f-a1dc-7e1575514819";

async fn approving_server() -> Server {
    let server = Server::start().await;
    let answer = json!({"id": PROCESS_ID, "status": 3, "unicoId": {"result": "yes"}});
    server
        .on_create(ResponseTemplate::new(200).set_body_json(answer))
        .await;
    server
}

async fn create(server: &Server) -> Request {
    let requests = server.mock.received_requests().await.unwrap();
    let mut creates = requests
        .into_iter()
        .filter(|request| request.url.path() == "/processes/v1");
    let create = creates.next().expect("one create");
    assert!(creates.next().is_none(), "only one create");
    create
}

fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    let mut values = request.headers.get_all(name).iter();
    let value = values.next().unwrap_or_else(|| panic!("no {name}"));
    assert!(values.next().is_none(), "{name} twice");
    value.to_str().unwrap()
}

/// Standard base64, implemented independently: the client's encoder must not check itself.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk
            .iter()
            .fold(0_u32, |group, byte| group << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = usize::try_from(group >> (18 - 6 * place) & 63).unwrap();
            text.push(if place <= chunk.len() {
                char::from(ALPHABET[digit])
            } else {
                '='
            });
        }
    }
    text
}

#[test]
fn the_tests_own_base64_is_right() {
    for (plain, encoded) in [
        ("", ""),
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("foob", "Zm9vYg=="),
    ] {
        assert_eq!(base64(plain.as_bytes()), encoded);
    }
}

/// A create carries the documented headers and nothing personal outside its body.
#[tokio::test(flavor = "multi_thread")]
async fn a_create_has_exactly_the_documented_headers() {
    let (server, files) = (approving_server().await, Files::new());
    let run = run(onboard(&files, &server.url())
        .arg("--selfie")
        .arg(drawn_selfie()))
    .await;
    assert_eq!(run.code, 0, "{run}");
    let create = create(&server).await;
    assert_eq!(
        header(&create, "authorization"),
        format!("Bearer {ACCESS_TOKEN}")
    );
    assert_eq!(header(&create, "apikey"), API_KEY);
    assert_eq!(header(&create, "content-type"), "application/json");
    assert_eq!(header(&create, "accept"), "application/json");
    assert_eq!(
        header(&create, "content-length"),
        create.body.len().to_string()
    );
    assert!(
        create.headers.get("transfer-encoding").is_none(),
        "not chunked"
    );
    let known = [
        "authorization",
        "apikey",
        "content-type",
        "accept",
        "accept-encoding",
        "content-length",
        "host",
        "user-agent",
    ];
    for name in create.headers.keys() {
        assert!(known.contains(&name.as_str()), "unexpected header {name}");
    }
    assert_eq!(create.url.query(), None);
}

/// Only given values are sent: no nulls, no empty members, the image as the file's base64.
#[tokio::test(flavor = "multi_thread")]
async fn a_create_has_exactly_the_given_members() {
    let (server, files) = (approving_server().await, Files::new());
    let run = run(onboard(&files, &server.url())
        .arg("--selfie")
        .arg(drawn_selfie()))
    .await;
    assert_eq!(run.code, 0, "{run}");
    let body: Value = serde_json::from_slice(&create(&server).await.body).unwrap();
    let image = base64(&std::fs::read(drawn_selfie()).unwrap());
    assert_eq!(
        body,
        json!({"subject": {"code": "52998224725", "name": NAME}, "imageBase64": image})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_flag_reaches_its_member() {
    let (server, files) = (approving_server().await, Files::new());
    let command = onboard(&files, &server.url())
        .arg("--selfie")
        .arg(files.path("token.txt"))
        .args(["--email", "person@example.com", "--phone", "5511900000000"])
        .args(["--use-case", "Onboarding \"A\"", "--subsidiary-id", BRANCH]);
    let run = run(command).await;
    assert_eq!(run.code, 0, "{run}");
    let body: Value = serde_json::from_slice(&create(&server).await.body).unwrap();
    let token = std::fs::read_to_string(files.path("token.txt")).unwrap();
    assert_eq!(
        body,
        json!({
            "subject": {"code": "52998224725", "name": NAME, "email": "person@example.com", "phone": "5511900000000"},
            "useCase": "Onboarding \"A\"", "subsidiaryId": BRANCH, "imageBase64": token.trim()
        })
    );
}

/// The person as a document, the selfie as base64: either may come from standard input.
#[tokio::test(flavor = "multi_thread")]
async fn standard_input_may_hold_the_person_or_the_selfie() {
    let files = Files::new();
    let picture = std::fs::read(files.path("selfie.png")).unwrap();
    let person =
        json!({"cpf": CPF, "name": NAME, "birthDate": "1990-12-31", "gender": "F"}).to_string();
    let expected = json!({
        "subject": {"code": "52998224725", "name": NAME, "gender": "F", "birthDate": "1990-12-31"},
        "imageBase64": base64(&picture)
    });
    let person_file = files.write("person.json", person.as_bytes());
    let base64_file = files.write("selfie.b64", format!("{}\n", base64(&picture)).as_bytes());
    for (subject, selfie, stdin) in [
        (
            std::path::Path::new("-"),
            files.path("selfie.png"),
            person.into_bytes(),
        ),
        (&person_file, "-".into(), picture),
        (&person_file, base64_file, Vec::new()),
    ] {
        let server = approving_server().await;
        let command = custom(&files, &server.url(), ["onboard", "--format=json"])
            .arg("--subject")
            .arg(subject)
            .arg("--selfie")
            .arg(selfie)
            .stdin(stdin);
        let run = run(command).await;
        assert_eq!(run.code, 0, "{run}");
        let body: Value = serde_json::from_slice(&create(&server).await.body).unwrap();
        assert_eq!(body, expected);
    }
}

/// The key from a file, as editors save it: with a line break at its end.
#[tokio::test(flavor = "multi_thread")]
async fn the_api_key_may_stand_in_a_file() {
    let (server, files) = (approving_server().await, Files::new());
    let key_file = files.write("api.key", format!("{API_KEY}\n").as_bytes());
    files.set_mode("api.key", 0o600);
    let command = onboard(&files, &server.url())
        .env("IDCLOUD_API_KEY", "another")
        .arg("--api-key-file")
        .arg(key_file)
        .arg("--selfie")
        .arg(files.path("selfie.png"));
    let run = run(command).await;
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(header(&create(&server).await, "apikey"), API_KEY);
}

/// The token exchange has exactly its two fields, and the assertion exactly its five claims.
#[tokio::test(flavor = "multi_thread")]
async fn the_token_exchange_is_the_documented_one() {
    let (server, files) = (approving_server().await, Files::new());
    let run = run(onboard(&files, &server.url())
        .arg("--selfie")
        .arg(files.path("selfie.png")))
    .await;
    assert_eq!(run.code, 0, "{run}");
    let requests = server.mock.received_requests().await.unwrap();
    let exchange: Vec<_> = requests
        .iter()
        .filter(|request| request.url.path() == "/oauth2/token")
        .collect();
    assert_eq!(exchange.len(), 1);
    assert_eq!(
        header(exchange[0], "content-type"),
        "application/x-www-form-urlencoded"
    );
    assert!(
        exchange[0].headers.get("apikey").is_none()
            && exchange[0].headers.get("authorization").is_none()
    );
    let body = String::from_utf8(exchange[0].body.clone()).unwrap();
    let (grant, assertion) = body.split_once("&assertion=").unwrap();
    assert_eq!(
        grant,
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"
    );
    assert_eq!(assertion.split('.').count(), 3);
    assert!(
        assertion.starts_with("eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9."),
        "RS256"
    );
    assert!(!assertion.contains('&'));
    // The account's key signs: other tests check that with a real simulator.
    assert!(pem().contains("PRIVATE KEY"));
    let claims = decode(assertion.split('.').nth(1).unwrap());
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    let mut names: Vec<_> = claims
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["aud", "exp", "iat", "iss", "scope"]);
    assert_eq!(claims["iss"], format!("{ACCOUNT}@{TENANT}.iam.acesso.io"));
    assert_eq!(claims["aud"], server.url());
    assert_eq!(claims["scope"], "*");
    let life = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert!((1..=3600).contains(&life), "{life}");
}

/// Base64url without padding.
fn decode(text: &str) -> Vec<u8> {
    let mut bits = 0_u32;
    let mut held = 0;
    let mut bytes = Vec::new();
    for digit in text.bytes() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'-' => 62,
            _ => 63,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).unwrap());
        }
    }
    bytes
}

/// A GET names the process and repeats the credentials, nothing more.
#[tokio::test(flavor = "multi_thread")]
async fn a_lookup_has_exactly_the_documented_headers() {
    let (server, files) = (Server::start().await, Files::new());
    server
        .on_create(ResponseTemplate::new(200).set_body_json(json!({"id": PROCESS_ID, "status": 1})))
        .await;
    server
        .on_get(&[(
            200,
            json!({"id": PROCESS_ID, "status": 3, "unicoId": {"result": "yes"}}),
        )])
        .await;
    let run = run(onboard(&files, &server.url())
        .arg("--selfie")
        .arg(files.path("selfie.png")))
    .await;
    assert_eq!(run.code, 0, "{run}");
    let requests = server.mock.received_requests().await.unwrap();
    let lookups: Vec<_> = requests
        .iter()
        .filter(|request| request.method.as_str() == "GET")
        .collect();
    assert_eq!(lookups.len(), 1);
    assert_eq!(lookups[0].url.path(), format!("/processes/v1/{PROCESS_ID}"));
    assert_eq!(
        header(lookups[0], "authorization"),
        format!("Bearer {ACCESS_TOKEN}")
    );
    assert_eq!(header(lookups[0], "apikey"), API_KEY);
    assert!(lookups[0].body.is_empty());
}

/// Files and variables from Windows' editors, containers and secret stores are accepted, and the
/// request is the same.
#[tokio::test(flavor = "multi_thread")]
async fn texts_are_read_as_people_save_them() {
    let (server, files) = (Server::start().await, Files::new());
    let answer = json!({"id": PROCESS_ID, "status": 3, "unicoId": {"result": "yes"}});
    server
        .on_create(ResponseTemplate::new(200).set_body_json(answer))
        .await;
    let subject = format!("\u{feff}{{\"cpf\":\"{CPF}\",\"name\":\"{NAME}\"}}\r\n");
    files.write("subject.json", subject.as_bytes());
    files.write("api.key", format!("\u{feff}\"{API_KEY}\"\r\n").as_bytes());
    files.set_mode("api.key", 0o600);
    let authority = idcloud_simulator::TlsIdentity::generate(["localhost"]).unwrap();
    let authority = authority.authority_pem().replace('\n', "\\n");
    files.write("ca.pem", format!("\u{feff}{authority}").as_bytes());
    let escaped = pem().replace('\n', "\\n");
    let keys = [
        format!("\u{feff}{}", pem()),
        format!("\"{escaped}\""),
        pem().replace('\n', " "),
        format!("    {}", pem().replace('\n', "\n    ")),
        base64(pem().as_bytes()),
    ];
    for key in &keys {
        files.write("key.pem", key.as_bytes());
        let command = custom(&files, &server.url(), ["onboard", "--subject"])
            .arg(files.path("subject.json"))
            .arg("--api-key-file")
            .arg(files.path("api.key"))
            .arg("--ca-file")
            .arg(files.path("ca.pem"))
            .profile("\u{feff}[default]\nrate = 9\n")
            .arg("--selfie")
            .arg(files.path("selfie.png"));
        let run = run(command).await;
        assert_eq!(run.code, 0, "{run}");
    }
    let requests = server.mock.received_requests().await.unwrap();
    let creates: Vec<_> = requests
        .iter()
        .filter(|request| request.url.path() == "/processes/v1")
        .collect();
    assert_eq!(creates.len(), keys.len());
    for create in creates {
        let body: Value = serde_json::from_slice(&create.body).unwrap();
        assert_eq!(
            body["subject"],
            json!({"code": "52998224725", "name": NAME})
        );
        assert_eq!(header(create, "apikey"), API_KEY);
    }
}

/// An onboarding with these numbers as the user types them.
fn onboarding(files: &Files, server: &Server, cpf: &str, phone: &str) -> Idcloud {
    custom(files, &server.url(), ["onboard", "--cpf", cpf])
        .args(["--name", NAME, "--phone", phone, "--selfie"])
        .arg(files.path("selfie.png"))
}

/// Numbers in the spellings that people type and copy are sent in the only form that IDCloud
/// accepts.
#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_taken_as_people_type_them() {
    for (cpf, phone, sent) in [
        ("529982247-25", "(11) 90000-0000", "5511900000000"),
        ("529.982.24725", "11900000000", "5511900000000"),
        (
            "529 982 247 25",
            "+55\u{a0}11\u{a0}90000\u{2011}0000",
            "5511900000000",
        ),
        ("529.982.247\u{2013}25", "+34 612 345 678", "34612345678"),
        ("529.982.247\u{2011}25", "+1 415 555 2671", "14155552671"),
    ] {
        let (server, files) = (approving_server().await, Files::new());
        let run = run(onboarding(&files, &server, cpf, phone)).await;
        assert_eq!(run.code, 0, "{run}");
        let body: Value = serde_json::from_slice(&create(&server).await.body).unwrap();
        assert_eq!(
            body["subject"],
            json!({"code": "52998224725", "name": NAME, "phone": sent})
        );
    }
}

/// An invisible character is named by its code point, because the number looks correct.
#[tokio::test(flavor = "multi_thread")]
async fn characters_that_cannot_be_seen_are_named() {
    let (server, files) = (Server::start().await, Files::new());
    for (cpf, phone, named) in [
        (
            "\u{202a}529.982.247-25\u{202c}",
            "+5511900000000",
            "subject.code: neither a CPF nor a CURP in form: a character that cannot be seen, U+202A,",
        ),
        (
            "529.982.247-25",
            "+55\u{200b}11900000000",
            "a character that cannot be seen, U+200B,",
        ),
        ("\u{feff}52998224725", "+5511900000000", "U+FEFF"),
    ] {
        let run = run(onboarding(&files, &server, cpf, phone)).await;
        assert_eq!(run.code, 3, "{run}");
        assert!(run.stderr.contains(named), "{run}");
    }
    assert_eq!(server.requests().await, 0);
}

/// Each row's reference is sent along on request, and one that cannot be sent is refused locally.
#[tokio::test(flavor = "multi_thread")]
async fn references_are_sent_where_that_is_asked_for() {
    for (flag, sent) in [
        (None, Value::Null),
        (Some("--send-references"), json!("order-7")),
    ] {
        let (server, files) = (approving_server().await, Files::new());
        let rows = format!("reference,cpf,name,selfie\norder-7,{CPF},{NAME},selfie.png\n");
        files.write("in.csv", rows.as_bytes());
        let command = custom(&files, &server.url(), ["batch", "run"])
            .arg(files.path("in.csv"))
            .arg("--journal")
            .arg(files.path("j.db"))
            .args(flag);
        let run = run(command).await;
        assert_eq!(run.code, 0, "{run}");
        let body: Value = serde_json::from_slice(&create(&server).await.body).unwrap();
        assert_eq!(body["subject"]["clientReference"], sent);
    }
    let (server, files) = (Server::start().await, Files::new());
    let rows = format!("reference,cpf,name,selfie\norder 8,{CPF},{NAME},selfie.png\n");
    files.write("in.csv", rows.as_bytes());
    for dry in [Some("--dry-run"), None] {
        let command = custom(&files, &server.url(), ["batch", "run", "--send-references"])
            .arg(files.path("in.csv"))
            .arg("--journal")
            .arg(files.path("j.db"))
            .args(dry);
        let run = run(command).await;
        assert_eq!(run.code, 3, "{run}");
        assert!(run.stderr.contains("cannot be sent"), "{run}");
    }
    assert_eq!(server.creates().await, 0);
}

/// The dry run refuses the same references as the run, also for rows that would be created again.
#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_knows_the_references_that_cannot_be_sent() {
    let (server, files) = (Server::start().await, Files::new());
    let failed = json!({"id": PROCESS_ID, "status": 4});
    let failed = ResponseTemplate::new(200).set_body_json(failed);
    server.on_create(failed).await;
    let rows = format!("reference,cpf,name,selfie\norder 8,{CPF},{NAME},selfie.png\n");
    files.write("in.csv", rows.as_bytes());
    let batch = |flags: &[&str]| {
        custom(&files, &server.url(), ["batch", "run"])
            .arg(files.path("in.csv"))
            .arg("--journal")
            .arg(files.path("j.db"))
            .args(flags.iter().copied())
    };
    assert_eq!(run(batch(&[])).await.code, 7);
    let creates = server.creates().await;
    for (flags, is_refused) in [
        (&["--send-references"][..], false),
        (&["--begin-again", "--send-references"], true),
    ] {
        for dry in [Some("--dry-run"), None] {
            // The journal's record of the row stays its outcome.
            let ended = run(batch(flags).args(dry)).await;
            assert_eq!(ended.code, 7, "{flags:?}: {ended}");
            let told = ended.stderr.contains("cannot be sent");
            assert_eq!(told, is_refused, "{flags:?}: {ended}");
            assert!(!ended.stdout.contains("to create        1"), "{ended}");
        }
    }
    assert_eq!(server.creates().await, creates);
}
