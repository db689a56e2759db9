//! `idcloud simulator conformance`: checks a server that claims to be an IDCloud against the
//! documents.
//!
//! Must not send data of a real person. Must not create processes on another machine unless a flag
//! allows it.

pub(crate) mod server_under_test;
pub(crate) mod variables;

mod answer;
mod check;
mod report;
mod run;
mod table;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use idcloud_http::SystemClock;

use self::server_under_test::Examined;
use crate::commands::block_on;
use crate::commands::simulator::args::ConformanceArgs;
use crate::config;
use crate::config::connection;
use crate::config::settings::Settings;
use crate::config::target::{Address, Remote, Target};
use crate::failure::exit::Exit;
use crate::failure::{Failure, Refusal};
use crate::output::Output;
use crate::verify::interrupted;
use crate::verify::interrupts::Interrupts;

/// Runs the command.
pub(super) fn run(
    args: &ConformanceArgs,
    settings: &Settings,
    interrupts: &Interrupts,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let layers = &settings.layers;
    let config = config::resolve_account(layers).map_err(Failure::usage)?;
    let mut examined = match &config.target {
        Target::Local => Examined::embedded(&|transport| transport)?,
        Target::Remote(remote) => {
            let endpoints = connection::endpoints(remote, layers)?;
            let near = endpoints.is_some_and(|endpoints| endpoints.are_on_this_machine());
            allowed(remote, near || args.creates_processes)?;
            let clock = Arc::new(SystemClock::new());
            Examined::remote(remote, &config, layers, clock, args)?
        }
    };
    let examine = examined.examine(args.only.as_deref());
    let report =
        block_on(interrupts.interruptible(examine))?.ok_or_else(interrupted::of_read)??;
    output
        .result(&report, |to, style| report.write(to, style))
        .map_err(|_| Failure::closed())?;
    Ok(report.exit())
}

fn allowed(remote: &Remote, allowed: bool) -> Result<(), Failure> {
    if allowed {
        return Ok(());
    }
    let field = match remote.address {
        Address::Custom { .. } => "--api-url",
        Address::Uat | Address::Production => "--env",
    };
    Err(Failure::usage(vec![Refusal::new(
        field,
        "is not on this machine: the checks create processes, which IDCloud bills",
        "check a simulator on this machine, or add --creates-processes",
    )]))
}
