//! The simulator's own commands: serving, listing, capturing.

use std::collections::HashMap;
use std::fs::Permissions;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use children::{Child, Signal, send};
use serde_json::Value;

use super::support::{CPF, Files, Idcloud, LIMIT, NAME, drawn_selfie, run};

/// A served simulator, stopped when the test ends.
pub(crate) struct Served {
    child: Child,
    first_line: String,
}

impl Served {
    pub(crate) fn start(credentials: &Path, arguments: &[&str]) -> Self {
        Self::listening("127.0.0.1:0", credentials, arguments)
    }

    fn listening(listen: &str, credentials: &Path, arguments: &[&str]) -> Self {
        let command = Command::new(env!("CARGO_BIN_EXE_idcloud"));
        Self::run(command, listen, credentials, arguments)
    }

    /// Starts with a limit of this many descriptors.
    pub(crate) fn with_descriptors(most: u32, credentials: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", "ulimit -n \"$0\"; exec \"$@\""])
            .arg(most.to_string())
            .arg(env!("CARGO_BIN_EXE_idcloud"));
        Self::run(command, "127.0.0.1:0", credentials, arguments)
    }

    fn run(mut command: Command, listen: &str, credentials: &Path, arguments: &[&str]) -> Self {
        command
            .env_clear()
            .env("HOME", credentials)
            .args([
                "simulator",
                "serve",
                "--listen",
                listen,
                "--credentials-dir",
            ])
            .arg(credentials)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        let mut child = Child::spawn(&mut command, LIMIT).unwrap();
        let mut first_line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut first_line)
            .unwrap();
        Self { child, first_line }
    }

    /// Asks it to end, and returns its exit code.
    pub(crate) fn end(&mut self, signal: Signal) -> Option<i32> {
        send(self.child.id(), signal);
        self.child.wait().unwrap().code()
    }
}

fn text(directory: &Path) -> String {
    std::fs::read_to_string(directory.join(".env")).unwrap()
}

pub(crate) fn variables(directory: &Path) -> HashMap<String, String> {
    text(directory)
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| {
            let (name, value) = line.split_once('=').unwrap();
            (name.to_owned(), value.trim_matches('\'').to_owned())
        })
        .collect()
}

/// A ready account: every variable is there, and only their owner may read them.
#[tokio::test(flavor = "multi_thread")]
async fn a_served_simulator_writes_credentials_that_work() {
    let directory = tempfile::tempdir().unwrap();
    let credentials = directory.path().join("inner");
    let served = Served::start(&credentials, &["--seed", "7"]);
    let variables = variables(&credentials);
    let mut names: Vec<_> = variables.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "IDCLOUD_ACCOUNT",
            "IDCLOUD_API_KEY",
            "IDCLOUD_API_URL",
            "IDCLOUD_CAPABILITIES",
            "IDCLOUD_ENV",
            "IDCLOUD_IDENTITY_URL",
            "IDCLOUD_PRIVATE_KEY_FILE",
            "IDCLOUD_TENANT_ID"
        ]
    );
    assert_eq!(variables["IDCLOUD_ENV"], "custom");
    assert!(
        served.first_line.contains(&variables["IDCLOUD_API_URL"]),
        "{}",
        served.first_line
    );
    let others: Vec<_> = text(&credentials)
        .lines()
        .filter_map(|line| {
            line.strip_prefix("# IDCLOUD_CAPABILITIES=")
                .map(str::to_owned)
        })
        .collect();
    for expected in [
        "liveness",
        "face-match",
        "document",
        "identity,trust-decision",
    ] {
        assert!(others.iter().any(|key| key == expected), "{others:?}");
    }
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let key = Path::new(&variables["IDCLOUD_PRIVATE_KEY_FILE"]);
    assert!(key.is_absolute());
    assert_eq!((mode(key), mode(&credentials.join(".env"))), (0o600, 0o600));

    let onboard = |arguments: &[&str]| {
        let command = Idcloud::new([
            "onboard", "--format", "json", "--cpf", CPF, "--name", NAME, "--selfie",
        ])
        .arg(drawn_selfie())
        .args(arguments.iter().copied());
        variables
            .iter()
            .fold(command, |command, (name, value)| command.env(name, value))
    };
    let answered = run(onboard(&[])).await;
    assert_eq!(answered.code, 0, "{answered}");
    let object = answered.object();
    assert_eq!(
        (&object["environment"], &object["simulated"]),
        (&Value::from("custom"), &Value::from(true))
    );
    assert_eq!(object["decision"], "approve", "{answered}");

    // The simulator verifies the credentials.
    let stranger = run(onboard(&["--account", "stranger"])).await;
    assert_eq!(stranger.code, 4, "{stranger}");
    assert_eq!(stranger.error()["kind"], "credentials", "{stranger}");
    let wrong_key = run(onboard(&[]).env("IDCLOUD_API_KEY", "no-such-key")).await;
    assert_eq!(
        (wrong_key.code, &wrong_key.error()["code"]),
        (4, &Value::from("10201")),
        "{wrong_key}"
    );
}

