//! Runs a session in a real terminal, and reads its screen.
//!
//! Must not see less than a person: leftovers on the screen and line breaks within a word are
//! visible.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use children::end_group;
use idcloud_http::{Clock as _, SystemClock};
use nix::unistd::tcgetpgrp;
use pty_process::blocking::Pty;
use vt100::{Color, Parser};

use crate::page::Window;
use crate::shell::{END, Outcome, Session};

/// Enough for the longest screen: no line may scroll away.
const ROWS: u16 = 300;

/// The byte for ctrl-c.
const CTRL_C: &[u8] = b"\x03";

/// The most words of one kind in a legend.
const NAMED: usize = 4;

/// Runs the script, whose commands have these windows in order, for up to `patience`. The script
/// writes its background processes into the file `behind`.
pub(crate) fn run(
    script: Command,
    windows: &[Window],
    behind: &Path,
    patience: Duration,
) -> Session {
    let (pty, pts) = pty_process::blocking::open().expect("a terminal");
    pty.resize(pty_process::Size::new(50, 80)).unwrap();
    let shell = pty_process::blocking::Command::from(script)
        .spawn(pts)
        .expect("a shell");
    let terminal = Terminal {
        shell,
        pty: Arc::new(pty),
        behind,
    };
    let chunks = terminal.chunks();
    let clock = SystemClock::new();
    let limit = clock.instant() + patience;
    let mut screen = Screen::new(windows);
    loop {
        match chunks.recv_timeout(limit.saturating_duration_since(clock.instant())) {
            Ok(chunk) => {
                screen.feed(&chunk);
                if screen.wants_ctrl_c() {
                    (&*terminal.pty).write_all(CTRL_C).unwrap();
                }
            }
            Err(RecvTimeoutError::Disconnected) => return screen.ended(),
            Err(RecvTimeoutError::Timeout) => return screen.given_up(),
        }
    }
}

/// A shell in a terminal. Dropping it ends every process that the shell started.
struct Terminal<'a> {
    shell: Child,
    pty: Arc<Pty>,
    behind: &'a Path,
}

impl Terminal<'_> {
    /// The terminal's output, read by a detached thread: it ends when the last process closes the
    /// terminal.
    fn chunks(&self) -> Receiver<Vec<u8>> {
        let (send, chunks) = mpsc::channel();
        let pty = Arc::clone(&self.pty);
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            // Some systems report the end as an error.
            while let Ok(read @ 1..) = (&*pty).read(&mut buffer) {
                if send.send(buffer[..read].to_vec()).is_err() {
                    break;
                }
            }
        });
        chunks
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        // Each command of the shell has a process group of its own. The terminal knows the one in
        // the foreground, while the shell lives.
        let foreground = tcgetpgrp(&*self.pty).ok();
        end_group(self.shell.id());
        let _ = self.shell.wait();
        let foreground = foreground.and_then(|group| u32::try_from(group.as_raw()).ok());
        let behind = fs::read_to_string(self.behind).unwrap_or_default();
        let behind = behind.lines().filter_map(|line| line.parse().ok());
        for group in behind.chain(foreground) {
            end_group(group);
        }
    }
}

/// The output so far.
struct Screen<'a> {
    windows: &'a [Window],
    shown: Parser,
    unread: Vec<u8>,
    /// Ctrl-c was pressed for this command.
    pressed: bool,
    outcomes: Vec<Outcome>,
}

impl<'a> Screen<'a> {
    fn new(windows: &'a [Window]) -> Self {
        Self {
            windows,
            shown: screen(windows.first()),
            unread: Vec::new(),
            pressed: false,
            outcomes: Vec::new(),
        }
    }

    fn feed(&mut self, chunk: &[u8]) {
        self.unread.extend_from_slice(chunk);
        let end = END.as_bytes();
        while let Some(at) = find(&self.unread, end) {
            let Some(line_end) = find(&self.unread[at..], b"\n") else {
                return;
            };
            let status = String::from_utf8_lossy(&self.unread[at + end.len()..at + line_end]);
            let status = status.trim().parse().unwrap_or(-1);
            self.shown.process(&self.unread[..at]);
            self.unread.drain(..=at + line_end);
            let mut printed = lines(&self.shown);
            printed.extend(legend(&self.shown));
            self.outcomes.push(Outcome { printed, status });
            self.shown = screen(self.windows.get(self.outcomes.len()));
            self.pressed = false;
        }
        // The end mark may have arrived in part.
        let whole = self
            .unread
            .iter()
            .position(|byte| *byte == end[0])
            .unwrap_or(self.unread.len());
        let shown: Vec<u8> = self.unread.drain(..whole).collect();
        self.shown.process(&shown);
    }

