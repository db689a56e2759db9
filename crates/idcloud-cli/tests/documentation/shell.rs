//! Runs a page's sessions in one shell, in a folder and an environment of their own.
//! Must never see the machine's own settings of the program, and leaves no process behind.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use crate::page::{Page, Window};
use crate::terminal;

/// How long a page may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Begins the line that ends a command's output; nothing prints it by chance.
pub(crate) const END: &str = "\u{1}end";

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) printed: Vec<String>,
    pub(crate) status: i32,
}

/// Runs the page's commands in order; fewer outcomes where the shell came to an end.
pub(crate) fn run(root: &Path, page: &Page) -> Vec<Outcome> {
    let folder = tempfile::tempdir().expect("a folder for the session");
    let here = folder.path().canonicalize().expect("its path");
    let assets = here.join("docs/assets");
    fs::create_dir_all(&assets).unwrap();
    for asset in fs::read_dir(root.join("docs/assets")).unwrap() {
        let asset = asset.unwrap();
        fs::copy(asset.path(), assets.join(asset.file_name())).unwrap();
    }
    fs::create_dir(here.join("home")).unwrap();
    let addresses = addresses(page);
    for (name, content) in &page.files {
        let file = here.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, exchange(content, &addresses, false)).unwrap();
    }
    let script = command(&here, &exchange(&script(page), &addresses, false));
    let as_on_the_page =
        |text: &str| exchange(text, &addresses, true).replace(&*here.to_string_lossy(), ".");
    let windows = windows(page);
    if windows.is_empty() {
        return outcomes(&as_on_the_page(&output(script)));
    }
    let mut outcomes = terminal::run(script, &windows, PATIENCE);
    for line in outcomes.iter_mut().flat_map(|ran| &mut ran.printed) {
        *line = as_on_the_page(line);
    }
    outcomes
}

/// The terminals of a page's commands; none where it wants no terminal.
fn windows(page: &Page) -> Vec<Window> {
    let windows: Option<Vec<Window>> = page
        .commands
        .iter()
        .map(|command| command.window.clone())
        .collect();
    windows.unwrap_or_default()
}

/// The addresses of this machine that the page names, each with a free one that takes its place.
fn addresses(page: &Page) -> BTreeMap<String, String> {
    const HOST: &str = "127.0.0.1:";
    let commands = page.commands.iter().map(|command| &command.text);
    let files = page.files.iter().map(|(_, content)| content);
    let mut addresses = BTreeMap::new();
    for text in commands.chain(files) {
        for (at, _) in text.match_indices(HOST) {
            let port: String = text[at + HOST.len()..]
                .chars()
                .take_while(char::is_ascii_digit)
                .collect();
            if port.len() < 4 {
                continue;
            }
            addresses
                .entry(format!("{HOST}{port}"))
                .or_insert_with(|| format!("{HOST}{}", free_port()));
        }
    }
    addresses
}

/// A port that nobody has, not even another page, and that the machine gives to no connection of its own accord.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let run = u16::try_from(std::process::id() % 1_000).unwrap() * 12;
    loop {
        let port = 18_000 + (run + NEXT.fetch_add(1, Ordering::Relaxed)) % 12_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Puts the free addresses in the place of the page's, or the other way round.
fn exchange(text: &str, addresses: &BTreeMap<String, String>, back: bool) -> String {
    let mut text = text.to_owned();
    for (page, free) in addresses {
        let (from, to) = if back { (free, page) } else { (page, free) };
        text = text.replace(from, to);
    }
    text
}

fn script(page: &Page) -> String {
    // Ctrl-c is for what runs in the foreground alone.
    let mut script = String::from(if windows(page).is_empty() {
        ""
    } else {
        "set -m\n"
    });
    script.push_str(
        "exec 2>&1\nbehind=\ntrap 'kill $behind 2>/dev/null' EXIT\n\
         cargo() { while [ \"$1\" != -- ]; do shift; done; shift; idcloud \"$@\"; }\n",
    );
    for (number, command) in page.commands.iter().enumerate() {
        let lines = command.expected.len().max(1);
        if let Some(window) = &command.window {
            writeln!(
                script,
                "stty cols {}; (exit ${{status:-0}})",
                window.columns
            )
            .unwrap();
        }
        match command.text.strip_suffix('&') {
            Some(text) => write!(
                script,
                ": > home/{number}.out\n{text} > home/{number}.out &\nbehind=\"$behind $!\"\ntried=0\n\
                 until [ \"$(wc -l < home/{number}.out)\" -ge {lines} ] || [ $tried -ge 200 ]; do sleep 0.05; tried=$((tried+1)); done\n\
                 head -n {lines} home/{number}.out\nstatus=0\n"
            ),
            None => write!(script, "{}\nstatus=$?\n", command.text),
        }
        .unwrap();
        writeln!(script, "printf '\\n{END} %d\\n' $status; (exit $status)").unwrap();
    }
    script
}

fn command(here: &Path, script: &str) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_idcloud")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("sh");
    command
        .args(["-c", script])
        .current_dir(here)
        .env_clear()
        .env("PATH", format!("{}:{path}", program.display()))
        .env("HOME", here.join("home"))
        .env("NO_PROXY", "*")
        .env("TERM", "xterm-256color")
        .env("LC_ALL", "C.UTF-8");
    command
}

fn output(mut script: Command) -> String {
    let mut child = script
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a shell");
    let mut stdout = child.stdout.take().unwrap();
    let (done, finished) = mpsc::channel();
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || {
            let mut bytes = Vec::new();
            drop(stdout.read_to_end(&mut bytes));
            let _unheard = done.send(());
            String::from_utf8_lossy(&bytes).into_owned()
        });
        if finished.recv_timeout(PATIENCE).is_err() {
            drop(child.kill());
        }
        drop(child.wait());
        reader.join().unwrap()
    })
}

fn outcomes(printed: &str) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    let mut lines = Vec::new();
    for line in printed.lines() {
        let Some(status) = line.strip_prefix(END) else {
            lines.push(line.trim_end().to_owned());
            continue;
        };
        // The line break that the end begins with, and those that a page cannot show.
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        outcomes.push(Outcome {
            printed: std::mem::take(&mut lines),
            status: status.trim().parse().unwrap_or(-1),
        });
    }
    outcomes
}
