//! Runs the checks, one after the other.
//!
//! Must not judge a check whose requirements are not met, nor lock the account by invalid
//! assertions.

use std::time::Duration;

use idcloud_http::{ServiceAccount, TransportErrorKind};
use idcloud_model::ProcessId;

use super::answer::Answer;
use super::check::{Call, Check, Expect, KeyNeed, Step, Want};
use super::report::{Checked, Report};
use super::table::{self, GOOD_EXCHANGE};
use crate::commands::simulator::conformance::server_under_test::{Examined, Key, is_simulated};
use crate::commands::simulator::conformance::variables::Words;
use crate::failure::Failure;
use crate::failure::exit::Exit;

/// How often a process is looked up until it is final.
const LOOKUPS: usize = 40;
const BETWEEN_LOOKUPS: Duration = Duration::from_secs(1);

/// The state that the checks share.
#[derive(Default)]
struct Session {
    token: Option<String>,
    foreign: Option<String>,
}

impl Examined {
    /// Runs every check, or those whose ids begin with `only`.
    ///
    /// # Errors
    /// The server does not answer at all.
    pub(super) async fn examine(&mut self, only: Option<&str>) -> Result<Report, Failure> {
        let mut session = Session::default();
        let home = self.environment.account().clone();
        let answer = self.log_in(&home).await.map_err(unreachable)?;
        self.simulated = is_simulated(&answer);
        session.token = answer.text("access_token").map(str::to_owned);
        self.look_at_keys(&session).await;
        session.foreign = self.foreign_process().await;
        let mut checks = Vec::new();
        // An account without a token is reported, whatever checks are selected.
        let locked_out = session.token.is_none();
        let wanted = |check: &&Check| {
            only.is_none_or(|only| check.id.starts_with(only))
                || (locked_out && check.id == table::GRANTED)
        };
        for check in table::checks().filter(wanted) {
            checks.push(self.check(check, &mut session).await);
        }
        let environment = self.environment.name().as_str();
        Ok(Report::new(environment, self.simulated, checks))
    }

    async fn log_in(&mut self, account: &ServiceAccount) -> Result<Answer, TransportErrorKind> {
        let mut words = self.words(account);
        self.exchange(GOOD_EXCHANGE, account, &mut words).await
    }

    /// Finds out which keys refuse plain pictures.
    ///
    /// No configuration says it. A server that wrongly answers 10506 has its checks skipped, not
    /// failed.
    async fn look_at_keys(&mut self, session: &Session) {
        for position in 0..self.keys.len() {
            let Some(key) = self.keys.get(position) else {
                return;
            };
            if key.captures_only.is_some() {
                continue;
            }
            let mut words = self.words(&self.environment.account().clone());
            words.set("$TOKEN", session.token.as_deref().unwrap_or_default());
            words.set("$KEY", key_text(self.keys.get(position)));
            let call = Call::create(table::PLAIN);
            words.draw(call.body, self.now());
            let answer = self.call(call, &words).await;
            let refused =
                answer.is_ok_and(|answer| answer.text("error.code|Error.code") == Some("10506"));
            if let Some(key) = self.keys.get_mut(position) {
                key.captures_only = Some(refused);
            }
        }
    }

    /// A process of another tenant, if there is one.
    async fn foreign_process(&mut self) -> Option<String> {
        let (account, key) = self.foreign.clone()?;
        let answer = self.log_in(&account).await.ok()?;
        let mut words = self.words(&account);
        words.set("$TOKEN", answer.text("access_token")?);
        words.set("$KEY", key.as_str());
        let call = Call::create(table::PLAIN);
        words.draw(call.body, self.now());
        let answer = self.call(call, &words).await.ok()?;
        answer.text("id").map(str::to_owned)
    }

    /// The words that every check may use.
    fn words(&mut self, account: &ServiceAccount) -> Words {
        let mut words = Words::default();
        words.set("$ISS", account.issuer());
        words.set("$AUD", self.identity_url());
        self.tell_the_time(&mut words);
        words
    }

    fn tell_the_time(&mut self, words: &mut Words) {
        let (now, life) = self.times();
        for (word, seconds) in [
            ("$NOW", now),
            ("$EXP", now + life),
            ("$TOMORROW", now + 86_400 + life),
            ("$LONG_AGO", now.saturating_sub(7_200)),
            ("$PAST", now.saturating_sub(7_200 - life)),
        ] {
            words.set(word, seconds.to_string());
        }
        if words.value("$SAME").is_none() {
            words.set("$SAME", (now + life).to_string());
        }
    }

