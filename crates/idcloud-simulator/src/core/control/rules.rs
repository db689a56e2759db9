//! The rules of `PUT /_simulator/rules`: outcomes, accounts, the dialect, faults, captures,
//! webhooks.
//! Must not apply a part: a body with one mistake changes nothing.

use std::time::Duration;

use serde::Deserialize;

use super::arranged_outcome::{Arranged, Whom};
use super::arranged_webhook::ArrangedWebhook;
use crate::core::fault::{FaultRule, FaultSpecError, parse_duration};
use crate::core::simulator::Simulator;
use crate::{AccountState, CaptureMarking, Dialect, WebhookAuthError};

/// Why rules are refused; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// Not the expected JSON: a member is unknown, missing, or of the wrong type.
    #[error("the body is not an object of rules; docs/simulator.md lists their members")]
    Form,
    /// A code is neither a CPF nor a CURP.
    #[error("outcomes: code is a CPF or a CURP, without dots and dashes")]
    Code,
    /// An outcome must be for one code, or for codes with one ending.
    #[error("outcomes: give code or endsWith, not both")]
    Whom,
    /// The account or the state does not exist.
    #[error("accounts: name an account of the tenant and one of the listed states")]
    Account,
    /// The dialect does not exist.
    #[error("dialect: 2023, 2024, 2025 or 2026, as text")]
    Dialect,
    /// A duration cannot be parsed.
    #[error("a span of time is written as 250ms, 1.7s, 5m, 24h or 1d")]
    Span,
    /// A webhook's address is not absolute, or not plain HTTP.
    #[error("webhooks: url and tokenUrl are absolute and begin with http://")]
    Url,
    /// A webhook's credential cannot be sent.
    #[error("webhooks: {0}")]
    Credential(WebhookAuthError),
    /// A fault's specification is wrong.
    #[error("faults: {0}")]
    Fault(FaultSpecError),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Rules {
    outcomes: Option<Vec<Arranged>>,
    accounts: Option<Vec<Stands>>,
    dialect: Option<String>,
    faults: Option<Vec<String>>,
    captures: Option<Captures>,
    webhooks: Option<Vec<ArrangedWebhook>>,
}

/// The state of an account; accounts that are not named keep theirs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Stands {
    tenant_id: Option<String>,
    account: String,
    state: String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Captures {
    BeforeProcessing,
    WithProcess,
    AfterAnswer,
}

impl Simulator {
    /// Applies the rules in `body`: each section in it replaces the earlier arrangements of its
    /// kind.
    ///
    /// # Errors
    /// [`RulesError`]; then nothing has changed.
    pub fn put_rules(&mut self, body: &[u8]) -> Result<(), RulesError> {
        let rules: Rules = serde_json::from_slice(body).map_err(|_| RulesError::Form)?;
        let outcomes = rules.outcomes.map(all(Arranged::parse)).transpose()?;
        let accounts = rules.accounts.unwrap_or_default();
        let accounts: Vec<_> = accounts
            .into_iter()
            .map(|account| self.account_state(account))
            .collect::<Result<_, _>>()?;
        let dialect = rules.dialect.map(|text| text.parse::<Dialect>());
        let dialect = dialect.transpose().map_err(|_| RulesError::Dialect)?;
        let faults = rules.faults.map(all(fault)).transpose()?;
        let webhooks = rules
            .webhooks
            .map(all(ArrangedWebhook::parse))
            .transpose()?;
        if let Some(outcomes) = outcomes {
            self.forget_arrangements();
            for (whom, outcome) in outcomes {
                match whom {
                    Whom::Code(code) => self.arrange(code, outcome),
                    Whom::Ending(ending) => self.arrange_ending(ending, outcome),
                }
            }
        }
        for (tenant, account, state) in accounts {
            self.set_account_state(&tenant, &account, state);
        }
        if let Some(dialect) = dialect {
            self.set_dialect(dialect);
        }
        if let Some(faults) = faults {
            self.clear_faults();
            for rule in faults {
                self.add_fault(rule);
            }
        }
        if let Some(captures) = rules.captures {
            self.mark_captures(match captures {
                Captures::BeforeProcessing => CaptureMarking::BeforeProcessing,
                Captures::WithProcess => CaptureMarking::WithProcess,
                Captures::AfterAnswer => CaptureMarking::AfterAnswer,
            });
        }
        if let Some(webhooks) = webhooks {
            self.forget_webhooks();
            for (tenant, webhook) in webhooks {
                let tenant = tenant.unwrap_or_else(|| self.tenant_id().to_owned());
                self.set_webhook(&tenant, Some(webhook));
            }
        }
        Ok(())
    }

    /// Resolves `wanted` to an existing account and a valid state.
    fn account_state(&self, wanted: Stands) -> Result<(String, String, AccountState), RulesError> {
        let tenant = wanted
            .tenant_id
            .unwrap_or_else(|| self.tenant_id().to_owned());
        let state = AccountState::ALL
            .into_iter()
            .find(|state| state.as_str() == wanted.state)
            .filter(|_| self.has_account(&tenant, &wanted.account));
        Ok((tenant, wanted.account, state.ok_or(RulesError::Account)?))
    }
}

fn all<T, U>(
    parse: impl Fn(T) -> Result<U, RulesError>,
) -> impl FnOnce(Vec<T>) -> Result<Vec<U>, RulesError> {
    move |list| list.into_iter().map(parse).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "one shape for every list")]
fn fault(text: String) -> Result<FaultRule, RulesError> {
    text.parse().map_err(RulesError::Fault)
}

/// Parses a duration, if one is given.
pub(super) fn span(text: Option<String>) -> Result<Option<Duration>, RulesError> {
    text.map(|text| parse_duration(&text).ok_or(RulesError::Span))
        .transpose()
}
