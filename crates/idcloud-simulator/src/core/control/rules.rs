//! What `PUT /_simulator/rules` arranges: outcomes, accounts, the dialect, faults, captures, webhooks.
//! Never half: a body with one mistake changes nothing.

use std::time::Duration;

use http::Uri;
use idcloud_model::SubjectCode;
use serde::Deserialize;

use crate::core::faults::{FaultRule, FaultSpecError, parse_duration};
use crate::core::simulator::Simulator;
use crate::{
    AccountState, CaptureMarking, Course, Dialect, Notices, Outcome, Paper, Webhook, WebhookAuth,
};

/// What a slow process takes unless it is said.
const SLOW: Duration = Duration::from_secs(60);

/// Why rules are refused; nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// Not the JSON that it should be: a member is unknown, missing, or of the wrong type.
    #[error("the body is not an object of rules; docs/simulator.md lists their members")]
    Form,
    /// A code is no CPF and no CURP.
    #[error("outcomes: code is a CPF or a CURP, without dots and dashes")]
    Code,
    /// An outcome is for one code or for codes that end in the same way.
    #[error("outcomes: give code or endsWith, not both")]
    Whom,
    /// There is no such account, or no such state.
    #[error("accounts: name an account of the tenant and one of the listed states")]
    Account,
    /// There is no such dialect.
    #[error("dialect: 2023, 2024, 2025 or 2026, as text")]
    Dialect,
    /// A span of time cannot be read.
    #[error("a span of time is written as 250ms, 1.7s, 5m, 24h or 1d")]
    Span,
    /// A webhook's address is not absolute, or not plain http.
    #[error("webhooks: url and tokenUrl are absolute and begin with http://")]
    Url,
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
    webhooks: Option<Vec<Hook>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Arranged {
    code: Option<String>,
    ends_with: Option<String>,
    identity: Option<Identity>,
    liveness: Option<i64>,
    alert: Option<Alert>,
    score: Option<i64>,
    serpro: Option<i64>,
    face_match: Option<bool>,
    trust: Option<Trust>,
    document: Option<Drawn>,
    course: Option<Way>,
    /// How long a slow process takes.
    after: Option<String>,
    status: Option<i64>,
}

/// How an account stands; those that are not named stay as they are.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Stands {
    tenant_id: Option<String>,
    account: String,
    state: String,
}

/// A word of the wire, or one that no document lists.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Identity {
    Yes,
    No,
    Inconclusive,
    UnderReview,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Alert {
    /// The member is missing although the key has it.
    Absent,
    Yes,
    Suspicious,
    Inconclusive,
    UnderReview,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Way {
    Straight,
    Divergence,
    Slow,
    Failure,
    FailureOnce,
    LateFailure,
    Cancellation,
    NeverFinal,
}

/// IDCloud's own decision, in both documented vocabularies.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Trust {
    Approved,
    Inconclusive,
    Retry,
    Denied,
    Reproved,
    HighRisk,
    RiskHigh,
    CriticalRisk,
    RiskCritical,
    UnderReview,
}

impl Trust {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Inconclusive => "inconclusive",
            Self::Retry => "retry",
            Self::Denied => "denied",
            Self::Reproved => "reproved",
            Self::HighRisk => "high-risk",
            Self::RiskHigh => "risk-high",
            Self::CriticalRisk => "critical-risk",
            Self::RiskCritical => "risk-critical",
            Self::UnderReview => "under-review",
        }
    }
}

