//! `idcloud simulator`: an IDCloud on this machine.
//!
//! Must not need an account, an environment or the network, except to test a remote server.

pub(crate) mod args;
pub(crate) mod serve_options;

mod capture;
mod conformance;
mod credentials;
mod serve;
mod subjects;

use crate::commands::simulator::args::SimulatorCommand;
use crate::config;
use crate::config::settings::Settings;
use crate::failure::Failure;
use crate::failure::exit::Exit;
use crate::input::Stdin;
use crate::output::Output;
use crate::verify::interrupts::Interrupts;

/// Runs one of the simulator's commands.
pub(crate) fn run(
    command: SimulatorCommand,
    settings: &Settings,
    stdin: &mut Stdin<'_>,
    interrupts: &Interrupts,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let capabilities = config::capabilities(&settings.layers, None)
        .map_err(|refusal| Failure::usage(vec![refusal]))?;
    match command {
        SimulatorCommand::Serve(args) => {
            let rate =
                config::rate(&settings.layers).map_err(|refusal| Failure::usage(vec![refusal]))?;
            serve::run(&args, capabilities, rate, interrupts, output)
        }
        SimulatorCommand::Subjects => subjects::run(output),
        SimulatorCommand::Capture(args) => capture::run(&args, stdin, output),
        SimulatorCommand::Conformance(args) => {
            conformance::run(&args, settings, interrupts, output)
        }
    }
}
