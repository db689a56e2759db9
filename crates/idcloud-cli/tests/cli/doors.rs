//! The program's trust boundaries: which files it trusts, whom it answers, and how it prints
//! untrusted text.

#![cfg(unix)]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use children::{Child, Signal};
use idcloud_http::{Clock as _, SystemClock};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::simulator::{Served, variables};
use super::support::{
    Files, Idcloud, LIMIT, PROCESS_ID, Run, Server, custom, drawn_selfie, onboard, run,
};

/// Long enough for any of these on a busy machine, and much shorter than a hanging program.
const PROMPT: Duration = Duration::from_secs(60);

fn fifo(path: &Path) {
    nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRWXU).unwrap();
}

fn folder(files: &Files, name: &str, mode: u32) {
    std::fs::create_dir(files.path(name)).unwrap();
    files.set_mode(name, mode);
}

/// Checks a refusal: the field, the rule and the remedy.
fn assert_refused(run: &Run, exit: i32, field: &str, rule: &str) {
    assert_eq!(run.code, exit, "{run}");
    assert!(
        run.stderr.contains(field) && run.stderr.contains(rule) && run.stderr.contains("help:"),
        "{field}, {rule}: {run}"
    );
}

/// A user who can change a certificate, a profile or the directory of one could read every request.
#[tokio::test(flavor = "multi_thread")]
async fn what_others_may_change_is_not_believed() {
    let files = Files::new();
    let server = Server::start().await;
    let nowhere = "http://127.0.0.1:9";
    let ca = files.write("ca.pem", b"no certificate");
    for (mode, rule) in [
        (0o666, "may change it (mode 0666)"),
        (0o664, "may change it (mode 0664)"),
        (0o644, "holds no PEM"),
    ] {
        files.set_mode("ca.pem", mode);
        let token = custom(&files, nowhere, ["token"]).env("IDCLOUD_CA_FILE", &ca);
        assert_refused(&run(token).await, 2, "IDCLOUD_CA_FILE", rule);
    }
    for (name, mode, rule) in [
        ("open", 0o777, Some("its folder (mode 0777)")),
        ("sticky", 0o1777, None),
        ("mine", 0o755, None),
    ] {
        folder(&files, name, mode);
        let inside = |file: &str| files.path(name).join(file);
        std::fs::copy(files.path("key.pem"), inside("key.pem")).unwrap();
        std::fs::copy(files.path("ca.pem"), inside("ca.pem")).unwrap();
        std::os::unix::fs::symlink(inside("key.pem"), files.path(&format!("{name}.pem"))).unwrap();
        for key in [inside("key.pem"), files.path(&format!("{name}.pem"))] {
            let token = custom(&files, &server.url(), ["token"]);
            let run = run(token.env("IDCLOUD_PRIVATE_KEY_FILE", key)).await;
            match rule {
                Some(rule) => assert_refused(&run, 3, "IDCLOUD_PRIVATE_KEY_FILE", rule),
                None => assert_eq!(run.code, 0, "{name}: {run}"),
            }
        }
        let trusting = custom(&files, nowhere, ["token"]).env("IDCLOUD_CA_FILE", inside("ca.pem"));
        let rule = rule.unwrap_or("holds no PEM");
        assert_refused(&run(trusting).await, 2, "IDCLOUD_CA_FILE", rule);
        let batch = Idcloud::new(["batch", "status", "--journal"]).arg(inside("journal.db"));
        std::fs::write(inside("journal.db"), "").unwrap();
        let refused = run(batch).await.stderr.contains("its folder");
        assert_eq!(refused, name == "open", "{name}");
        // A dry run trusts no more than the run.
        std::fs::write(inside("in.csv"), "reference,cpf,name,selfie\n").unwrap();
        for dry_run in [Some("--dry-run"), None] {
            let batch = custom(&files, &server.url(), ["batch", "run"])
                .arg(inside("in.csv"))
                .arg("--journal")
                .arg(inside("journal.db"))
                .args(dry_run);
            let run = run(batch).await;
            let refused = run.stderr.contains("its folder");
            assert_eq!(refused, name == "open", "{name}: {run}");
        }
        std::fs::write(inside("journal.db"), "").unwrap();
        let serve = [
            "simulator",
            "serve",
            "--listen",
            "nowhere",
            "--credentials-dir",
        ];
        let refused = run(Idcloud::new(serve).arg(files.path(name))).await;
        assert_eq!(refused.code, 2, "{refused}");
        assert_eq!(
            refused.stderr.contains("its folder"),
            name == "open",
            "{refused}"
        );
    }
}

