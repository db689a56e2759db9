//! The output of commands when a firewall, proxy, gateway or login answers in place of IDCloud, or
//! blocks the way.
//!
//! `docs/reference/gateways.md` shows it, and is compared: `IDCLOUD_DOCS=write` writes the real
//! output into the page.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::batch::{HEADER, cpf};
use super::simulator::{Served, variables};
use super::support::{
    ACCESS_TOKEN, CPF, Files, Idcloud, NAME, PROCESS_ID, Run, custom, finish, onboard, run,
};

const BETWEEN: &str = "omething between this program and IDCloud answered";
const PAGE: &str = "<html><body>no</body></html>";
const HTML: &str = "text/html";
const JSON: &str = "application/json";

/// One answer of an intermediary: its name, status, content type, further header lines, and body.
type Answer = (&'static str, u16, &'static str, &'static str, &'static str);

/// Answers about which every command prints the same, except for the status.
type Group = (&'static str, &'static [Answer]);

const GROUPS: [Group; 16] = [
    (
        "A page that refuses",
        &[
            ("a proxy that dislikes the request", 400, HTML, "", PAGE),
            (
                "Cloudflare",
                403,
                HTML,
                "",
                "<!DOCTYPE html><title>Attention Required! | Cloudflare</title>",
            ),
            (
                "Akamai",
                403,
                HTML,
                "",
                "<HTML><TITLE>Access Denied</TITLE>Reference&#32;&#35;18.1</HTML>",
            ),
            (
                "Imperva Incapsula",
                403,
                HTML,
                "",
                "<html><iframe>Request unsuccessful. Incapsula incident ID: 1-2</iframe></html>",
            ),
            (
                "a server that knows no such path",
                404,
                HTML,
                "",
                "<html><h1>404 Not Found</h1><hr>nginx</html>",
            ),
            (
                "a gateway with small limits for headers",
                431,
                HTML,
                "",
                PAGE,
            ),
            (
                "nginx that wants a client's certificate",
                495,
                HTML,
                "",
                "<html>400 The SSL certificate error</html>",
            ),
            (
                "nginx that wants a client's certificate",
                496,
                HTML,
                "",
                "<html>400 No required SSL certificate was sent</html>",
            ),
        ],
    ),
    (
        "A refusal without a body",
        &[("a firewall", 403, HTML, "", "")],
    ),
    (
        "A refusal as JSON of somebody else",
        &[
            (
                "AWS API Gateway",
                403,
                JSON,
                "",
                r#"{"message":"Forbidden"}"#,
            ),
            (
                "Google Cloud, with the status for a code",
                403,
                JSON,
                "",
                r#"{"error":{"code":403,"status":"PERMISSION_DENIED"}}"#,
            ),
            (
                "Cloudflare, with a number of its own",
                403,
                JSON,
                "",
                r#"{"success":false,"errors":[{"code":1020}]}"#,
            ),
            (
                "an API manager, with a number as text",
                403,
                JSON,
                "",
                r#"{"code":"0","message":"blocked"}"#,
            ),
            (
                "an API manager, with a word for a code",
                400,
                JSON,
                "",
                r#"{"code":"ACCESS_DENIED"}"#,
            ),
            (
                "a filter of addresses",
                451,
                JSON,
                "",
                r#"{"statusCode":451,"code":"451"}"#,
            ),
        ],
    ),
    (
        "The same with five digits, as IDCloud's codes have",
        &[(
            "Cloudflare",
            403,
            JSON,
            "",
            r#"{"success":false,"errors":[{"code":10000}]}"#,
        )],
    ),
    (
        "A redirect",
        &[
            (
                "a server that has moved",
                301,
                HTML,
                "Location: https://www.idcloud.invalid/\r\n",
                PAGE,
            ),
            (
                "a captive portal",
                302,
                HTML,
                "Location: http://login.invalid/\r\n",
                PAGE,
            ),
            (
                "a proxy that wants https",
                307,
                HTML,
                "Location: https://idcloud.invalid/\r\n",
                PAGE,
            ),
            (
                "a server that has moved",
                308,
                HTML,
                "Location: https://idcloud.invalid/\r\n",
                PAGE,
            ),
        ],
    ),
    (
        "A login of a proxy",
        &[(
            "Squid",
            407,
            HTML,
            "Proxy-Authenticate: Basic realm=\"proxy\"\r\n",
            PAGE,
        )],
    ),
    (
        "A request that is too large for something",
        &[(
            "nginx",
            413,
            HTML,
            "",
            "<html>413 Request Entity Too Large</html>",
        )],
    ),
    (
        "The same as JSON",
        &[(
            "AWS API Gateway",
            413,
            JSON,
            "",
            r#"{"message":"Request Too Long"}"#,
        )],
    ),
    (
        "A limit of a gateway",
        &[(
            "Cloudflare",
            429,
            HTML,
            "Retry-After: 600\r\n",
            "<html>error 1015</html>",
        )],
    ),
    (
        "A limit as JSON",
        &[
            (
                "AWS API Gateway",
                429,
                JSON,
                "Retry-After: 600\r\n",
                r#"{"message":"Too Many Requests"}"#,
            ),
            (
                "Kong",
                429,
                JSON,
                "Retry-After: 600\r\n",
                r#"{"code":429,"message":"API rate limit exceeded"}"#,
            ),
        ],
    ),
    (
        "No credentials, without a code",
        &[("a gateway", 401, JSON, "", "")],
    ),
    (
        "A page in place of an answer",
        &[
            (
                "a captive portal",
                200,
                HTML,
                "",
                "<html>Sign in to this network</html>",
            ),
            (
                "F5",
                200,
                HTML,
                "",
                "<html>The requested URL was rejected. Your support ID is: 1</html>",
            ),
        ],
    ),
    (
        "A page of a gateway that fails",
        &[
            ("IIS", 500, HTML, "", PAGE),
            (
                "nginx",
                502,
                HTML,
                "",
                "<html><h1>502 Bad Gateway</h1></html>",
            ),
            (
                "AWS load balancer",
                503,
                HTML,
                "",
                "<html><h1>503 Service Temporarily Unavailable</h1></html>",
            ),
            (
                "CloudFront",
                504,
                HTML,
                "",
                "<HTML>The request could not be satisfied</HTML>",
            ),
            ("Cloudflare, unknown error", 520, HTML, "", PAGE),
            ("Cloudflare, server down", 521, HTML, "", PAGE),
            ("Cloudflare, no connection in time", 522, HTML, "", PAGE),
            ("Cloudflare, unreachable", 523, HTML, "", PAGE),
            ("Cloudflare, no answer in time", 524, HTML, "", PAGE),
            ("Cloudflare, TLS handshake", 525, HTML, "", PAGE),
            ("Cloudflare, certificate", 526, HTML, "", PAGE),
        ],
    ),
    (
        "A gateway that fails, as JSON of its own",
        &[
            (
                "AWS API Gateway",
                500,
                JSON,
                "",
                r#"{"message":"Internal server error"}"#,
            ),
            (
                "AWS API Gateway",
                504,
                JSON,
                "",
                r#"{"message":"Endpoint request timed out"}"#,
            ),
        ],
    ),
    ("Nothing", &[("anybody", 200, JSON, "", "")]),
    (
        "JSON that is none of IDCloud's",
        &[(
            "a health check, a wrong address",
            200,
            JSON,
            "",
            r#"{"status":"ok"}"#,
        )],
    ),
];

