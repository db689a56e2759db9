//! A page's sessions and files, found in its Markdown.
//! Must never run anything.

/// What a page asks for.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// The commands of all sessions, in order.
    pub(crate) commands: Vec<Command>,
    /// Files that blocks are marked to be: name and content.
    pub(crate) files: Vec<(String, String)>,
}

/// One command and what the page says that it prints.
#[derive(Debug, Default)]
pub(crate) struct Command {
    /// As a shell reads it; more than one line where it is continued.
    pub(crate) text: String,
    pub(crate) expected: Vec<String>,
    /// Where it stands in the page, counted from 1.
    pub(crate) line: usize,
    /// The lines of the page, counted from 0, that hold what is expected: from, and up to without.
    output: (usize, usize),
}

enum Within {
    Prose,
    Session,
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
                    Within::Prose if info == "console" => Within::Session,
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
            match within {
                Within::Session => page.session_line(number, line),
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

    fn session_line(&mut self, number: usize, line: &str) {
        if let Some(text) = line.strip_prefix("$ ") {
            self.commands.push(Command {
                text: text.to_owned(),
                expected: Vec::new(),
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

    /// The page's text with other output under some commands, named by their number.
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
    let text = "# T\n```csv file=a.csv\nx,y\n```\n```sh\n$ no\n```\n```console\n$ one \\\n  --two\nout\n\nmore\n$ three\n```\n";
    let page = Page::parse(text);
    assert_eq!(page.files, [("a.csv".to_owned(), "x,y\n".to_owned())]);
    let texts: Vec<&str> = page.commands.iter().map(|c| c.text.as_str()).collect();
    assert_eq!(texts, ["one \\\n  --two", "three"]);
    assert_eq!(page.commands[0].expected, ["out", "", "more"]);
    assert_eq!(page.commands[1].line, 14);
    let new = page.with(
        text,
        &[(0, vec!["new".to_owned()]), (1, vec!["here".to_owned()])],
    );
    assert!(new.ends_with("  --two\nnew\n$ three\nhere\n```\n"), "{new}");
}