/// A pipe in place of a file blocks nothing, and a device without an end is refused.
#[tokio::test(flavor = "multi_thread")]
async fn pipes_and_devices_are_no_files() {
    let files = Files::new();
    let nowhere = "http://127.0.0.1:9";
    fifo(&files.path("pipe"));
    for (variable, exit) in [("IDCLOUD_PRIVATE_KEY_FILE", 3), ("IDCLOUD_CA_FILE", 2)] {
        for path in [files.path("pipe"), "/dev/zero".into()] {
            let token = custom(&files, nowhere, ["token"]).env(variable, path);
            assert_refused(&run(token).await, exit, variable, "is no file");
        }
    }
    for name in ["key.pem", "ca.pem", ".env"] {
        let directory = tempfile::tempdir().unwrap();
        fifo(&directory.path().join(name));
        let serve = Idcloud::new(["simulator", "serve", "--listen", "127.0.0.1:0"])
            .arg("--credentials-dir")
            .arg(directory.path());
        assert_refused(&run(serve).await, 2, "--credentials-dir", "is no file");
    }
    let file = tempfile::tempdir().unwrap();
    for (make, rule) in [
        (
            &(|path: &Path| fifo(path)) as &dyn Fn(&Path),
            "cannot be read",
        ),
        (
            &|path: &Path| std::os::unix::fs::symlink("/dev/zero", path).unwrap(),
            "cannot be read",
        ),
        (
            &|path: &Path| std::fs::write(path, vec![b'#'; (1 << 20) + 1]).unwrap(),
            "is longer than 1048576 bytes",
        ),
    ] {
        let path = file.path().join("idcloud/config.toml");
        let _ = std::fs::remove_dir_all(path.parent().unwrap());
        std::fs::create_dir(path.parent().unwrap()).unwrap();
        make(&path);
        let token = Idcloud::new(["token"]).env("XDG_CONFIG_HOME", file.path());
        assert_refused(&run(token).await, 2, "profile file", rule);
    }
}

/// A named file that is a pipe or a device is refused by its flag: waiting for it would have no
/// end.
#[tokio::test(flavor = "multi_thread")]
async fn a_pipe_in_the_place_of_a_file_is_not_waited_for() {
    let (server, files) = (Server::start().await, Files::new());
    fifo(&files.path("pipe.csv"));
    std::os::unix::fs::symlink("/dev/zero", files.path("zero.csv")).unwrap();
    files.write("in.csv", b"reference,cpf,name,selfie\n");
    let person = br#"{"cpf":"52998224725","name":"Test Subject"}"#;
    files.write("person.json", person);
    for name in ["pipe.csv", "zero.csv"] {
        for (words, field, exit) in [
            ("onboard --subject person.json --selfie NAME", "selfie", 3),
            ("onboard --subject NAME --selfie selfie.png", "subject", 3),
            (
                "compare --reference-image NAME --selfie selfie.png",
                "reference",
                3,
            ),
            ("preflight NAME", "refused", 3),
            ("preflight --subject NAME", "subject", 3),
            ("explain NAME", "", 3),
            ("batch run NAME --journal j.db", "INPUT", 3),
            (
                "batch run in.csv --journal j.db --output NAME",
                "--output",
                2,
            ),
            (
                "batch run in.csv --dry-run --journal j.db --output NAME",
                "--output",
                2,
            ),
        ] {
            let words = words.replace("NAME", name);
            let command = custom(&files, &server.url(), [])
                .args(words.split(' '))
                .in_folder(files.path("in.csv").parent().unwrap());
            let run = run(command).await;
            let told = format!("{}{}", run.stdout, run.stderr);
            assert_eq!(run.code, exit, "{words}: {run}");
            assert!(
                told.contains(field) && told.contains("is no file but a pipe or a device"),
                "{words}: {run}"
            );
        }
    }
    assert!(!files.path("j.db").exists());
    assert_eq!(server.creates().await, 0);
}

/// A row's selfie that is not a regular file is refused by its line, and a page is not written to a
/// pipe. A descriptor is refused because it can be read only once.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_names_files_alone() {
    let files = Files::new();
    fifo(&files.path("pipe.csv"));
    let mut rows = "reference,cpf,name,selfie\n".to_owned();
    for selfie in ["pipe.csv", "/dev/stdin", "/dev/zero"] {
        let row = format!("{selfie},52998224725,Test Subject,{selfie}\n");
        rows.push_str(&row);
    }
    files.write("in.csv", rows.as_bytes());
    let at = |words: &str| {
        Idcloud::new(words.split(' ')).in_folder(files.path("in.csv").parent().unwrap())
    };
    let ended = run(at("batch run in.csv --journal j.db --output out.csv")).await;
    assert_eq!(ended.code, 3, "{ended}");
    assert_eq!(
        ended.stderr.matches("selfie: is no file").count(),
        3,
        "{ended}"
    );
    let report = run(at("batch report --journal j.db --output pipe.csv")).await;
    assert_refused(&report, 2, "--output", "is no file");
}