/// Answers that are cut off.
const CUT: [(&str, &str); 2] = [
    ("An answer that is cut short", "a proxy that gives up"),
    (
        "A compressed answer that breaks off",
        "a proxy that compresses",
    ),
];

/// The whole answer, and the body as a person would save it.
fn bytes(answer: &Answer) -> (Vec<u8>, Vec<u8>) {
    let (_, status, kind, headers, body) = answer;
    let head = head(*status, kind, headers, body.len());
    (
        [head.as_bytes(), body.as_bytes()].concat(),
        body.as_bytes().to_vec(),
    )
}

fn head(status: u16, kind: &str, headers: &str, length: usize) -> String {
    format!(
        "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n"
    )
}

/// The answers that are cut off: plain, and in gzip's stored form.
fn cut(number: usize) -> (Vec<u8>, Vec<u8>) {
    let part = br#"{"status":3,"unicoId":{"resu"#;
    if number == 0 {
        let head = head(200, JSON, "", 200);
        return ([head.as_bytes(), part].concat(), part.to_vec());
    }
    let length = u16::try_from(part.len() + 100).unwrap();
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1];
    packed.extend(length.to_le_bytes());
    packed.extend((!length).to_le_bytes());
    packed.extend(part);
    let head = head(200, JSON, "Content-Encoding: gzip\r\n", packed.len());
    ([head.as_bytes(), &packed].concat(), part.to_vec())
}

