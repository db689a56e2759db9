//! One run of the program: command line in, streams and exit code out.
//!
//! Must not touch the process itself: arguments, variables and streams are handed in.

use std::ffi::OsString;
use std::io::Read;
use std::path::PathBuf;

use crate::args::Format;
use crate::args::SettingArgs;
use crate::commands;
use crate::commands::command_line::Cli;
use crate::commands::command_line::Command;
use crate::commands::token::args::DoctorArgs;
use crate::commands::usage;
use crate::config;
use crate::config::profile;
use crate::config::redirected;
use crate::config::settings::{Layer, Layers, Settings};
use crate::failure::Failure;
use crate::failure::exit::Exit;
use crate::input::Stdin;
use crate::output::Output;
use crate::verify::interrupts::Interrupts;
use crate::verify::journal_file;

/// Runs the command that the arguments name. `variable` looks up an environment variable.
pub(crate) fn run(
    arguments: &[OsString],
    variable: &dyn Fn(&str) -> Option<OsString>,
    stdin: &mut dyn Read,
    interrupts: &Interrupts,
    output: &mut Output<'_>,
) -> Exit {
    let outcome = match usage::parse(arguments) {
        Ok(cli) => dispatch(cli, variable, stdin, interrupts, output),
        Err(error) => return clap_error(error, output),
    };
    outcome.unwrap_or_else(|failure| {
        // A reader that closed the pipe early, as `head` does, needs no error, unless something was
        // sent.
        if output.is_deserted() && failure.is_harmless_fault() {
            return failure.exit;
        }
        // If standard error is gone too, the exit code remains.
        let _ = output.failure(&failure);
        failure.exit
    })
}

fn dispatch(
    cli: Cli,
    variable: &dyn Fn(&str) -> Option<OsString>,
    stdin: &mut dyn Read,
    interrupts: &Interrupts,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let settings = settings(&cli.settings, variable)?;
    let format =
        config::format(&settings.layers).map_err(|refusal| Failure::usage(vec![refusal]))?;
    output.set_format(format);
    if uses_credentials(&cli.command)
        && output.format() == Format::Text
        && let Some(note) = redirected::note(&settings.layers)
    {
        // A closed standard error is the caller's choice: continue without the note.
        let _ = output.note(&note);
    }
    let mut stdin = Stdin::new(stdin);
    let stdin = &mut stdin;
    match cli.command {
        Command::Onboard(args) => {
            commands::onboard::run(*args, &settings, stdin, interrupts, output)
        }
        Command::Liveness(args) => {
            commands::liveness::run(&args, &settings, stdin, interrupts, output)
        }
        Command::Compare(args) => {
            commands::compare::run(*args, &settings, stdin, interrupts, output)
        }
        Command::Process(command) => {
            commands::process::run(&command, &settings, interrupts, output)
        }
        Command::Document(command) => {
            commands::document::run(command, &settings, stdin, interrupts, output)
        }
        Command::Batch(command) => commands::batch::run(command, &settings, interrupts, output),
        Command::Journal(command) => commands::journal::run(command, &settings, stdin, output),
        Command::Preflight(args) => commands::preflight::run(&args, stdin, output),
        Command::Explain(args) => commands::explain::run(&args, &settings, stdin, output),
        Command::Token(args) => commands::token::run(&args, &settings, interrupts, output),
        Command::Doctor(DoctorArgs {}) => {
            commands::doctor::run(&settings, variable, interrupts, output)
        }
        Command::Completions(args) => commands::documentation::completions(&args, output),
        Command::Man(args) => commands::documentation::man(&args, output),
        Command::Simulator(command) => {
            commands::simulator::run(command, &settings, stdin, interrupts, output)
        }
    }
}

/// Whether the command sends the configured credentials.
const fn uses_credentials(command: &Command) -> bool {
    matches!(
        command,
        Command::Onboard(_)
            | Command::Liveness(_)
            | Command::Compare(_)
            | Command::Process(_)
            | Command::Document(_)
            | Command::Batch(_)
            | Command::Token(_)
            | Command::Doctor(_)
    )
}

fn settings(
    flags: &SettingArgs,
    variable: &dyn Fn(&str) -> Option<OsString>,
) -> Result<Settings, Failure> {
    let home = variable("HOME").map(PathBuf::from);
    let path = profile::path(variable("XDG_CONFIG_HOME"), variable("HOME"));
    let profile = profile::load(path.as_deref(), flags.profile.as_deref(), home.as_deref())
        .map_err(|refusal| Failure::usage(vec![refusal]))?;
    Ok(Settings {
        layers: Layers {
            flags: Layer::from_flags(flags),
            variables: Layer::from_variables(variable),
            profile,
        },
        exit_verdict: flags.exit_verdict,
        profile_file: path,
        default_journal: journal_file::default_path(variable("XDG_STATE_HOME"), variable("HOME")),
    })
}

/// Prints clap's error. Help and the version are errors to clap, and results here.
fn clap_error(error: clap::Error, output: &mut Output<'_>) -> Exit {
    let error = usage::redact(error);
    if !error.use_stderr() {
        return match output.clap(&error) {
            Ok(()) => Exit::Answered,
            Err(_) => Exit::Fault,
        };
    }
    let _ = match output.format() {
        Format::Text => output.clap(&error),
        Format::Json => output.failure(&usage::failure(&error)),
    };
    Exit::Usage
}