/// Standard input and descriptors from the shell are read and written.
#[tokio::test(flavor = "multi_thread")]
async fn descriptors_are_files_where_a_flag_names_them() {
    let files = Files::new();
    let picture = std::fs::read(files.path("selfie.png")).unwrap();
    for path in ["/dev/stdin", "/dev/fd/0", "-"] {
        let looked = Idcloud::new(["preflight", path]).stdin(picture.clone());
        let looked = run(looked).await;
        assert_eq!(looked.code, 0, "{path}: {looked}");
    }
    files.write("in.csv", b"reference,cpf,name,selfie\n");
    let batch = Idcloud::new(["batch", "run", "--journal"])
        .arg(files.path("j.db"))
        .arg(files.path("in.csv"));
    assert_eq!(run(batch).await.code, 0);
    let report = Idcloud::new(["batch", "report", "--output", "/dev/stdout", "--journal"])
        .arg(files.path("j.db"));
    let page = run(report).await;
    assert_eq!(page.code, 0, "{page}");
    assert!(page.stdout.starts_with("<!doctype html>"), "{page}");
}

/// Names of files and profiles cannot control the terminal, and the command in a remedy is a single
/// command.
#[tokio::test(flavor = "multi_thread")]
async fn names_of_files_and_profiles_are_harmless() {
    let files = Files::new();
    for (name, shown) in [
        ("a; rm b.pem", "chmod 600 '"),
        ("\u{1b}[31mkey.pem", "chmod 600 on it"),
        ("\u{9b}31mkey.pem", "chmod 600 on it"),
    ] {
        let path = files.write(name, b"key");
        files.set_mode(name, 0o644);
        let token =
            custom(&files, "http://127.0.0.1:9", ["token"]).env("IDCLOUD_PRIVATE_KEY_FILE", path);
        let run = run(token).await;
        assert_refused(&run, 3, "IDCLOUD_PRIVATE_KEY_FILE", shown);
        assert!(!run.stderr.contains(['\u{1b}', '\u{9b}']), "{run}");
    }
    let profile = "[\"\\u001b[31mEVIL\\nhelp: all is well\"]\nenv = \"uat\"\n";
    let token = Idcloud::new(["token", "--profile", "mine"]).profile(profile);
    let run = run(token).await;
    assert_refused(&run, 2, "--profile", "it has:");
    assert!(!run.stderr.contains('\u{1b}'), "{run}");
    assert_eq!(run.stderr.matches("\nhelp:").count(), 0, "{run}");
}

/// Credentials of the profile do not go to an address from the environment without a note.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_the_environment_is_said_over_credentials_of_the_profile() {
    let (server, evil, files) = (Server::start().await, Server::start().await, Files::new());
    let url = server.url();
    let key = files.path("key.pem");
    let profile = format!(
        "[default]\nenv = \"custom\"\napi-url = \"{url}\"\nidentity-url = \"{url}\"\naccount = \"tester\"\n\
         tenant-id = \"3f0b4a52-7c0e-4f0c-9d1c-2b1f6d0a9e11\"\nprivate-key-file = \"{}\"\n",
        key.display()
    );
    let token = || Idcloud::new(["token"]).profile(&profile);
    let said = run(token().env("IDCLOUD_IDENTITY_URL", evil.url())).await;
    let host = evil.url().replace("http://", "");
    assert!(
        said.stderr
            .contains(&format!("IDCLOUD_IDENTITY_URL leads to {host}")),
        "{said}"
    );
    let silent = run(token()).await;
    assert!(!silent.stderr.contains("leads to"), "{silent}");
}

/// References that look alike are the same, hide no number, and are not mistaken for a verdict in a
/// list.
#[tokio::test(flavor = "multi_thread")]
async fn references_are_what_they_look_like() {
    let files = Files::new();
    let onboard = |reference: &str| {
        Idcloud::new([
            "onboard",
            "--cpf",
            "111.444.777-35",
            "--name",
            "Test Subject",
        ])
        .arg("--selfie")
        .arg(drawn_selfie())
        .arg("--journal")
        .arg(files.path("journal.db"))
        .arg("--reference")
        .arg(reference)
    };
    for (reference, rule) in [
        ("order-1\u{200b}", "not seen (U+200B)"),
        ("order\u{202e}-1", "not seen (U+202E)"),
        ("jose\u{301}-1", "NFC"),
        ("１１１４４４７７７３５", "CPF"),
        ("1.1.1.4.4.4.7.7.7.3.5", "CPF"),
    ] {
        let refused = run(onboard(reference)).await;
        assert_eq!(refused.code, 2, "{refused}");
        assert!(refused.stderr.contains(rule), "{refused}");
        assert!(!refused.stderr.contains(reference), "{refused}");
    }
    let looks = "order-7  SIMULATED: approve (identity-yes)";
    assert_eq!(run(onboard(looks)).await.code, 0);
    let list = Idcloud::new(["journal", "list", "--journal"]).arg(files.path("journal.db"));
    let listed = run(list).await;
    assert!(
        listed.stdout.contains(&format!("  \"{looks}\"  ")),
        "{listed}"
    );
}