/// An intermediary between this machine and IDCloud.
struct Gateway {
    url: String,
    creates: Arc<AtomicUsize>,
}

impl Gateway {
    /// Gives this answer to creates and lookups, and to token exchanges only if `everything` is
    /// set.
    async fn start(answer: Vec<u8>, everything: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let creates = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&creates);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, answer.clone(), everything, Arc::clone(&seen)));
            }
        });
        Self { url, creates }
    }
}

/// Reads one request to its end and answers it, then closes the connection.
async fn serve(
    mut stream: TcpStream,
    answer: Vec<u8>,
    everything: bool,
    creates: Arc<AtomicUsize>,
) -> Option<()> {
    let mut seen = Vec::new();
    let end = loop {
        if let Some(at) = seen.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut seen).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&seen[..end]).to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse::<usize>().unwrap());
    while seen.len() < end + length {
        if stream.read_buf(&mut seen).await.ok()? == 0 {
            return None;
        }
    }
    let is_token = head.starts_with("post /oauth2/token ");
    if head.starts_with("post /processes/") {
        creates.fetch_add(1, Ordering::Relaxed);
    }
    let token =
        format!(r#"{{"access_token":"{ACCESS_TOKEN}","expires_in":3600,"token_type":"Bearer"}}"#);
    let answer = if is_token && !everything {
        (self::head(200, JSON, "", token.len()) + &token).into_bytes()
    } else {
        answer
    };
    stream.write_all(&answer).await.ok()?;
    stream.shutdown().await.ok()
}

/// The output of one command: its exit code, the message, and the remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Said {
    command: &'static str,
    exit: i32,
    message: String,
    help: String,
}

impl Said {
    fn of(command: &'static str, run: &Run, message: &Value, help: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{run}")).to_owned();
        Self {
            command,
            exit: run.code,
            message: text(message),
            help: text(help),
        }
    }

    /// The same, without the status and the number of attempts.
    fn alike(&self) -> Self {
        let mut words = Vec::new();
        let mut after_http = false;
        for word in self.message.split(' ') {
            let digits = word.trim_matches(|letter: char| !letter.is_ascii_digit());
            words.push(if after_http {
                word.replace(digits, "…")
            } else {
                word.to_owned()
            });
            after_http = word.ends_with("HTTP");
        }
        let mut message = words.join(" ");
        for number in 2..=5 {
            message = message.replace(&format!(", {number} attempts"), "");
            message = message.replace(&format!("({number} attempts)"), "");
        }
        Self {
            message,
            ..self.clone()
        }
    }
}

/// Writes a batch's input of one row.
fn write_input(files: &Files) {
    let input = format!("{HEADER}r,{CPF},{NAME},,,selfie.png\n");
    files.write("in.csv", input.as_bytes());
}

/// The output of the commands for an answer to their create or lookup, and of `token` for the same
/// answer of the token endpoint.
async fn said(answer: Vec<u8>, body: Vec<u8>) -> Vec<Said> {
    let gateway = Gateway::start(answer.clone(), false).await;
    let everywhere = Gateway::start(answer, true).await;
    let files = Files::new();
    write_input(&files);
    let json = |command: Idcloud| command.env("IDCLOUD_FORMAT", "json");
    let batch = custom(&files, &gateway.url, ["batch", "run"])
        .arg(files.path("in.csv"))
        .arg("--journal")
        .arg(files.path("batch.db"));
    let (onboard, liveness, batch, doctor, token, explain) = tokio::join!(
        run(onboard(&files, &gateway.url)
            .arg("--selfie")
            .arg(files.path("selfie.png"))),
        run(json(
            custom(&files, &gateway.url, ["liveness", "--selfie"]).arg(files.path("token.txt"))
        )),
        run(json(batch)),
        run(json(custom(&files, &gateway.url, ["doctor"]))),
        run(json(custom(&files, &everywhere.url, ["token"]))),
        run(json(Idcloud::new(["explain", "-"]).stdin(body))),
    );
    let mut said = Vec::new();
    for (command, run) in [("onboard", &onboard), ("liveness", &liveness)] {
        said.push(Said::of(
            command,
            run,
            &run.error()["message"],
            &run.error()["help"],
        ));
    }
    let row: Value = serde_json::from_str(batch.stdout.lines().next().unwrap()).unwrap();
    let error = &row["error"];
    said.push(Said::of(
        "batch run",
        &batch,
        &error["message"],
        &error["help"],
    ));
    let findings = doctor.object();
    let failed = findings
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["status"] == "failed")
        .unwrap_or_else(|| panic!("{doctor}"));
    said.push(Said::of(
        "doctor",
        &doctor,
        &failed["message"],
        &failed["remedy"],
    ));
    said.push(Said::of(
        "token",
        &token,
        &token.error()["message"],
        &token.error()["help"],
    ));
    said.push(Said::of(
        "explain",
        &explain,
        &explain.error()["message"],
        &explain.error()["help"],
    ));
    // No second payment: each of three commands made one create, or two if a refused token was
    // replaced in between.
    let creates = gateway.creates.load(Ordering::Relaxed);
    assert!((3..=6).contains(&creates), "{creates}: {onboard}");
    assert!(onboard.code != 5 || creates == 3, "{creates}: {onboard}");
    said
}