    fn ended(self) -> Session {
        Session {
            outcomes: self.outcomes,
            given_up: None,
        }
    }

    fn given_up(self) -> Session {
        Session {
            given_up: Some(lines(&self.shown)),
            outcomes: self.outcomes,
        }
    }

    /// Whether to press ctrl-c now; true once per command.
    fn wants_ctrl_c(&mut self) -> bool {
        let window = self.windows.get(self.outcomes.len());
        let wanted = window.and_then(|window| window.ctrl_c.as_ref());
        let seen = wanted.is_some_and(|text| self.shown.screen().contents().contains(text));
        let now = seen && !self.pressed;
        self.pressed |= now;
        now
    }
}

fn screen(window: Option<&Window>) -> Parser {
    let columns = window.map_or(80, |window| window.columns);
    let size = |number| NonZeroU16::new(number).expect("a size");
    Parser::new(size(ROWS), size(columns), 0)
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|found| found == wanted)
}

fn lines(screen: &Parser) -> Vec<String> {
    let (_, columns) = screen.screen().size();
    let mut lines: Vec<String> = screen
        .screen()
        .rows(0, columns.get())
        .map(|row| row.trim_end().to_owned())
        .collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

/// `# bold red: error:; faint: help:`, if anything is coloured.
fn legend(screen: &Parser) -> Option<String> {
    let mut kinds: Vec<(String, Vec<String>)> = Vec::new();
    for (kind, word) in coloured(screen) {
        let known = kinds.iter().position(|(known, _)| *known == kind);
        let at = known.unwrap_or_else(|| {
            kinds.push((kind, Vec::new()));
            kinds.len() - 1
        });
        let words = &mut kinds[at].1;
        if !words.contains(&word) {
            words.push(word);
        }
    }
    let mut legend = String::new();
    for (kind, words) in &kinds {
        let between = if legend.is_empty() { "# " } else { " | " };
        let named = words[..words.len().min(NAMED)].join(", ");
        let more = if words.len() > NAMED { ", …" } else { "" };
        write!(legend, "{between}{kind}: {named}{more}").unwrap();
    }
    Some(legend).filter(|legend| !legend.is_empty())
}

/// Each run of cells with one style, with its text.
fn coloured(screen: &Parser) -> Vec<(String, String)> {
    let screen = screen.screen();
    let (rows, columns) = screen.size();
    let mut runs: Vec<(String, String)> = Vec::new();
    for row in 0..rows.get() {
        let mut last = String::new();
        for column in 0..columns.get() {
            let Some(cell) = screen.cell(row, column) else {
                continue;
            };
            let kind = kind(cell);
            if !kind.is_empty() {
                if kind != last {
                    runs.push((kind.clone(), String::new()));
                }
                let text = &mut runs.last_mut().unwrap().1;
                text.push_str(if cell.has_contents() {
                    cell.contents()
                } else {
                    " "
                });
            }
            last = kind;
        }
    }
    for (_, text) in &mut runs {
        *text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    runs.retain(|(_, text)| !text.is_empty());
    runs
}

fn kind(cell: &vt100::Cell) -> String {
    let colour = match cell.fgcolor() {
        Color::Default => "",
        Color::Idx(1 | 9) => "red",
        Color::Idx(2 | 10) => "green",
        Color::Idx(3 | 11) => "yellow",
        _ => "another colour",
    };
    [
        (cell.bold(), "bold"),
        (cell.dim(), "faint"),
        (cell.underline(), "underlined"),
        (!colour.is_empty(), colour),
    ]
    .into_iter()
    .filter_map(|(is, name)| is.then_some(name))
    .collect::<Vec<_>>()
    .join(" ")
}

#[test]
fn a_screen_is_what_a_person_sees() {
    let mut screen = screen(Some(&Window {
        columns: 10,
        ctrl_c: None,
    }));
    screen.process(b"progress\r\x1b[K\x1b[1;31merror:\x1b[0m too long\r\n");
    assert_eq!(lines(&screen), ["error: too", " long"]);
    assert_eq!(legend(&screen).as_deref(), Some("# bold red: error:"));
}