/// What a document turns out to be.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Drawn {
    Own,
    OtherNumber,
    OtherFace,
    Unreadable,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Captures {
    BeforeProcessing,
    WithProcess,
    AfterAnswer,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Hook {
    tenant_id: Option<String>,
    url: String,
    auth: Option<Auth>,
    notices: Option<Told>,
    flow: Option<String>,
    attempts: Option<u32>,
    first_wait: Option<String>,
    longest_wait: Option<String>,
    timeout: Option<String>,
    in_flight: Option<usize>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Told {
    Finished,
    EveryChange,
}

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    tag = "type",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
enum Auth {
    None,
    Basic {
        user: String,
        password: String,
    },
    ApiKey {
        value: String,
    },
    #[serde(rename = "oauth2")]
    OAuth2 {
        token_url: String,
        client_id: String,
        client_secret: String,
    },
}

impl Simulator {
    /// Takes over the rules in `body`: each section that is there replaces what was arranged at run time before.
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
        let webhooks = rules.webhooks.map(all(Hook::parse)).transpose()?;
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

    /// What `wanted` asks for, of an account and in a state that there are.
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

fn span(text: Option<String>) -> Result<Option<Duration>, RulesError> {
    text.map(|text| parse_duration(&text).ok_or(RulesError::Span))
        .transpose()
}

fn address(text: &str) -> Result<Uri, RulesError> {
    text.parse()
        .ok()
        .filter(|uri: &Uri| uri.scheme_str() == Some("http") && uri.authority().is_some())
        .ok_or(RulesError::Url)
}

enum Whom {
    Code(SubjectCode),
    /// Everybody whose code ends so; an empty text is everybody.
    Ending(String),
}

impl Arranged {
    fn parse(self) -> Result<(Whom, Outcome), RulesError> {
        let whom = match (self.code, self.ends_with) {
            (Some(code), None) => Whom::Code(code.parse().map_err(|_| RulesError::Code)?),
            (None, ending) => Whom::Ending(ending.unwrap_or_default()),
            (Some(_), Some(_)) => return Err(RulesError::Whom),
        };
        let mut outcome = match self.identity.unwrap_or(Identity::Inconclusive) {
            Identity::Yes => Outcome::YES,
            Identity::No => Outcome::NO,
            Identity::Inconclusive => Outcome::INCONCLUSIVE,
            Identity::UnderReview => Outcome::identity("under-review"),
        };
        if let Some(liveness) = self.liveness {
            outcome = outcome.with_liveness(liveness);
        }
        if let Some(alert) = self.alert {
            outcome = outcome.with_alert(match alert {
                Alert::Absent => None,
                Alert::Yes => Some("yes"),
                Alert::Suspicious => Some("suspicious"),
                Alert::Inconclusive => Some("inconclusive"),
                Alert::UnderReview => Some("under-review"),
            });
        }
        if let Some(score) = self.score {
            outcome = outcome.with_score(score);
        }
        if let Some(serpro) = self.serpro {
            outcome = outcome.with_serpro(serpro);
        }
        if let Some(face_match) = self.face_match {
            outcome = outcome.with_face_match(face_match);
        }
        if let Some(trust) = self.trust {
            outcome = outcome.with_trust(trust.as_str());
        }
        if let Some(document) = self.document {
            outcome = outcome.with_paper(match document {
                Drawn::Own => Paper::Own,
                Drawn::OtherNumber => Paper::OtherNumber,
                Drawn::OtherFace => Paper::OtherFace,
                Drawn::Unreadable => Paper::Unreadable,
            });
        }
        let after = span(self.after)?;
        let course = match (self.status, self.course) {
            (Some(status), _) => Course::UnlistedStatus(status),
            (None, None | Some(Way::Straight)) => Course::Straight,
            (None, Some(Way::Divergence)) => Course::Divergence,
            (None, Some(Way::Slow)) => Course::Slow(after.unwrap_or(SLOW)),
            (None, Some(Way::FailureOnce)) => Course::FailureOnce,
            (None, Some(Way::Failure)) => Course::Failure,
            (None, Some(Way::LateFailure)) => Course::LateFailure,
            (None, Some(Way::Cancellation)) => Course::Cancellation,
            (None, Some(Way::NeverFinal)) => Course::NeverFinal,
        };
        Ok((whom, outcome.with_course(course)))
    }
}

impl Hook {
    fn parse(self) -> Result<(Option<String>, Webhook), RulesError> {
        let mut webhook = Webhook::new(address(&self.url)?);
        if let Some(auth) = self.auth {
            webhook = webhook.with_auth(auth.parse()?);
        }
        if let Some(notices) = self.notices {
            webhook = webhook.with_notices(match notices {
                Told::Finished => Notices::Finished,
                Told::EveryChange => Notices::EveryChange,
            });
        }
        if let Some(flow) = self.flow {
            webhook = webhook.with_flow(flow);
        }
        if let Some(timeout) = span(self.timeout)? {
            webhook = webhook.with_timeout(timeout);
        }
        if let Some(most) = self.in_flight {
            webhook = webhook.with_in_flight(most);
        }
        let attempts = self.attempts.unwrap_or(webhook.attempts);
        let first = span(self.first_wait)?.unwrap_or(webhook.first_wait);
        let longest = span(self.longest_wait)?.unwrap_or(webhook.longest_wait);
        Ok((
            self.tenant_id,
            webhook.with_attempts(attempts, first, longest),
        ))
    }
}

impl Auth {
    fn parse(self) -> Result<WebhookAuth, RulesError> {
        Ok(match self {
            Self::None => WebhookAuth::None,
            Self::Basic { user, password } => WebhookAuth::Basic { user, password },
            Self::ApiKey { value } => WebhookAuth::ApiKey(value),
            Self::OAuth2 {
                token_url,
                client_id,
                client_secret,
            } => WebhookAuth::OAuth2 {
                token_url: address(&token_url)?,
                client_id,
                client_secret,
            },
        })
    }
}