/// A capture made by this command is checked by the simulator; used again, or expired, it is
/// refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_capture_token_proves_liveness_once() {
    let files = Files::new();
    let directory = tempfile::tempdir().unwrap();
    let _served = Served::start(directory.path(), &["--capabilities", "liveness,identity"]);
    let variables = variables(directory.path());
    assert_eq!(variables["IDCLOUD_CAPABILITIES"], "liveness,identity");
    let capture = |age: &'static str| {
        Idcloud::new(["simulator", "capture", "--age", age]).arg(files.path("selfie.png"))
    };
    let onboard = |token: &str| {
        let command = Idcloud::new([
            "onboard",
            "--format",
            "json",
            "--cpf",
            "11122230109",
            "--name",
            NAME,
            "--selfie",
            "-",
        ])
        .stdin(token);
        variables
            .iter()
            .fold(command, |command, (name, value)| command.env(name, value))
    };
    let token = run(capture("0s")).await.stdout;
    let first = run(onboard(&token)).await;
    assert_eq!(
        (&first.object()["scenario"], &first.object()["liveness"]),
        (&"identity-yes".into(), &"implied".into())
    );
    let again = run(onboard(&token)).await;
    assert_eq!(
        (again.code, &again.error()["code"]),
        (4, &Value::from("10508")),
        "{again}"
    );
    let old = run(capture("12m")).await.stdout;
    let expired = run(onboard(&old)).await;
    assert_eq!(
        (expired.code, &expired.error()["code"]),
        (3, &Value::from("10507")),
        "{expired}"
    );
    // Within the tolerance only IDCloud can decide.
    let ageing = run(capture("630s")).await.stdout;
    let refused = run(onboard(&ageing)).await;
    assert_eq!(
        (refused.code, &refused.error()["code"]),
        (4, &Value::from("10507")),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn subjects_are_listed_for_both_kinds_of_reader() {
    let list = run(Idcloud::new(["simulator", "subjects", "--format", "json"]).listing_codes())
        .await
        .object();
    let list = list.as_array().unwrap().clone();
    assert!(list.len() > 10);
    for subject in &list {
        for key in ["code", "scenario", "description"] {
            assert!(!subject[key].as_str().unwrap().is_empty(), "{subject}");
        }
    }
    let table = run(Idcloud::new(["simulator", "subjects"]).listing_codes())
        .await
        .stdout;
    assert!(
        list.iter()
            .all(|subject| table.contains(subject["code"].as_str().unwrap())),
        "{table}"
    );
}

/// A host name works like an address; anything else is a usage error.
#[tokio::test(flavor = "multi_thread")]
async fn serving_listens_on_a_name() {
    let directory = tempfile::tempdir().unwrap();
    let served = Served::listening("localhost:0", directory.path(), &[]);
    let url = &variables(directory.path())["IDCLOUD_API_URL"];
    assert!(
        url.starts_with("http://127.0.0.1:") || url.starts_with("http://[::1]:"),
        "{url}"
    );
    assert!(served.first_line.contains(url), "{}", served.first_line);
    for nonsense in ["localhost", "127.0.0.1", "127.0.0.1:99999", ""] {
        let serve = [
            "simulator",
            "serve",
            "--format",
            "json",
            "--listen",
            nonsense,
        ];
        let run = run(Idcloud::new(serve)).await;
        assert_eq!(run.code, 2, "{nonsense}: {run}");
        assert!(
            run.error()["message"]
                .as_str()
                .unwrap()
                .starts_with("--listen: "),
            "{run}"
        );
    }
}

/// A command that sends nothing does not report that nothing was sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_capture_speaks_of_no_sending() {
    let run = run(Idcloud::new(["simulator", "capture", "-"]).stdin("no picture")).await;
    assert_eq!((run.code, run.stdout.as_str()), (3, ""), "{run}");
    assert!(run.stderr.contains("help: "), "{run}");
    assert!(!run.stderr.contains("sent"), "{run}");
}

