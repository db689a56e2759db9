//! Runs a page's sessions in one shell, in a folder and an environment of their own.
//!
//! Must not use the machine's own settings of the program, nor leave a process behind.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use children::Child;

use crate::page::{Page, Window};
use crate::terminal;

/// The timeout of a page: much longer than any takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(300);

/// Begins the line that ends a command's output; no program prints it by chance.
pub(crate) const END: &str = "\u{1}end";

/// The end of a command.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) printed: Vec<String>,
    pub(crate) status: i32,
}

/// The results of a page's commands.
#[derive(Debug, Default)]
pub(crate) struct Session {
    /// One for each finished command, in order.
    pub(crate) outcomes: Vec<Outcome>,
    /// The output after the last finished command, if the session was given up.
    pub(crate) given_up: Option<Vec<String>>,
}

/// Runs the page's commands in order. When it returns, no process of the session is left.
pub(crate) fn run(root: &Path, page: &Page) -> Session {
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
    let windows = windows(page);
    let mut session = if windows.is_empty() {
        run_piped(script, PATIENCE)
    } else {
        terminal::run(script, &windows, &here.join(BEHIND), PATIENCE)
    };
    let printed = session.outcomes.iter_mut().map(|ran| &mut ran.printed);
    for line in printed.chain(&mut session.given_up).flatten() {
        *line = exchange(line, &addresses, true).replace(&*here.to_string_lossy(), ".");
    }
    session
}

/// The terminals of a page's commands; empty if the page asks for none.
fn windows(page: &Page) -> Vec<Window> {
    let windows: Option<Vec<Window>> = page
        .commands
        .iter()
        .map(|command| command.window.clone())
        .collect();
    windows.unwrap_or_default()
}

/// The local addresses on the page, each with a free one that replaces it.
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

/// A port that no program uses, not even another page's, and that the system does not assign by
/// itself.
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

/// Replaces the page's addresses by the free ones, or the other way round.
fn exchange(text: &str, addresses: &BTreeMap<String, String>, back: bool) -> String {
    let mut text = text.to_owned();
    for (page, free) in addresses {
        let (from, to) = if back { (free, page) } else { (page, free) };
        text = text.replace(from, to);
    }
    text
}

/// The beginning of a session without a terminal. The test holds its standard input: when the test
/// ends, for any reason, the session's group ends too.
const LIFELINE: &str = "exec 3<&0 </dev/null\n\
     { read -r _ <&3; kill -KILL 0; } >/dev/null 2>&1 &\nlifeline=$!\nexec 3<&-\n";

/// The file with the background processes of a session, one per line.
const BEHIND: &str = "home/behind";

fn script(page: &Page) -> String {
    // Ctrl-c is only for the process in the foreground.
    let mut script = String::from(if windows(page).is_empty() {
        LIFELINE
    } else {
        "set -m\nlifeline=\ntrap 'exit 129' HUP\n"
    });
    script.push_str(
        "exec 2>&1\nbehind=\ntrap 'kill $behind $lifeline 2>/dev/null' EXIT\n\
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
                ": > home/{number}.out\n{text} > home/{number}.out &\nbehind=\"$behind $!\"; echo $! >> {BEHIND}\ntried=0\n\
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

/// Runs a script whose output is piped.
fn run_piped(mut script: Command, patience: Duration) -> Session {
    script.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = Child::spawn_group(&mut script, patience).expect("a shell");
    let lifeline = child.stdin.take();
    let (output, in_time) = child.finish_or_give_up().expect("the shell's end");
    drop(lifeline);
    outcomes(&String::from_utf8_lossy(&output.stdout), in_time)
}

fn outcomes(printed: &str, in_time: bool) -> Session {
    let mut outcomes = Vec::new();
    let mut lines = Vec::new();
    for line in printed.lines() {
        let Some(status) = line.strip_prefix(END) else {
            lines.push(line.trim_end().to_owned());
            continue;
        };
        // The line break before the end mark, and those that a page cannot show.
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        outcomes.push(Outcome {
            printed: std::mem::take(&mut lines),
            status: status.trim().parse().unwrap_or(-1),
        });
    }
    Session {
        outcomes,
        given_up: (!in_time).then_some(lines),
    }
}

#[cfg(test)]
mod tests {
    use children::ends_within;
    use idcloud_http::{Clock as _, SystemClock};

    use super::*;

    /// A page of two commands: one stays in the background, and one never ends.
    fn hanging(attributes: &str) -> Page {
        Page::parse(&format!(
            "```console{attributes}\n$ sh -c 'echo here; exec sleep 300' &\nhere\n$ echo seen; sleep 300\n```\n"
        ))
    }

    /// A hanging session is given up with its output so far, and leaves nothing behind: no process
    /// in the foreground or background, and no reader that waits for either.
    #[test]
    fn a_session_that_hangs_is_given_up() {
        for attributes in ["", " columns=80"] {
            let page = hanging(attributes);
            let folder = tempfile::tempdir().unwrap();
            let here = folder.path();
            fs::create_dir(here.join("home")).unwrap();
            let command = command(here, &script(&page));
            let patience = Duration::from_secs(3);
            let clock = SystemClock::new();
            let began = clock.instant();
            let session = if attributes.is_empty() {
                run_piped(command, patience)
            } else {
                terminal::run(command, &windows(&page), &here.join(BEHIND), patience)
            };
            assert!(clock.instant() - began < Duration::from_secs(60));
            assert_eq!(session.outcomes.len(), 1, "{session:?}");
            assert_eq!(session.outcomes[0].printed, ["here"]);
            let given_up = session.given_up.expect("it is given up");
            assert_eq!(given_up.join("|").trim_matches('|'), "seen");
            let behind = fs::read_to_string(here.join(BEHIND)).unwrap();
            let behind: u32 = behind.trim().parse().unwrap();
            assert!(ends_within(behind, Duration::from_secs(60)), "{attributes}");
        }
    }
}
