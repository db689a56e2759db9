#![doc = include_str!("../README.md")]

mod files;
mod verify;

mod app;
mod args;
mod batch;
mod commands;
mod config;
mod failure;
mod input;
mod output;

use std::io::{self, IsTerminal as _};
use std::process::ExitCode;

use crate::failure::Failure;
use crate::verify::interrupts::{Heeded, Interrupts};

fn main() -> ExitCode {
    files::core_files::switch_off();
    let arguments: Vec<_> = std::env::args_os().collect();
    let variable = |name: &str| std::env::var_os(name);
    // Locked for each write and not for the whole run: the signal thread writes to it too.
    let (stdout, mut stderr) = (io::stdout(), io::stderr());
    let terminals = output::Terminals {
        stdout: stdout.is_terminal(),
        stderr: stderr.is_terminal(),
        columns: terminal_size::terminal_size().map(|(columns, _)| columns.0.into()),
    };
    let mut stdout = stdout.lock();
    let mut output = output::Output::new(&mut stdout, &mut stderr, terminals, &variable);
    output.set_format(commands::usage::intended_format(
        &arguments,
        variable("IDCLOUD_FORMAT").as_deref(),
    ));
    let format = output.format();
    let listening = Interrupts::listen(move |heeded| last_words(heeded, terminals, format));
    let Ok(interrupts) = listening else {
        let failure = Failure::fault("the program cannot listen for signals");
        let _ = output.failure(&failure);
        return failure.exit.into();
    };
    let mut stdin = io::stdin().lock();
    let exit = app::run(&arguments, &variable, &mut stdin, &interrupts, &mut output);
    exit.into()
}

/// Prints the message when the program is interrupted while no request is in flight.
fn last_words(heeded: Heeded, terminals: output::Terminals, format: args::Format) {
    let variable = |name: &str| std::env::var_os(name);
    let (mut nowhere, mut stderr) = (io::sink(), io::stderr());
    let mut output = output::Output::new(&mut nowhere, &mut stderr, terminals, &variable);
    output.set_format(format);
    output.after_ctrl_c();
    let failure = match heeded {
        Heeded::NoMore => verify::interrupted::after_everything(),
        Heeded::NotYet | Heeded::ByCommand => verify::interrupted::before_anything(),
    };
    // If standard error is gone, the exit code remains.
    let _ = output.failure(&failure);
}