/// Commands that do not need IDCloud accept credentials without an environment.
#[tokio::test(flavor = "multi_thread")]
async fn the_simulators_commands_need_no_environment() {
    let files = Files::new();
    let run = run(Idcloud::new(["simulator", "capture"])
        .arg(files.path("selfie.png"))
        .env("IDCLOUD_ACCOUNT", "x"))
    .await;
    assert_eq!(run.code, 0, "{run}");
    assert_eq!(run.stdout.trim().split('.').count(), 3, "{run}");
}

fn owners_alone(path: &Path) {
    std::fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}

/// A simulator with TLS, faults and control: with the written variables, the program trusts its
/// authority and meets the fault, and the ledger shows the cost. SIGTERM ends it with success.
#[tokio::test(flavor = "multi_thread")]
async fn serving_with_everything_around() {
    let directory = tempfile::tempdir().unwrap();
    let token = directory.path().join("token");
    std::fs::write(&token, "open-sesame\n").unwrap();
    owners_alone(&token);
    let token = token.to_str().unwrap();
    let faults = [
        "--fault",
        "create:next:reset-after-processing",
        "--fault",
        "get:1%:503",
    ];
    let around = [
        "--tls",
        "--latency",
        "5ms",
        "--counting",
        "bucket",
        "--rate",
        "50",
    ];
    let others = ["--captures", "after-answer", "--control-token-file", token];
    let mut served = Served::start(directory.path(), &[&faults[..], &around, &others].concat());
    let variables = variables(directory.path());
    assert!(variables["IDCLOUD_API_URL"].starts_with("https://127.0.0.1:"));
    assert!(variables["IDCLOUD_CA_FILE"].ends_with("/ca.pem"));
    let onboard = || {
        let command = Idcloud::new([
            "onboard", "--format", "json", "--cpf", CPF, "--name", NAME, "--selfie",
        ])
        .arg(drawn_selfie());
        variables
            .iter()
            .fold(command, |command, (name, value)| command.env(name, value))
    };
    let ambiguous = run(onboard()).await;
    assert_eq!(ambiguous.code, 5, "{ambiguous}");
    let answered = run(onboard()).await;
    assert_eq!(answered.code, 0, "{answered}");
    let doctor = |trusting: bool| {
        variables
            .iter()
            .filter(|(name, _)| trusting || *name != "IDCLOUD_CA_FILE")
            .fold(
                Idcloud::new(["doctor", "--format", "json"]),
                |command, (name, value)| command.env(name, value),
            )
    };
    for (trusting, code, status) in [(true, 0, "ok"), (false, 6, "failed")] {
        let examined = run(doctor(trusting)).await;
        assert_eq!(examined.code, code, "{examined}");
        let object = examined.object();
        let findings = object.as_array().unwrap();
        let tls = findings.iter().find(|one| one["check"] == "tls").unwrap();
        assert_eq!(tls["status"], status, "{examined}");
    }
    assert_eq!(served.end(Signal::SIGTERM), Some(0));
}

/// Tenants share nothing: each has credentials that work only for it.
#[tokio::test(flavor = "multi_thread")]
async fn several_tenants_are_served_in_any_dialect() {
    let directory = tempfile::tempdir().unwrap();
    let served = [
        "--tenants",
        "2",
        "--dialect",
        "2026",
        "--capabilities",
        "identity",
    ];
    let _served = Served::start(directory.path(), &served);
    let (first, second) = (
        variables(directory.path()),
        variables(&directory.path().join("tenant-2")),
    );
    assert_ne!(first["IDCLOUD_TENANT_ID"], second["IDCLOUD_TENANT_ID"]);
    let with = |variables: &HashMap<String, String>, command: Idcloud| {
        variables
            .iter()
            .fold(command, |command, (name, value)| command.env(name, value))
    };
    let onboard = Idcloud::new([
        "onboard", "--format", "json", "--cpf", CPF, "--name", NAME, "--selfie",
    ])
    .arg(drawn_selfie());
    let created = run(with(&second, onboard)).await;
    assert_eq!(created.code, 0, "{created}");
    let id = created.object()["processId"].as_str().unwrap().to_owned();
    let get = || Idcloud::new(["process", "get", &id, "--format", "json"]);
    let own = run(with(&second, get())).await;
    assert_eq!(own.code, 0, "{own}");
    let other = run(with(&first, get())).await;
    assert_eq!(other.error()["code"], "50001", "{other}");
}

