//! `idcloud token`: proves the credentials.
//!
//! Must not print the token unless the caller asks for it, nor the values that it was made from.

pub(crate) mod args;

use std::io::{self, Write};
use std::sync::Arc;
use std::time::SystemTime;

use idcloud_http::{AccessToken, CallOptions, Client, Clock, SystemClock};
use serde::Serialize;

use crate::args::Format;
use crate::commands::token::args::TokenArgs;
use crate::config;
use crate::config::connection;
use crate::config::settings::Settings;
use crate::config::target::Target;
use crate::failure::Failure;
use crate::failure::call;
use crate::failure::exit::Exit;
use crate::output::Output;
use crate::output::style::Style;
use crate::output::timestamp::rfc3339;
use crate::verify::interrupted;
use crate::verify::interrupts::Interrupts;

/// Runs the command.
pub(crate) fn run(
    args: &TokenArgs,
    settings: &Settings,
    interrupts: &Interrupts,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let client = client(settings, Arc::clone(&clock))?;
    let options = CallOptions::new();
    let token = super::block_on(interrupts.interruptible(client.access_token(&options)))?
        .ok_or_else(interrupted::of_read)?
        .map_err(|error| call::of_read(&error))?;
    let proven = Proven::of(&client, &token, args.show, clock.now());
    if args.show && output.format() == Format::Text {
        // Only the token goes to standard output, so that a script can use it; the rest goes to
        // standard error.
        let mut note = Vec::new();
        let noted = proven.write(&mut note, Style::PLAIN);
        output
            .text(format!("{}\n", token.expose()).as_bytes())
            .and(noted)
            .map_err(|_| Failure::closed())?;
        let _ = output.note(String::from_utf8_lossy(&note).trim_end());
    } else {
        output
            .result(&proven, |to, style| proven.write(to, style))
            .map_err(|_| Failure::closed())?;
    }
    Ok(Exit::Answered)
}

fn client(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Client, Failure> {
    let layers = &settings.layers;
    let config = config::resolve_account(layers).map_err(Failure::usage)?;
    match &config.target {
        Target::Local => {
            connection::local(&config, clock, &|transport| transport).map(|local| local.client)
        }
        Target::Remote(remote) => {
            connection::endpoints(remote, layers)?;
            let account = connection::account(remote, layers)?;
            connection::client(remote, account, &config, layers, clock, &|transport| {
                transport
            })
        }
    }
}

/// What the exchange has proved.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Proven<'a> {
    environment: &'static str,
    issuer: String,
    expires_at: String,
    expires_in: u64,
    access_token: Option<&'a str>,
}

impl<'a> Proven<'a> {
    fn of(client: &Client, token: &'a AccessToken, show: bool, now: SystemTime) -> Self {
        let environment = client.environment();
        let expires_at = token.expires_at();
        Self {
            environment: environment.name().as_str(),
            issuer: environment.account().issuer().to_owned(),
            expires_at: rfc3339(expires_at),
            expires_in: expires_at.duration_since(now).unwrap_or_default().as_secs(),
            access_token: show.then(|| token.expose()),
        }
    }

    fn write(&self, to: &mut dyn Write, style: Style) -> io::Result<()> {
        if self.environment == "local" {
            write!(to, "{}: ", style.caution("SIMULATED"))?;
        }
        writeln!(
            to,
            "{}  an access token until {} (in {} s)",
            style.good("CREDENTIALS GOOD"),
            self.expires_at,
            self.expires_in
        )?;
        for (name, value) in [("environment", self.environment), ("account", &self.issuer)] {
            writeln!(to, "  {} {value}", style.dim(&format!("{name:<16}")))?;
        }
        Ok(())
    }
}
