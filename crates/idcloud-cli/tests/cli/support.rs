//! Runs the binary, and plays IDCloud for it.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use super::schemas::{assert_valid, schema_of};
use children::Child;
use idcloud_simulator::{Config, Simulator};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinSet;
use wiremock::matchers::{method, path, path_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

pub(crate) const CPF: &str = "529.982.247-25";
pub(crate) const NAME: &str = "Zoraide Marker";
pub(crate) const API_KEY: &str = "marker-api-key-0123456789";
pub(crate) const ACCESS_TOKEN: &str = "marker.access.token";
pub(crate) const PROCESS_ID: &str = "80371b2a-3ac7-432e-866d-57fe37896ac6";
pub(crate) const ACCOUNT: &str = "tester";
pub(crate) const TENANT: &str = "3f0b4a52-7c0e-4f0c-9d1c-2b1f6d0a9e11";

/// Texts that no stream may ever contain.
const FORBIDDEN: [&str; 6] = ["52998224725", CPF, NAME, "Zoraide", API_KEY, ACCESS_TOKEN];

/// The timeout of a run: much longer than any takes, even on a busy machine.
pub(crate) const LIMIT: Duration = Duration::from_secs(240);

/// One finished run.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// The one JSON object on standard output, validated by its published schema.
    pub(crate) fn object(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "one line on stdout: {self}");
        let object =
            serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self}"));
        if let Some(schema) = schema_of(&object) {
            assert_valid(schema, &object);
        }
        object
    }

    /// The members of the error object on standard error, which must be complete and the only
    /// output there.
    pub(crate) fn error(&self) -> Value {
        let object: Value =
            serde_json::from_str(&self.stderr).unwrap_or_else(|error| panic!("{error}: {self}"));
        assert_valid("error", &object);
        object["error"].clone()
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "exit {}\n--- stdout\n{}\n--- stderr\n{}",
            self.code, self.stdout, self.stderr
        )
    }
}

/// A command in a clean environment: no profile, no variable of the machine.
pub(crate) struct Idcloud {
    command: Command,
    home: TempDir,
    stdin: Option<Vec<u8>>,
    /// Standard input stays open after the text was written.
    held: bool,
    stdout: Option<Stdio>,
    stderr: Option<Stdio>,
    searched: bool,
}

/// The program, with SIGHUP as it is by default: tests that run under `nohup` pass on that they
/// ignore it.
fn program() -> Command {
    const PROGRAM: &str = env!("CARGO_BIN_EXE_idcloud");
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0);
    // The lowest bit is SIGHUP's.
    if ignored & 1 == 0 {
        return Command::new(PROGRAM);
    }
    let mut env = Command::new("env");
    env.arg("--default-signal=HUP").arg(PROGRAM);
    env
}

impl Idcloud {
    pub(crate) fn new<I: IntoIterator<Item = S>, S: Into<OsString>>(arguments: I) -> Self {
        Self::of(program(), arguments)
    }