/// Unknown words of an answer are neither printed nor stored unless the caller asks for it.
#[tokio::test(flavor = "multi_thread")]
async fn unknown_words_of_answers_stay_where_they_are() {
    let process = json!({
        "id": PROCESS_ID, "status": 3, "unicoId": {"result": "Zuleica"}, "Zuleica": "Zuleica",
        "score": 11_144_477_735_u64,
        "document": {"id": "Zuleica-11144477735", "type": "Zuleica", "cpfMatch": true},
    });
    let (server, files) = (Server::start().await, Files::new());
    server
        .on_create(ResponseTemplate::new(200).set_body_json(process))
        .await;
    for (format, reveal) in [("text", false), ("json", false), ("json", true)] {
        let reference = format!("order-{format}-{reveal}");
        let mut command = onboard(&files, &server.url())
            .env("IDCLOUD_FORMAT", format)
            .arg("--selfie")
            .arg(files.path("selfie.png"))
            .args(["--reference", &reference, "--journal"])
            .arg(files.path("journal.db"));
        if reveal {
            command = command.arg("--reveal");
        }
        let run = run(command).await;
        assert_eq!(run.code, 0, "{run}");
        assert_eq!(run.stdout.contains("Zuleica"), reveal, "{run}");
        assert!(!run.stderr.contains("Zuleica"), "{run}");
        if format == "json" && !reveal {
            let object = run.object();
            assert_eq!(object["identity"], "unknown", "{run}");
            assert_eq!(object["riskScore"], Value::Null, "{run}");
            assert_eq!(object["document"]["id"], Value::Null, "{run}");
        }
    }
    for name in ["journal.db", "journal.db-wal"] {
        let content = std::fs::read(files.path(name)).unwrap_or_default();
        for word in ["Zuleica", "11144477735"] {
            let holds = content.windows(word.len()).any(|it| it == word.as_bytes());
            assert!(!holds, "{word} in {name}");
        }
    }
    // An id that could be a person's number is not an id: the result of the create is unknown.
    let server = Server::start().await;
    let process = json!({"id": "11144477735", "status": 3, "unicoId": {"result": "yes"}});
    server
        .on_create(ResponseTemplate::new(200).set_body_json(process))
        .await;
    let ambiguous = run(onboard(&files, &server.url())
        .arg("--selfie")
        .arg(files.path("selfie.png")))
    .await;
    assert_eq!(ambiguous.code, 5, "{ambiguous}");
    let shown = format!("{ambiguous}");
    assert!(!shown.contains("11144477735"), "{ambiguous}");
}

fn get(address: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PROMPT)).unwrap();
    let request = "GET /_simulator/state HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// A simulator that runs out of descriptors continues, serves other clients, and ends when it is
/// asked to.
#[test]
fn a_simulator_outlives_a_lack_of_descriptors() {
    let directory = tempfile::tempdir().unwrap();
    let mut served = Served::with_descriptors(64, directory.path(), &[]);
    let url = variables(directory.path())["IDCLOUD_API_URL"].clone();
    let address = url.strip_prefix("http://").unwrap();
    let mut idle = Vec::new();
    for number in 0..120 {
        let mut stream = TcpStream::connect(address).unwrap();
        if number % 2 == 0 {
            // Half a head counts as none. The connection may have been closed already.
            let _ = stream.write_all(b"GET /_simulator/state HTTP/1.1\r\nhos");
        }
        idle.push(stream);
    }
    for _ in 0..3 {
        assert!(get(address).starts_with("HTTP/1.1 200 "));
    }
    let clock = SystemClock::new();
    let begun = clock.instant();
    assert_eq!(served.end(Signal::SIGTERM), Some(0));
    assert!(clock.instant() - begun < Duration::from_secs(9));
}

/// A script that waits for the port finds the credentials.
#[test]
fn credentials_are_written_before_the_port_answers() {
    let directory = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_idcloud"));
    command
        .env_clear()
        .args(["simulator", "serve", "--tenants", "2", "--listen"])
        .arg(port.to_string())
        .arg("--credentials-dir")
        .arg(directory.path())
        .stdout(Stdio::null());
    let _served = Child::spawn(&mut command, LIMIT).unwrap();
    while TcpStream::connect(port).is_err() {
        std::thread::yield_now();
    }
    for file in [".env", "key.pem", "tenant-2/.env", "tenant-2/key.pem"] {
        assert!(directory.path().join(file).exists(), "{file}");
    }
}