/// No intermediary's answer is reported as IDCloud's, none is called harmless if it may have
/// created a process, and the page shows the output.
#[tokio::test(flavor = "multi_thread")]
async fn answers_of_gateways() {
    let at_once = Arc::new(Semaphore::new(12));
    let mut running = JoinSet::new();
    let cut_off = (0..CUT.len()).map(|number| (GROUPS.len() + number, 0, cut(number)));
    let whole = GROUPS.iter().enumerate().flat_map(|(group, (_, answers))| {
        let answers = answers.iter().enumerate();
        answers.map(move |(number, answer)| (group, number, bytes(answer)))
    });
    for (group, number, (answer, body)) in whole.chain(cut_off) {
        let at_once = Arc::clone(&at_once);
        running.spawn(async move {
            let _room = at_once.acquire().await.unwrap();
            (group, number, said(answer, body).await)
        });
    }
    let mut all = running.join_all().await;
    all.sort_by_key(|(group, number, _)| (*group, *number));

    let mut page = String::new();
    for (group, number, said) in all {
        let alike: Vec<Said> = said.iter().map(Said::alike).collect();
        let Some((title, answers)) = GROUPS.get(group) else {
            let (title, who) = CUT[group - GROUPS.len()];
            writeln!(page, "## {title}\n\n- 200, {JSON}: {who}\n").unwrap();
            table(&mut page, &alike);
            assert_eq!(said[0].exit, 5, "{said:?}");
            continue;
        };
        if number == 0 {
            writeln!(page, "## {title}\n").unwrap();
            for (who, status, kind, _, body) in *answers {
                let kind = if body.is_empty() { "no body" } else { kind };
                writeln!(page, "- {status}, {kind}: {who}").unwrap();
            }
            page.push('\n');
            table(&mut page, &alike);
        }
        let answer = &answers[number];
        held(answer, &said);
        let mine = page.rsplit("## ").next().unwrap();
        let mut again = String::new();
        table(&mut again, &alike);
        assert!(
            mine.ends_with(&again),
            "{answer:?} is told otherwise: {said:?}"
        );
    }
    compare(&page);
}

/// Checks what holds for every answer, in any wording.
fn held((who, status, kind, _, body): &Answer, said: &[Said]) {
    let is_foreign = (*kind == HTML && !body.is_empty())
        || matches!(status, 300..=399 | 407 | 413)
        || (*status == 403 && body.is_empty());
    let exit = match status {
        200..=299 | 303 | 408 | 500..=599 => 5,
        429 => 6,
        _ => 4,
    };
    for said in said {
        let told = format!("{who} {status}: {said:?}");
        match said.command {
            "onboard" | "liveness" | "batch run" => assert_eq!(said.exit, exit, "{told}"),
            _ => assert_ne!(said.exit, 0, "{told}"),
        }
        if said.command == "explain" {
            continue;
        }
        if *status == 429 {
            assert!(said.help.starts_with("Wait, then"), "{told}");
            assert!(said.help.contains("firewall"), "{told}");
            continue;
        }
        // At the token endpoint a refusal in JSON is recognised as an intermediary's; elsewhere
        // IDCloud has such refusals of its own.
        let refuses_in_json = *kind == JSON && !body.is_empty() && matches!(status, 400..=499);
        if refuses_in_json {
            assert!(!said.message.contains("credentials"), "{told}");
            assert!(
                ["firewall", "smaller picture"]
                    .iter()
                    .any(|thing| said.help.contains(thing)),
                "{told}"
            );
        }
        if !(is_foreign || (refuses_in_json && said.command == "token")) {
            continue;
        }
        assert!(said.message.contains(BETWEEN), "{told}");
        assert!(!said.message.contains("IDCloud refused"), "{told}");
        let looks_at = ["firewall", "addresses", "HTTPS_PROXY", "smaller picture"];
        assert!(
            looks_at.iter().any(|thing| said.help.contains(thing)),
            "{told}"
        );
    }
}