/// An invalid configuration is refused before the server listens, and the content of a secret's
/// file is never repeated.
#[tokio::test(flavor = "multi_thread")]
async fn serving_refuses_nonsense() {
    let files = Files::new();
    let auth = files.path("auth");
    std::fs::write(&auth, "magic hush-hush").unwrap();
    owners_alone(&auth);
    let auth = auth.to_str().unwrap();
    let shared = files.path("shared");
    std::fs::write(&shared, "hush-hush").unwrap();
    std::fs::set_permissions(&shared, Permissions::from_mode(0o644)).unwrap();
    let shared = shared.to_str().unwrap();
    for (arguments, said) in [
        (&["--fault", "create:always:nonsense"][..], "--fault"),
        (&["--fault", "webhook:always:503"], "--fault"),
        (&["--latency", "soon"], "--latency"),
        (&["--dialect", "1999"], "--dialect"),
        (&["--tenants", "2"], "--credentials-dir"),
        (&["--counting", "never"], "--counting"),
        (&["--tls"], "--credentials-dir"),
        (&["--webhook", "https://receiver.test/"], "--webhook"),
        (
            &[
                "--webhook",
                "http://127.0.0.1:1/",
                "--webhook-auth-file",
                auth,
            ],
            "--webhook-auth-file",
        ),
        (&["--webhook-auth-file", auth], "--webhook"),
        (
            &["--control-token-file", "/no/such/file"],
            "--control-token-file",
        ),
        (&["--control-token-file", shared], "mode 0644"),
    ] {
        let serve = Idcloud::new(["simulator", "serve", "--listen", "127.0.0.1:0"]);
        let run = run(serve.args(arguments.iter().copied())).await;
        assert_eq!(run.code, 2, "{arguments:?}: {run}");
        assert!(run.stderr.contains(said), "{arguments:?}: {run}");
        assert!(!run.stderr.contains("hush"), "{run}");
    }
}

/// A served simulator is checked over its socket, with every key that it has; the account that the
/// checks lock is reported.
#[tokio::test(flavor = "multi_thread")]
async fn a_served_simulator_is_checked_against_the_documents() {
    let directory = tempfile::tempdir().unwrap();
    let _served = Served::start(directory.path(), &["--seed", "7"]);
    let conformance = |arguments: &[&str]| {
        let command = Idcloud::new(["simulator", "conformance", "--format", "json"])
            .args(arguments.iter().copied());
        variables(directory.path())
            .iter()
            .fold(command, |command, (name, value)| command.env(name, value))
    };
    let keys = directory.path().join(".env");
    let keys = keys.to_str().unwrap();
    let checked = run(conformance(&["--keys-file", keys, "--only", "comparison/"])).await;
    assert_eq!(checked.code, 0, "{checked}");
    let object = checked.object();
    assert_eq!(
        (&object["passed"], &object["different"], &object["skipped"]),
        (&7.into(), &0.into(), &0.into()),
        "{checked}"
    );
    assert_eq!(object["environment"], "custom");
    let other = run(conformance(&["--only", "comparison/"])).await;
    assert_eq!(other.object()["skipped"], 7, "{other}");
    assert_eq!(other.code, 4, "{other}");

    let locked = run(conformance(&["--noisy", "--only", "token/1.2.18"])).await;
    assert_eq!((locked.code, &locked.object()["passed"]), (0, &1.into()));
    let after = run(conformance(&["--only", "lookup/"])).await;
    assert_eq!(after.code, 4, "{after}");
    assert_eq!(
        after.object()["checks"][0]["found"],
        "HTTP 401 with code 1.2.18"
    );
}

/// Nothing is sent to another machine without the flag, and a server that does not answer does not
/// count as one with different answers.
#[tokio::test(flavor = "multi_thread")]
async fn conformance_is_for_this_machine() {
    let directory = tempfile::tempdir().unwrap();
    let served = Served::start(directory.path(), &[]);
    let variables = variables(directory.path());
    drop(served);
    let conformance = |arguments: &[&str]| {
        let command = Idcloud::new(["simulator", "conformance", "--format", "json"])
            .args(arguments.iter().copied());
        variables
            .iter()
            .fold(command, |command, (name, value)| command.env(name, value))
    };
    for away in [
        &["--api-url", "https://idcloud.invalid"][..],
        &["--identity-url", "https://idcloud.invalid"],
    ] {
        let refused = run(conformance(away)).await;
        assert_eq!(refused.code, 2, "{refused}");
        let help = refused.error()["help"].as_str().unwrap().to_owned();
        assert!(help.contains("--creates-processes"), "{refused}");
    }
    let gone = run(conformance(&[])).await;
    assert_eq!(
        (gone.code, gone.error()["kind"].as_str()),
        (6, Some("unreachable")),
        "{gone}"
    );
}
