//! `idcloud doctor`: why credentials, clock or network fail, and the remedy for each.
//!
//! Must not create a process, nor show a credential or a proxy's address.

pub(crate) mod probe_transport;

mod addresses;
mod finding;
mod proxy;

use std::ffi::OsString;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use idcloud_http::{ApiKey, CallOptions, Client, Clock, Error, SystemClock};
use idcloud_model::{Capability, ErrorCode, ProcessId};

use self::finding::{Finding, Status, gravest};
use self::probe_transport::Watched;
use crate::config::connection;
use crate::config::settings::{Layers, Settings};
use crate::config::target::{Remote, Target};
use crate::config::{self, Config};
use crate::failure::call;
use crate::failure::exit::Exit;
use crate::failure::{Failure, Refusal};
use crate::output::Output;
use crate::output::style::Style;
use crate::verify::interrupted;
use crate::verify::interrupts::Interrupts;

/// Long enough for a few attempts, and short enough for a waiting user.
const DEADLINE: Duration = Duration::from_secs(20);

type Variable<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Runs the command.
pub(crate) fn run(
    settings: &Settings,
    variable: Variable<'_>,
    interrupts: &Interrupts,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let watched = Arc::new(Watched::new(Arc::new(SystemClock::new())));
    let findings = match config::resolve_account(&settings.layers) {
        Ok(config) => examine(&config, &settings.layers, variable, &watched, interrupts)?,
        Err(refusals) => Finding::refused("configuration", &refusals, Exit::Usage),
    };
    output
        .result(&findings, |to, style| {
            write(&findings, watched.simulated(), to, style)
        })
        .map_err(|_| Failure::closed())?;
    Ok(gravest(&findings))
}

fn examine(
    config: &Config,
    layers: &Layers,
    variable: Variable<'_>,
    watched: &Arc<Watched>,
    interrupts: &Interrupts,
) -> Result<Vec<Finding>, Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let mut findings = Vec::new();
    let subject = match &config.target {
        Target::Local => {
            findings.push(Finding::ok(
                "configuration",
                "the simulator inside this program answers; no account is needed",
            ));
            let local = connection::local(config, clock, &|inner| watched.around(inner))?;
            Some((local.client, Some(local.api_key)))
        }
        Target::Remote(remote) => {
            settled(remote, &mut findings);
            findings.extend(addresses::findings(remote));
            findings.push(proxy::finding(remote, variable));
            let mixed_up = findings
                .iter()
                .any(|finding| finding.status == Status::Failed);
            let opened = opened(remote, config, layers, watched, clock, &mut findings);
            // A credential must not be sent to a server that may be the wrong one.
            opened.filter(|_| !mixed_up)
        }
    };
    if config.capabilities.contains(Capability::RiskScore) {
        findings.push(Finding::warning(
            "capabilities",
            "risk-score is declared, and IDCloud's by-Client page says that it is being discontinued and does not recommend it",
            "ask Unico what takes its place; the page is the one of liveness, identity, behavior alert and risk score under devcenter.unico.io",
        ));
    }
    let Some((client, key)) = subject else {
        return Ok(findings);
    };
    let talk = talk(&client, key.as_ref(), watched);
    let talked =
        super::block_on(interrupts.interruptible(talk))?.ok_or_else(interrupted::of_read)?;
    findings.extend(talked);
    Ok(findings)
}

fn settled(remote: &Remote, findings: &mut Vec<Finding>) {
    let message = format!("complete, for the {} environment", remote.environment());
    findings.push(Finding::ok("configuration", message));
}

