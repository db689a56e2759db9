//! Runs a page's sessions in one shell, in a folder and an environment of their own.
//! Must never see the machine's own settings of the program, and leaves no process behind.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::page::Page;

/// How long a page may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Begins the line that ends a command's output; nothing prints it by chance.
const END: &str = "\u{1}end";

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
    let script = exchange(&script(page), &addresses, false);
    let printed = exchange(&output(&here, &script), &addresses, true);
    outcomes(&printed.replace(&*here.to_string_lossy(), "."))
}

/// The addresses of this machine that the page names, each with a free one that takes its place.
fn addresses(page: &Page) -> BTreeMap<String, String> {
    const HOST: &str = "127.0.0.1:";
    let commands = page.commands.iter().map(|command| &command.text);
    let files = page.files.iter().map(|(_, content)| content);
    let mut held = Vec::new();
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
            addresses.entry(format!("{HOST}{port}")).or_insert_with(|| {
                let listener = TcpListener::bind("127.0.0.1:0").expect("a free address");
                let address = listener.local_addr().expect("its name").to_string();
                held.push(listener);
                address
            });
        }
    }
    addresses
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
    let mut script = String::from(
        "exec 2>&1\nbehind=\ntrap 'kill $behind 2>/dev/null' EXIT\n\
         cargo() { while [ \"$1\" != -- ]; do shift; done; shift; idcloud \"$@\"; }\n",
    );
    for (number, command) in page.commands.iter().enumerate() {
        let lines = command.expected.len().max(1);
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

fn output(here: &Path, script: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_idcloud")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut child = Command::new("sh")
        .args(["-c", script])
        .current_dir(here)
        .env_clear()
        .env("PATH", format!("{}:{path}", program.display()))
        .env("HOME", here.join("home"))
        .env("NO_PROXY", "*")
        .env("LC_ALL", "C.UTF-8")
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