    /// Like [`Idcloud::new`], but started as `nohup` does: with SIGHUP ignored.
    #[cfg(unix)]
    pub(crate) fn ignoring_hang_ups<I: IntoIterator<Item = S>, S: Into<OsString>>(
        arguments: I,
    ) -> Self {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", "trap '' HUP; exec \"$0\" \"$@\""])
            .arg(env!("CARGO_BIN_EXE_idcloud"));
        Self::of(shell, arguments)
    }

    fn of<I: IntoIterator<Item = S>, S: Into<OsString>>(
        mut command: Command,
        arguments: I,
    ) -> Self {
        let home = tempfile::tempdir().unwrap();
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", home.path())
            .env("NO_PROXY", "*");
        command.args(arguments.into_iter().map(Into::into));
        Self {
            command,
            home,
            stdin: None,
            held: false,
            stdout: None,
            stderr: None,
            searched: true,
        }
    }

    pub(crate) fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.command.arg(argument.into());
        self
    }

    pub(crate) fn args<S: Into<OsString>>(
        mut self,
        arguments: impl IntoIterator<Item = S>,
    ) -> Self {
        self.command.args(arguments.into_iter().map(Into::into));
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it in this folder.
    pub(crate) fn in_folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    pub(crate) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// Leaves standard input open, so that a reader of it waits for more.
    pub(crate) fn holding_stdin(mut self) -> Self {
        self.held = true;
        self
    }

    pub(crate) fn profile(self, toml: &str) -> Self {
        let directory = self.home.path().join(".config/idcloud");
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(directory.join("config.toml"), toml).unwrap();
        self
    }

    /// Sets the mode of the profile file.
    #[cfg(unix)]
    pub(crate) fn profile_mode(self, mode: u32) -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.home.path().join(".config/idcloud/config.toml");
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    /// For the list of test subjects, whose codes belong to no real person.
    pub(crate) fn listing_codes(mut self) -> Self {
        self.searched = false;
        self
    }

    /// Runs to the end, and searches both streams for forbidden texts.
    pub(crate) fn run(self) -> Run {
        self.spawn().finish()
    }

    /// Redirects standard output, which then cannot be read by the test.
    pub(crate) fn stdout(mut self, stdout: impl Into<Stdio>) -> Self {
        self.stdout = Some(stdout.into());
        self
    }

    /// Discards standard error, for a test that reads only standard output.
    pub(crate) fn silent(mut self) -> Self {
        self.stderr = Some(Stdio::null());
        self
    }

    /// Starts running.
    pub(crate) fn spawn(mut self) -> Running {
        self.command
            .stdin(Stdio::piped())
            .stdout(self.stdout.take().unwrap_or_else(Stdio::piped))
            .stderr(self.stderr.take().unwrap_or_else(Stdio::piped));
        let mut child = Child::spawn(&mut self.command, LIMIT).unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A program that refuses its arguments may end before it reads.
        let _ = stdin.write_all(&self.stdin.take().unwrap_or_default());
        Running {
            child,
            _stdin: self.held.then_some(stdin),
            searched: self.searched,
            _home: self.home,
        }
    }
}

/// A run in progress.
pub(crate) struct Running {
    pub(crate) child: Child,
    _stdin: Option<ChildStdin>,
    searched: bool,
    _home: TempDir,
}

impl Running {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the end of a run that was killed.
    pub(crate) fn wait(mut self) {
        self.child.wait().unwrap();
    }

    pub(crate) fn finish(self) -> Run {
        let Output {
            status,
            stdout,
            stderr,
        } = self.child.finish().unwrap();
        let run = Run {
            code: status.code().expect("no signal"),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
        };
        for forbidden in FORBIDDEN {
            let leaked = run.stdout.contains(forbidden) || run.stderr.contains(forbidden);
            assert!(!self.searched || !leaked, "{forbidden} leaked: {run}");
        }
        run
    }
}

/// An RSA key, generated once because it takes a while.
pub(crate) fn pem() -> &'static str {
    static PEM: OnceLock<String> = OnceLock::new();
    PEM.get_or_init(|| {
        let mut simulator = Simulator::new(Config::default());
        simulator
            .issue_account()
            .unwrap()
            .private_key_pem()
            .to_owned()
    })
}

/// A directory with a key, a picture and a capture token.
pub(crate) struct Files {
    directory: TempDir,
}

impl Files {
    pub(crate) fn new() -> Self {
        let files = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        files.write("key.pem", pem().as_bytes());
        files.set_mode("key.pem", 0o600);
        files.write("selfie.png", &png(720, 960, 2_000));
        files.write(
            "token.txt",
            b"eyJhbGciOiJSUzI1NiJ9.eyJ0b2tlbiI6dHJ1ZX0.c2lnbmF0dXJl\n",
        );
        files
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    #[cfg(unix)]
    pub(crate) fn set_mode(&self, name: &str, mode: u32) {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    }
}

/// The drawn picture of the repository.
pub(crate) fn drawn_selfie() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/assets/selfie.jpg")
}

/// A PNG of this size, with `padding` meaningless bytes in it.
pub(crate) fn png(width: u32, height: u32, padding: usize) -> Vec<u8> {
    idcloud_simulator::sample_png(width, height, &vec![0x5a; padding])
}

