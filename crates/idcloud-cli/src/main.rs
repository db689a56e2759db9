#![doc = include_str!("../README.md")]

mod app;
mod args;
mod batch;
mod call_failure;
mod commands;
mod config;
mod connection;
mod duration;
mod entry_object;
mod exit;
mod failure;
mod fold;
mod handle;
mod harmless;
mod input;
mod interrupt;
mod journal_file;
mod outcome;
mod output;
mod owner_only;
mod permissions;
mod picture_input;
mod private_key;
mod process_id;
mod profile;
mod progress;
mod result_object;
mod selfie_input;
mod settings;
mod style;
mod subject_input;
mod submit_failure;
mod target;
mod text;
mod timestamp;
mod unreadable_entry;
mod usage;
mod verification;

use std::io::{self, IsTerminal as _};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    let variable = |name: &str| std::env::var_os(name);
    let (stdout, stderr) = (io::stdout(), io::stderr());
    let terminals = output::Terminals {
        stdout: stdout.is_terminal(),
        stderr: stderr.is_terminal(),
        columns: terminal_size::terminal_size().map(|(columns, _)| columns.0.into()),
    };
    let exit = app::run(
        &arguments,
        &variable,
        &mut io::stdin().lock(),
        &mut output::Output::new(&mut stdout.lock(), &mut stderr.lock(), terminals, &variable),
    );
    exit.into()
}