fn table(page: &mut String, said: &[Said]) {
    page.push_str("| command | exit | what it says | what to look at |\n|---|---:|---|---|\n");
    let mut rows: Vec<(Vec<&str>, &Said)> = Vec::new();
    for one in said {
        let same = rows.iter_mut().find(|(_, other)| {
            (other.exit, &other.message, &other.help) == (one.exit, &one.message, &one.help)
        });
        match same {
            Some((commands, _)) => commands.push(one.command),
            None => rows.push((vec![one.command], one)),
        }
    }
    for (commands, said) in rows {
        let commands: Vec<String> = commands.iter().map(|name| format!("`{name}`")).collect();
        writeln!(
            page,
            "| {} | {} | {} | {} |",
            commands.join(", "),
            said.exit,
            said.message,
            said.help
        )
        .unwrap();
    }
    page.push('\n');
}

/// Compares the page below its mark with the output, or writes it.
fn compare(said: &str) {
    const MARK: &str = "<!-- What follows is written by the test that compares it. -->\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/gateways.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, shown) = page.split_once(MARK).expect("the mark");
    let said = format!("\n{}\n", said.trim_end());
    if std::env::var_os("IDCLOUD_DOCS").is_some_and(|wish| wish == "write") && shown != said {
        std::fs::write(&path, format!("{before}{MARK}{said}")).unwrap();
    }
    assert_eq!(
        shown, said,
        "docs/reference/gateways.md shows something else"
    );
}

/// Every command that sends requests to IDCloud, in JSON.
fn every_command(files: &Files, url: &str) -> Vec<(&'static str, Idcloud)> {
    let selfie = files.path("selfie.png");
    write_input(files);
    let commands = vec![
        ("onboard", onboard(files, url).arg("--selfie").arg(&selfie)),
        (
            "liveness",
            custom(files, url, ["liveness", "--selfie"]).arg(files.path("token.txt")),
        ),
        (
            "compare",
            custom(
                files,
                url,
                ["compare", "--reference-process-id", PROCESS_ID, "--selfie"],
            )
            .arg(&selfie),
        ),
        (
            "process get",
            custom(files, url, ["process", "get", PROCESS_ID]),
        ),
        (
            "document find",
            custom(
                files,
                url,
                ["document", "find", "--cpf", CPF, "--type", "BR_CNH"],
            ),
        ),
        ("token", custom(files, url, ["token"])),
        ("doctor", custom(files, url, ["doctor"])),
        (
            "batch run",
            custom(files, url, ["batch", "run", "--journal"])
                .arg(files.path("batch.db"))
                .arg(files.path("in.csv")),
        ),
    ];
    commands
        .into_iter()
        .map(|(name, command)| (name, command.env("IDCLOUD_FORMAT", "json")))
        .collect()
}

/// Runs commands concurrently; each must have all of `told` in its error, its row or its findings,
/// and this exit code.
async fn each_says(
    commands: Vec<(&'static str, Idcloud)>,
    exit: i32,
    told: &'static [&'static str],
) {
    let mut running = JoinSet::new();
    for (name, command) in commands {
        running.spawn(async move {
            let run = run(command).await;
            assert_eq!(run.code, exit, "{name}: {run}");
            let said = format!("{}{}", run.stdout, run.stderr);
            for words in told {
                assert!(said.contains(words), "{name} does not say {words:?}: {run}");
            }
            assert!(
                !said.contains("did not accept the credentials"),
                "{name}: {run}"
            );
        });
    }
    finish(running).await;
}