/// `onboard` against `url`, with every credential in variables and JSON output.
pub(crate) fn onboard(files: &Files, url: &str) -> Idcloud {
    custom(files, url, ["onboard", "--cpf", CPF, "--name", NAME]).env("IDCLOUD_FORMAT", "json")
}

/// Any command against `url`, with every credential in variables.
pub(crate) fn custom<const N: usize>(files: &Files, url: &str, arguments: [&str; N]) -> Idcloud {
    Idcloud::new(arguments)
        .env("IDCLOUD_ENV", "custom")
        .env("IDCLOUD_API_URL", url)
        .env("IDCLOUD_IDENTITY_URL", url)
        .env("IDCLOUD_ACCOUNT", ACCOUNT)
        .env("IDCLOUD_TENANT_ID", TENANT)
        .env("IDCLOUD_PRIVATE_KEY_FILE", files.path("key.pem"))
        .env("IDCLOUD_API_KEY", API_KEY)
}

/// An IDCloud with predefined answers.
pub(crate) struct Server {
    pub(crate) mock: MockServer,
}

impl Server {
    /// Issues access tokens, and has no other answers yet.
    pub(crate) async fn start() -> Self {
        let server = Self {
            mock: MockServer::start().await,
        };
        let token =
            json!({"access_token": ACCESS_TOKEN, "expires_in": 3600, "token_type": "Bearer"});
        server
            .on(
                "POST",
                "/oauth2/token",
                ResponseTemplate::new(200).set_body_json(token),
            )
            .await;
        server
    }

    pub(crate) fn url(&self) -> String {
        self.mock.uri()
    }

    pub(crate) async fn on(&self, verb: &str, at: &str, answer: ResponseTemplate) {
        Mock::given(method(verb))
            .and(path(at))
            .respond_with(answer)
            .mount(&self.mock)
            .await;
    }

    pub(crate) async fn on_create(&self, answer: ResponseTemplate) {
        self.on("POST", "/processes/v1", answer).await;
    }

    /// Answers creates in this order; the last answer stays.
    pub(crate) async fn on_creates<const N: usize>(&self, answers: [ResponseTemplate; N]) {
        for (position, answer) in answers.into_iter().enumerate() {
            let mock = Mock::given(method("POST"))
                .and(path("/processes/v1"))
                .respond_with(answer);
            if position + 1 == N {
                mock.mount(&self.mock).await;
            } else {
                mock.up_to_n_times(1).mount(&self.mock).await;
            }
        }
    }

    /// Answers GETs in this order; the last answer stays.
    pub(crate) async fn on_get(&self, answers: &[(u16, Value)]) {
        for (position, (status, body)) in answers.iter().enumerate() {
            let answer = ResponseTemplate::new(*status).set_body_json(body);
            let mock = Mock::given(method("GET"))
                .and(path_regex("^/processes/v1/.+"))
                .respond_with(answer);
            if position + 1 == answers.len() {
                mock.mount(&self.mock).await;
            } else {
                mock.up_to_n_times(1).mount(&self.mock).await;
            }
        }
    }

    /// How many requests of a kind arrived.
    pub(crate) async fn count(&self, verb: &str, prefix: &str) -> usize {
        let requests = self.mock.received_requests().await.unwrap();
        requests
            .iter()
            .filter(|seen| seen.method.as_str() == verb && seen.url.path().starts_with(prefix))
            .count()
    }

    pub(crate) async fn creates(&self) -> usize {
        self.count("POST", "/processes/").await
    }

    pub(crate) async fn requests(&self) -> usize {
        self.mock.received_requests().await.unwrap().len()
    }
}

/// Runs a command beside the server's runtime.
pub(crate) async fn run(command: Idcloud) -> Run {
    tokio::task::spawn_blocking(move || command.run())
        .await
        .unwrap()
}

/// Waits for a run's end beside the server's runtime.
pub(crate) async fn finished(running: Running) -> Run {
    let finish = tokio::task::spawn_blocking(move || running.finish());
    finish.await.unwrap()
}

/// Waits for concurrent runs; the first panic ends the test.
pub(crate) async fn finish(mut running: JoinSet<()>) {
    while let Some(finished) = running.join_next().await {
        if let Err(error) = finished {
            std::panic::resume_unwind(error.into_panic());
        }
    }
}