    async fn check(&mut self, check: &'static Check, session: &mut Session) -> Checked {
        let account = self.environment.account().clone();
        if let Some(want) = check.wants.iter().find(|want| !self.has(**want, session)) {
            return Checked::skipped(check, want.describe());
        }
        let mut words = self.words(&account);
        for (word, need) in ["$KEY", "$KEY2"].into_iter().zip(check.keys) {
            let Some(key) = self.key(*need) else {
                return Checked::skipped(check, need.describe());
            };
            words.set(word, key.secret.as_str());
        }
        if let (Some(id), Some((_, key))) = (&session.foreign, &self.foreign) {
            words.set("$FOREIGN", id.as_str());
            words.set("$FOREIGN_KEY", key.as_str());
        }
        let needed = check.steps.iter().any(presents_the_token);
        match &session.token {
            Some(token) => words.set("$TOKEN", token.as_str()),
            None if needed => {
                return Checked::skipped(check, "an access token, and none was granted");
            }
            None => {}
        }
        let mut answer = None;
        for step in check.steps {
            match self.step(step, &account, &mut words).await {
                Ok(Some(latest)) => answer = Some(latest),
                Ok(None) => {}
                Err(kind) => {
                    let found = format!("no answer: {}", kind.as_str());
                    return Checked::judged(check, false, found);
                }
            }
        }
        self.tidy(check, &account, session).await;
        let Some(answer) = answer else {
            return Checked::judged(check, false, "no answer".to_owned());
        };
        let (right, found) = answer.judge(&check.expects, &words);
        Checked::judged(check, right, found)
    }

    /// Restores the session: consecutive invalid attempts lock an account, and elapsed time ends a
    /// token. A valid exchange fixes both.
    async fn tidy(&mut self, check: &Check, account: &ServiceAccount, session: &mut Session) {
        let passed = check.steps.iter().any(|step| matches!(step, Step::Pass(_)));
        let locks = check.wants.contains(&Want::Leave);
        if (matches!(check.expects, Expect::Denied(_)) && !locks) || passed {
            let token = self.log_in(account).await.ok();
            let token = token.and_then(|answer| answer.text("access_token").map(str::to_owned));
            session.token = token.or_else(|| session.token.take());
        }
    }

    async fn step(
        &mut self,
        step: &Step,
        account: &ServiceAccount,
        words: &mut Words,
    ) -> Result<Option<Answer>, TransportErrorKind> {
        match step {
            Step::Exchange(exchange) => self.exchange(*exchange, account, words).await.map(Some),
            Step::Repeat(exchange, times) => {
                for _ in 0..*times {
                    self.tell_the_time(words);
                    self.exchange(*exchange, account, words).await?;
                }
                self.tell_the_time(words);
                Ok(None)
            }
            Step::Renew => {
                let answer = self.log_in(account).await?;
                words.set("$TOKEN", answer.text("access_token").unwrap_or_default());
                Ok(None)
            }
            Step::Discover(path) => self.discover(path).await.map(Some),
            Step::Pass(time) => {
                self.pass(*time).await;
                Ok(None)
            }
            Step::Call(call) => {
                words.draw(call.body, self.now());
                let answer = self.call(*call, words).await?;
                if call.method == "POST" {
                    remember(&answer, words);
                }
                Ok(Some(answer))
            }
            Step::Burst(call, times) => {
                let mut latest = None;
                for _ in 0..*times {
                    let answer = self.burst(*call, words).await?;
                    let limited = answer.status() == 429;
                    latest = Some(answer);
                    if limited {
                        break;
                    }
                }
                Ok(latest)
            }
            Step::Settle => {
                let lookup = Call::get("/processes/v1/$PROCESS");
                let mut answer = self.call(lookup, words).await?;
                for _ in 0..LOOKUPS {
                    let status = answer.member("status").and_then(serde_json::Value::as_i64);
                    if !matches!(status, Some(1 | 2)) {
                        break;
                    }
                    self.pass(BETWEEN_LOOKUPS).await;
                    answer = self.call(lookup, words).await?;
                }
                remember_document(&answer, words);
                Ok(Some(answer))
            }
        }
    }

    fn has(&self, want: Want, session: &Session) -> bool {
        match want {
            Want::Simulator => self.simulated,
            Want::VirtualTime => self.is_virtual(),
            Want::OtherTenant => session.foreign.is_some(),
            Want::Leave => self.noisy,
        }
    }

    fn key(&self, need: KeyNeed) -> Option<&Key> {
        self.keys
            .iter()
            .find(|key| need.fits(key.capabilities, key.captures_only.unwrap_or_default()))
    }
}

fn key_text(key: Option<&Key>) -> &str {
    key.map_or("", |key| key.secret.as_str())
}

/// Whether the step uses the access token.
fn presents_the_token(step: &Step) -> bool {
    match step {
        Step::Settle => true,
        Step::Call(call) | Step::Burst(call, _) => call
            .authorization
            .is_some_and(|text| text.contains("$TOKEN")),
        _ => false,
    }
}

/// Remembers the created process for the later steps of the check.
fn remember(answer: &Answer, words: &mut Words) {
    if let Some(id) = answer
        .text("id")
        .filter(|id| id.parse::<ProcessId>().is_ok())
    {
        words.set("$PROCESS", id);
        words.set("$UPPER", id.to_ascii_uppercase());
    }
    remember_document(answer, words);
}

/// Remembers the first document; later ones do not replace it.
fn remember_document(answer: &Answer, words: &mut Words) {
    if words.value("$DOCUMENT").is_none()
        && let Some(id) = answer.text("document.id")
    {
        words.set("$DOCUMENT", id);
    }
}

fn unreachable(kind: TransportErrorKind) -> Failure {
    Failure {
        exit: Exit::Unreachable,
        kind: "unreachable",
        help: Some("check the addresses, and that the server runs".into()),
        ..Failure::fault(format!(
            "the token endpoint gave no answer: {}",
            kind.as_str()
        ))
    }
}
