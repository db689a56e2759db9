//! State and ledger as the control endpoints show them.
//!
//! Must not show a credential, a person's number or a picture.

use std::time::SystemTime;

use serde::Serialize;

use crate::core::fault::FaultRule;
use crate::core::ledger::LedgerEntry;
use crate::core::simulator::Simulator;
use crate::encoding::time_format::written_out;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct State {
    simulated: bool,
    seed: u64,
    now: String,
    tally: ShownTally,
    billed: u64,
    webhooks: ShownWebhooks,
    /// Faults that can still strike.
    faults: Vec<String>,
    captures: &'static str,
    /// How many outcomes were arranged at run time.
    outcomes: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownTally {
    token_requests: u64,
    tokens_issued: u64,
    create_requests: u64,
    processes_created: u64,
    lookups: u64,
    rate_limited: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownWebhooks {
    waiting: u64,
    in_flight: u64,
    delivered: u64,
    failed_attempts: u64,
    given_up: u64,
    lost: u64,
}

#[derive(Serialize)]
pub(super) struct ShownLedger<'a> {
    billed: u64,
    forgotten: u64,
    processes: Vec<Billed<'a>>,
    doubles: Vec<Vec<&'a str>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Billed<'a> {
    process_id: &'a str,
    tenant_id: &'a str,
    digest: &'a str,
    client_reference: Option<&'a str>,
    created_at: String,
    answered: bool,
    fails: bool,
}

impl Simulator {
    pub(super) fn shown_state(&self, now: SystemTime) -> State {
        let (tally, webhooks) = (self.tally(), self.webhook_tally());
        State {
            simulated: true,
            seed: self.config().seed,
            now: moment(now),
            tally: ShownTally {
                token_requests: tally.token_requests,
                tokens_issued: tally.tokens_issued,
                create_requests: tally.create_requests,
                processes_created: tally.processes_created,
                lookups: tally.lookups,
                rate_limited: tally.rate_limited,
            },
            billed: self.ledger().billed(),
            webhooks: ShownWebhooks {
                waiting: webhooks.waiting,
                in_flight: webhooks.in_flight,
                delivered: webhooks.delivered,
                failed_attempts: webhooks.failed_attempts,
                given_up: webhooks.given_up,
                lost: webhooks.lost,
            },
            faults: self
                .faults()
                .map(|rule: FaultRule| rule.to_string())
                .collect(),
            captures: self.captures().as_str(),
            outcomes: self.arranged_outcomes(),
        }
    }

    pub(super) fn shown_ledger(&self) -> ShownLedger<'_> {
        let ledger = self.ledger();
        ShownLedger {
            billed: ledger.billed(),
            forgotten: ledger.forgotten(),
            processes: ledger
                .entries()
                .map(|entry| Billed {
                    process_id: &entry.process_id,
                    tenant_id: &entry.tenant_id,
                    digest: &entry.digest,
                    client_reference: entry.client_reference.as_deref(),
                    created_at: moment(entry.created_at),
                    answered: entry.answered,
                    fails: entry.fails,
                })
                .collect(),
            doubles: ledger.doubles().into_iter().map(ids_of).collect(),
        }
    }
}

fn moment(time: SystemTime) -> String {
    format!("{}Z", written_out(time))
}

fn ids_of(double: Vec<&LedgerEntry>) -> Vec<&str> {
    double
        .into_iter()
        .map(|entry| entry.process_id.as_str())
        .collect()
}
