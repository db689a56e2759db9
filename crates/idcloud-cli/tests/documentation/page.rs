//! Parses a page's sessions and files from its Markdown.
//!
//! Must not run anything.

/// The sessions and files of a page.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// The commands of all sessions, in order.
    pub(crate) commands: Vec<Command>,
    /// Files from marked blocks: name and content.
    pub(crate) files: Vec<(String, String)>,
}

/// One command, and its output on the page.
#[derive(Debug, Default)]
pub(crate) struct Command {
    /// The command for the shell; several lines if it is continued.
    pub(crate) text: String,
    pub(crate) expected: Vec<String>,
    /// The terminal in which it runs, if the page asks for one.
    pub(crate) window: Option<Window>,
    /// Its line in the page, counted from 1.
    pub(crate) line: usize,
    /// The page's lines with the expected output, counted from 0: start, and exclusive end.
    output: (usize, usize),
}

/// A terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) columns: u16,
    /// Ctrl-c is pressed as soon as this text is on the screen.
    pub(crate) ctrl_c: Option<String>,
}

impl Window {
    /// Parses the attributes after `console`.
    fn parse(attributes: &str) -> Option<Self> {
        let value = |name: &str| {
            attributes
                .split_whitespace()
                .find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
        };
        Some(Self {
            columns: value("columns")?.parse().expect("a number of columns"),
            ctrl_c: value("ctrl-c").map(ToOwned::to_owned),
        })
    }
}

enum Within {
    Prose,
    Session(Option<Window>),
    File,
    Other,
}

impl Page {
    pub(crate) fn parse(text: &str) -> Self {
        let mut page = Self::default();
        let mut within = Within::Prose;
        for (number, line) in text.lines().enumerate() {
            if let Some(info) = line.strip_prefix("```") {
                within = match within {
                    Within::Prose if info.split(' ').next() == Some("console") => {
                        Within::Session(Window::parse(info))
                    }
                    Within::Prose => match info.split_once("file=") {
                        Some((_, name)) => {
                            page.files.push((name.to_owned(), String::new()));
                            Within::File
                        }
                        None => Within::Other,
                    },
                    _ => Within::Prose,
                };
                continue;
            }
            match &within {
                Within::Session(window) => page.session_line(number, line, window.as_ref()),
                Within::File => {
                    if let Some((_, content)) = page.files.last_mut() {
                        content.push_str(line);
                        content.push('\n');
                    }
                }
                Within::Prose | Within::Other => {}
            }
        }
        page
    }

    fn session_line(&mut self, number: usize, line: &str, window: Option<&Window>) {
        if let Some(text) = line.strip_prefix("$ ") {
            self.commands.push(Command {
                text: text.to_owned(),
                expected: Vec::new(),
                window: window.cloned(),
                line: number + 1,
                output: (number + 1, number + 1),
            });
            return;
        }
        let Some(command) = self.commands.last_mut() else {
            return;
        };
        command.output.1 = number + 1;
        let unfinished = command.expected.is_empty() && command.text.ends_with('\\');
        match line.strip_prefix("> ") {
            Some(more) if command.expected.is_empty() => {
                command.text = format!("{}\n{more}", command.text);
            }
            _ if unfinished => command.text = format!("{}\n{line}", command.text),
            _ => {
                command.expected.push(line.to_owned());
                return;
            }
        }
        command.output.0 = number + 1;
    }

    /// The page's text with new output under some commands, given by their numbers.
    pub(crate) fn with(&self, text: &str, outputs: &[(usize, Vec<String>)]) -> String {
        let mut lines: Vec<String> = text.lines().map(ToOwned::to_owned).collect();
        for (number, output) in outputs.iter().rev() {
            let (from, to) = self.commands[*number].output;
            lines.splice(from..to, output.iter().cloned());
        }
        lines.join("\n") + "\n"
    }
}

#[test]
fn a_page_is_read_and_written() {
    let text = "# T\n```csv file=a.csv\nx,y\n```\n```sh\n$ no\n```\n```console\n$ one \\\n  --two\nout\n\nmore\n$ three\n```\n```console columns=80 ctrl-c=9/9\n$ four\n```\n";
    let page = Page::parse(text);
    assert_eq!(page.files, [("a.csv".to_owned(), "x,y\n".to_owned())]);
    let texts: Vec<&str> = page.commands.iter().map(|c| c.text.as_str()).collect();
    assert_eq!(texts, ["one \\\n  --two", "three", "four"]);
    assert_eq!(page.commands[0].expected, ["out", "", "more"]);
    assert_eq!(page.commands[1].line, 14);
    let window = Window {
        columns: 80,
        ctrl_c: Some("9/9".to_owned()),
    };
    assert_eq!(page.commands[1].window, None);
    assert_eq!(page.commands[2].window, Some(window));
    let new = page.with(
        text,
        &[(0, vec!["new".to_owned()]), (1, vec!["here".to_owned()])],
    );
    assert!(new.contains("  --two\nnew\n$ three\nhere\n```\n"), "{new}");
}
