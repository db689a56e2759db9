//! One reference of a journal in the output.
//!
//! Its keys, their order and their values are public interface. Must not hold personal data: the
//! journal has none.

use std::io::{self, Write};

use idcloud_flows::Report;
use idcloud_flows::journal::{Entry, State};
use idcloud_http::EnvironmentName;
use serde::Serialize;

use crate::batch::results::row_object::RowResult;
use crate::output::sanitize::one_word;
use crate::output::style::Style;
use crate::output::timestamp::rfc3339;

/// One reference.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EntryObject {
    reference: String,
    state: &'static str,
    flow: &'static str,
    environment: &'static str,
    simulated: Option<bool>,
    attempts: usize,
    process_id: Option<String>,
    decision: Option<&'static str>,
    scenario: Option<&'static str>,
    code: Option<String>,
    submitted_at: String,
    changed_at: String,
    /// The end of the lease, if a program is submitting it.
    in_flight_until: Option<String>,
    /// The account that submitted it; `None` for an unreadable record.
    account: Option<String>,
    /// The address of the custom environment; `None` if an earlier version submitted it.
    origin: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    earlier_processes: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<RowResult>,
}

impl EntryObject {
    /// The members that a list shows.
    pub(crate) fn of(entry: &Entry) -> Self {
        let (key, record, state) = (entry.key(), entry.record(), entry.state());
        let verdict = match state {
            State::Finished(finished) => Some(finished.verdict()),
            _ => None,
        };
        let (simulated, code) = match state {
            State::Finished(finished) => (Some(finished.simulated()), None),
            State::Pending(pending) => (Some(pending.simulated()), None),
            State::NotSent(Some(refusal)) => {
                (None, refusal.code().map(|code| code.as_str().to_owned()))
            }
            _ => (None, None),
        };
        Self {
            reference: key.reference().as_str().to_owned(),
            state: state.kind().as_str(),
            flow: key.flow().as_str(),
            environment: key.environment().as_str(),
            simulated,
            attempts: record.attempts(),
            process_id: record
                .process_id()
                .or_else(|| record.doubted())
                .map(|id| id.as_str().to_owned()),
            decision: verdict.as_ref().map(|verdict| verdict.decision().as_str()),
            scenario: verdict.as_ref().map(|verdict| verdict.scenario().id()),
            code,
            submitted_at: rfc3339(record.claimed_at()),
            changed_at: rfc3339(record.changed_at()),
            in_flight_until: record.lease_end().map(rfc3339),
            account: record.account().map(str::to_owned),
            origin: record.origin().map(|origin| origin.as_str().to_owned()),
            earlier_processes: None,
            result: None,
        }
    }

    /// The same with every member that the journal has.
    pub(crate) fn whole(self, entry: &Entry) -> Self {
        let environment = self.environment;
        let earlier = entry.record().earlier_processes();
        Self {
            earlier_processes: Some(earlier.map(|id| id.as_str().to_owned()).collect()),
            result: match entry.state() {
                State::Finished(finished) => Some(RowResult::reported(
                    environment,
                    &Report::from((**finished).clone()),
                )),
                State::Pending(pending) => Some(RowResult::waiting(environment, pending)),
                _ => None,
            },
            ..self
        }
    }
}

/// Writes one line of a list.
pub(crate) fn write_line(entry: &EntryObject, to: &mut dyn Write, style: Style) -> io::Result<()> {
    let state = format!("{:<10}", entry.state);
    let state = match entry.state {
        "ambiguous" => style.error(&state),
        _ => style.dim(&state),
    };
    writeln!(
        to,
        "{}  {state}  {:<28}  {}",
        entry.submitted_at,
        one_word(&entry.reference),
        summary(entry)
    )
}

fn summary(entry: &EntryObject) -> String {
    let simulated = if entry.simulated == Some(true) {
        "SIMULATED: "
    } else {
        ""
    };
    match (entry.decision, entry.scenario, &entry.code) {
        (Some(decision), Some(scenario), _) => format!("{simulated}{decision} ({scenario})"),
        (_, _, Some(code)) => format!("code {code}"),
        _ => entry
            .process_id
            .as_ref()
            .map_or_else(String::new, |id| format!("{simulated}process {id}")),
    }
}

/// Writes everything about one reference.
pub(crate) fn write_entry(entry: &EntryObject, to: &mut dyn Write, style: Style) -> io::Result<()> {
    let state = match entry.state {
        "finished" => style.good(entry.state),
        "ambiguous" => style.error(entry.state),
        _ => style.caution(entry.state),
    };
    writeln!(to, "{state}  {}", one_word(&entry.reference))?;
    writeln!(to)?;
    let mut facts = vec![
        ("what it means", meaning(entry.state).to_owned()),
        ("environment", entry.environment.to_owned()),
        ("flow", entry.flow.to_owned()),
        ("attempts", entry.attempts.to_string()),
        ("submitted", entry.submitted_at.clone()),
        ("last changed", entry.changed_at.clone()),
    ];
    let unknown = || "not written down".to_owned();
    let account = entry.account.clone().unwrap_or_else(unknown);
    facts.insert(2, ("account", account));
    if entry.environment == EnvironmentName::Custom.as_str() {
        let origin = entry.origin.clone().unwrap_or_else(unknown);
        facts.insert(2, ("submitted to", origin));
    }
    let process = entry.process_id.clone().map(|id| match entry.state {
        "ambiguous" => format!("{id}, which an answer named and IDCloud does not know"),
        _ => id,
    });
    facts.extend(process.map(|id| ("process", id)));
    for id in entry.earlier_processes.iter().flatten() {
        facts.push(("failed before", id.clone()));
    }
    let summary = summary(entry);
    if entry.decision.is_some() {
        facts.push(("verdict", summary));
    } else if entry.code.is_some() {
        facts.push(("refused with", summary));
    }
    for (name, value) in facts {
        writeln!(to, "  {} {value}", style.dim(&format!("{name:<16}")))?;
    }
    Ok(())
}

fn meaning(state: &str) -> &'static str {
    match state {
        "claimed" => "somebody is about to send it",
        "dispatched" => "it is on its way",
        "pending" => "it is created, and its result is to come",
        "finished" => "it has its result",
        "ambiguous" => "IDCloud may have created a process; it is not repeated until you settle it",
        "not-sent" => "nothing was created; it may be sent",
        "resend" => "settled: it may be sent again",
        _ => "not known to this version",
    }
}
