//! Converts clap's errors about the command line into failures.
//!
//! Must not echo a value: a name or a CPF may be in the wrong place.

use std::ffi::{OsStr, OsString};

use clap::error::{ContextKind, ContextValue, Error};

use crate::args::Format;
use crate::commands::command_line::Cli;
use crate::failure::Failure;
use crate::failure::exit::Exit;

/// Removes every part of the error that may be a value from the command line.
pub(crate) fn redact(mut error: Error) -> Error {
    for kind in [
        ContextKind::InvalidArg,
        ContextKind::InvalidSubcommand,
        ContextKind::InvalidValue,
    ] {
        let shown = match error.get(kind) {
            Some(ContextValue::String(text)) => Some(safe(kind, text)),
            _ => None,
        };
        if let Some(shown) = shown {
            error.insert(kind, ContextValue::String(shown));
        }
    }
    // "to pass 'VALUE' as a value, use '-- VALUE'"
    error.remove(ContextKind::Suggested);
    error
}

/// Keeps a flag's own name, such as `--selfie <FILE>`, and hides everything else.
fn safe(kind: ContextKind, text: &str) -> String {
    let name = text.split([' ', '=', '<']).next().unwrap_or_default();
    let is_flag = name.starts_with('-')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    let is_usage = kind == ContextKind::InvalidArg && text.starts_with('<');
    if is_flag && (name == text || text.contains('<')) || is_usage {
        text.to_owned()
    } else {
        "[not shown]".to_owned()
    }
}

/// The failure for a redacted error. Its message is clap's first paragraph, without colour.
pub(crate) fn failure(error: &Error) -> Failure {
    let rendered = error.render().to_string();
    let mut paragraphs = rendered.split("\n\n").map(one_line);
    let message = paragraphs.next().unwrap_or_default();
    let message = message
        .strip_prefix("error: ")
        .unwrap_or(&message)
        .to_owned();
    let help: Vec<String> = paragraphs
        .filter(|paragraph| !paragraph.is_empty())
        .collect();
    Failure {
        exit: Exit::Usage,
        help: (!help.is_empty()).then(|| help.join("; ").into()),
        ..Failure::usage(Vec::new())
    }
    .with_message(message)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The format that a command line asks for, although it could not be parsed.
pub(crate) fn intended_format(arguments: &[OsString], variable: Option<&OsStr>) -> Format {
    let flags = || arguments.iter().take_while(|argument| *argument != "--");
    let joined = flags()
        .filter_map(|argument| argument.to_str()?.strip_prefix("--format="))
        .last();
    let apart = flags()
        .zip(flags().skip(1))
        .filter(|(flag, _)| *flag == "--format")
        .map(|(_, value)| value)
        .last();
    let named = joined.or_else(|| apart?.to_str());
    match named.or_else(|| variable?.to_str()) {
        Some("json") => Format::Json,
        _ => Format::Text,
    }
}

/// Parses the command line. A request for help or the version is an error of clap's too.
pub(crate) fn parse(arguments: &[OsString]) -> Result<Cli, Error> {
    <Cli as clap::Parser>::try_parse_from(arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(arguments: &[&str]) -> Error {
        let arguments: Vec<OsString> = ["idcloud"]
            .iter()
            .chain(arguments)
            .map(Into::into)
            .collect();
        redact(parse(&arguments).err().unwrap())
    }

    /// Nothing personal leaks through a mistake on the command line.
    #[test]
    fn values_in_the_wrong_place_are_not_echoed() {
        let base = ["onboard", "--selfie", "f", "--name", "N", "--cpf", "1"];
        for slip in [
            &["52998224725"][..],
            &["--52998224725"],
            &["--cfp=52998224725"],
            &["--cfp", "52998224725"],
            &["--wait", "52998224725x"],
            &["--rate", "52998224725"],
            &["--format", "52998224725"],
            &["--env=52998224725"],
            &["--no-wait=52998224725"],
        ] {
            let error = error(&[&base[..], slip].concat());
            let failure = failure(&error);
            let shown = format!("{} {} {failure:?}", error.render(), error.render().ansi());
            assert!(!shown.contains("529"), "{shown}");
        }
        let shown = error(&["52998224725"]).render().to_string();
        assert!(!shown.contains("529"), "{shown}");
    }

    #[test]
    fn the_flag_and_the_rule_are_named() {
        for (arguments, expected) in [
            (&["onboard", "--subject", "-"][..], "--selfie <FILE>"),
            (&["--env", "prod", "simulator", "subjects"], "--env <ENV>"),
            (&["onboard", "--selfie", "f", "--name", "N"], "--cpf <CPF>"),
            (&["onboard", "--colour"], "--colour"),
        ] {
            let failure = failure(&error(arguments));
            assert!(failure.message.contains(expected), "{}", failure.message);
            assert_eq!(failure.exit, Exit::Usage);
            assert!(!failure.message.contains('\n'));
        }
    }

    #[test]
    fn the_format_is_found_on_a_broken_command_line() {
        let format = |arguments: &[&str], variable: Option<&str>| {
            let arguments: Vec<OsString> = arguments.iter().map(Into::into).collect();
            intended_format(&arguments, variable.map(OsStr::new))
        };
        assert_eq!(
            format(&["--format", "json", "--nonsense"], None),
            Format::Json
        );
        assert_eq!(format(&["x", "--format=json"], None), Format::Json);
        assert_eq!(format(&["x"], Some("json")), Format::Json);
        assert_eq!(format(&["--format", "text"], Some("json")), Format::Text);
        assert_eq!(format(&["--", "--format", "json"], None), Format::Text);
        assert_eq!(format(&[], None), Format::Text);
    }
}