/// The client and the key. Adds a finding for each file or setting that prevents them.
fn opened(
    remote: &Remote,
    config: &Config,
    layers: &Layers,
    watched: &Arc<Watched>,
    clock: Arc<dyn Clock>,
    findings: &mut Vec<Finding>,
) -> Option<(Client, Option<ApiKey>)> {
    let key = match connection::api_key(remote, config, layers) {
        Ok(Some(key)) => Some(key),
        Ok(None) => {
            let refusal = Refusal::new(
                "--api-key-file",
                "no API key is configured, and every command but token needs one",
                "set --api-key-file or IDCLOUD_API_KEY",
            );
            findings.extend(Finding::refused("api-key", &[refusal], Exit::Usage));
            None
        }
        Err(failure) => {
            findings.extend(Finding::failed("api-key", &failure));
            None
        }
    };
    let account = match connection::account(remote, layers) {
        Ok(account) => account,
        Err(failure) => {
            findings.extend(Finding::failed("private-key", &failure));
            return None;
        }
    };
    let message = "an RSA key that only its owner may read";
    findings.push(Finding::ok("private-key", message));
    let wrap = |inner| watched.around(inner);
    match connection::client(remote, account, config, layers, clock, &wrap) {
        Ok(client) => Some((client, key)),
        Err(failure) => {
            findings.extend(Finding::failed("addresses", &failure));
            None
        }
    }
}

/// Sends the credentials, and reports IDCloud's answers and what they show about the network.
async fn talk(client: &Client, key: Option<&ApiKey>, watched: &Watched) -> Vec<Finding> {
    let options = CallOptions::new().with_deadline(DEADLINE);
    let token = client.access_token(&options).await;
    let key = match (&token, key) {
        (Ok(_), Some(key)) => Some(look(client, key, &options).await),
        _ => None,
    };
    let mut findings = watched.findings(token.is_ok());
    findings.push(match &token {
        Ok(_) => Finding::ok("token", "the identity server accepts the service account"),
        Err(error) => of_call("token", error),
    });
    findings.extend(key);
    findings
}

/// Looks up a process that does not exist: a good key gets "not found", a bad one is refused.
async fn look(client: &Client, key: &ApiKey, options: &CallOptions) -> Finding {
    const CHECK: &str = "api-key";
    let Ok(id) = nobodys_id().parse::<ProcessId>() else {
        return Finding::skipped(CHECK, "no id could be drawn");
    };
    let accepted = Finding::ok(CHECK, "IDCloud accepts the API key");
    match client.process(key, &id, options).await {
        Ok(_) => accepted,
        Err(error) if error.code().map(ErrorCode::as_str) == Some("50001") => accepted,
        Err(error) => of_call(CHECK, &error),
    }
}

fn of_call(check: &'static str, error: &Error) -> Finding {
    let failure = call::of_read(error);
    Finding {
        check,
        status: Status::Failed,
        code: failure.code,
        message: failure.message,
        remedy: failure.help.map(String::from),
        exit: failure.exit,
    }
}

/// A random UUID, version 4.
fn nobodys_id() -> String {
    let [mut high, mut low] = [fastrand::u64(..), fastrand::u64(..)];
    high = high & !0xf000 | 0x4000;
    low = low & !(0b11 << 62) | 0b10 << 62;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

fn write(
    findings: &[Finding],
    simulated: bool,
    to: &mut dyn Write,
    style: Style,
) -> io::Result<()> {
    if simulated {
        writeln!(
            to,
            "{}: a simulator was checked, and no server of Unico's",
            style.caution("SIMULATED")
        )?;
        writeln!(to)?;
    }
    for finding in findings {
        finding.write(to, style)?;
    }
    writeln!(to)?;
    let count = |status| findings.iter().filter(|one| one.status == status).count();
    let verdict = match (count(Status::Failed), count(Status::Warning)) {
        (0, 0) => style.good("Nothing is wrong."),
        (0, _) => style.caution("It works; see the warnings."),
        _ => style.error("It does not work yet: follow the remedies from the top."),
    };
    writeln!(to, "{verdict}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobodys_id_is_an_id() {
        for _ in 0..100 {
            let id = nobodys_id();
            assert!(id.parse::<ProcessId>().is_ok(), "{id}");
            assert_eq!(id.as_bytes()[14], b'4');
            assert!(matches!(id.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
        }
    }
}