/// A page at the token endpoint is not a statement about the credentials, in any command; neither
/// is an intermediary's JSON.
#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_at_the_token_endpoint() {
    for (status, kind, body) in [
        (403, HTML, PAGE),
        (403, JSON, r#"{"code":403}"#),
        (401, JSON, r#"{"error":"Unauthorized","code":"16"}"#),
    ] {
        let answer = head(status, kind, "", body.len()) + body;
        let gateway = Gateway::start(answer.into_bytes(), true).await;
        let files = Files::new();
        each_says(
            every_command(&files, &gateway.url),
            4,
            &[BETWEEN, "firewall"],
        )
        .await;
        assert_eq!(gateway.creates.load(Ordering::Relaxed), 0);
    }
}

/// The tenant's budget is respected: only a few of many rows meet a gateway, whatever number its
/// refusal has as a code; rows that IDCloud itself refuses do not stop the batch.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_a_gateway_refuses() {
    let mut input = HEADER.to_owned();
    for number in 1..=60 {
        writeln!(input, "r-{number},{},{NAME},,,selfie.png", cpf(number)).unwrap();
    }
    for (body, most) in [
        (r#"{"code":403}"#, 32),
        (r#"{"errors":[{"code":10000}]}"#, 32),
        (r#"{"error":{"code":"20507","description":"x"}}"#, 60),
    ] {
        let answer = head(403, JSON, "", body.len()) + body;
        let gateway = Gateway::start(answer.into_bytes(), false).await;
        let files = Files::new();
        files.write("in.csv", input.as_bytes());
        let batch = custom(&files, &gateway.url, ["batch", "run"])
            .arg(files.path("in.csv"))
            .args(["--rate", "100", "--journal"])
            .arg(files.path("batch.db"));
        let run = run(batch).await;
        let creates = gateway.creates.load(Ordering::Relaxed);
        assert!(creates <= most, "{body}: {creates}, {run}");
        assert_eq!(creates == 60, most == 60, "{body}: {creates}, {run}");
        assert_eq!(
            run.stderr.contains("stopped before the end"),
            most < 60,
            "{run}"
        );
    }
}

/// Every command names a proxy that requires a login for a tunnel; nothing was sent, and no
/// credential reaches the proxy.
#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_wants_a_login() {
    let answer = head(407, HTML, "Proxy-Authenticate: Basic realm=\"p\"\r\n", 0);
    let proxy = Gateway::start(answer.into_bytes(), true).await;
    let files = Files::new();
    let commands = every_command(&files, "https://idcloud.invalid")
        .into_iter()
        .map(|(name, command)| {
            let command = command.env("NO_PROXY", "").env("HTTPS_PROXY", &proxy.url);
            (name, command)
        });
    let told = &["a proxy requires a login", "HTTPS_PROXY"];
    each_says(commands.collect(), 6, told).await;
}

/// Every command names a certificate that no trusted authority signed.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_not_trusted() {
    let directory = tempfile::tempdir().unwrap();
    let _served = Served::start(directory.path(), &["--tls"]);
    let url = variables(directory.path())["IDCLOUD_API_URL"].clone();
    let files = Files::new();
    let told = &["certificate is not trusted", "CA certificates"];
    each_says(every_command(&files, url.trim_end_matches('/')), 6, told).await;
}

/// The tenant's secrets go where the settings say, or nowhere: an unusable proxy is named by its
/// variable.
#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_cannot_be_used() {
    for proxy in ["http//proxy", "socks5://127.0.0.1:1080", "::::garbage"] {
        for command in ["token", "doctor"] {
            let files = Files::new();
            let command = custom(&files, "https://idcloud.invalid", [command]);
            let run = run(command.env("NO_PROXY", "").env("HTTPS_PROXY", proxy)).await;
            assert_eq!(run.code, 2, "{run}");
            let said = format!("{}{}", run.stdout, run.stderr);
            assert!(said.contains("HTTPS_PROXY"), "{run}");
            assert!(!said.contains("--HTTPS") && !said.contains(proxy), "{run}");
        }
    }
}

/// The words that declare a capability are on one line, so that they can be copied.
#[tokio::test(flavor = "multi_thread")]
async fn words_to_be_copied_are_not_broken() {
    let answer = json!({"id": PROCESS_ID, "status": 3, "unicoId": {"result": "yes"},
        "identityFraudsters": {"result": "inconclusive"}, "score": 70});
    let explain = Idcloud::new(["explain", "-", "--capabilities", "identity"]);
    let run = run(explain.stdin(answer.to_string())).await;
    let notes: Vec<&str> = run
        .stdout
        .lines()
        .filter(|line| line.starts_with("note: "))
        .collect();
    assert!(!notes.is_empty(), "{run}");
    for note in notes {
        let words = note.split('`').nth(1).unwrap_or_else(|| panic!("{run}"));
        assert!(words.starts_with("--capabilities identity,"), "{run}");
    }
}
