//! Everything around the processes: what goes wrong, what was billed, who is told, and the way back to the beginning.
//!
//! Must not decide an answer: the requests' own part does.

use std::time::SystemTime;

use bytes::Bytes;
use http::Response;
use idcloud_model::SubjectCode;

use super::{FAULTS, LEDGER, NOTICES, REQUESTS, Simulator};
use crate::core::fault::{FaultRule, Faults};
use crate::core::ledger::Ledger;
use crate::core::oauth::access_token::AccessTokens;
use crate::core::process::document_store::Documents;
use crate::core::process::single_use::Used;
use crate::core::process::store::Processes;
use crate::core::tenant::counters::Tally;
use crate::core::webhook::{WebhookDelivery, WebhookTally, Webhooks};
use crate::core::wire::ids::Ids;
use crate::{CaptureMarking, Outcome, Webhook};

impl Simulator {
    /// What was billed so far.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Adds a fault to those of the configuration.
    pub fn add_fault(&mut self, rule: FaultRule) {
        self.faults.add(rule);
    }

    /// Ends every fault, and forgets those that were to come.
    pub fn clear_faults(&mut self) {
        self.faults.clear();
    }

    /// The faults that may still strike: what is left of the scripts, then the others.
    pub fn faults(&self) -> impl Iterator<Item = FaultRule> + '_ {
        self.faults.rules()
    }

    /// Tells `tenant_id` about its processes from now on, or no more. Processes that exist already are not told.
    pub fn set_webhook(&mut self, tenant_id: &str, webhook: Option<Webhook>) {
        self.webhooks.set(tenant_id, webhook);
    }

    /// When a webhook is to be told something; the past if that is late.
    ///
    /// `None` while nothing waits, and while as much is under way as may be.
    #[must_use]
    pub fn next_webhook(&self) -> Option<SystemTime> {
        self.webhooks.next()
    }

    /// Everything that webhooks are to be sent at `now`. Each of it has to come back by [`delivered`](Self::delivered).
    pub fn due_webhooks(&mut self, now: SystemTime) -> Vec<WebhookDelivery> {
        self.webhooks.due(&mut self.faults, &mut self.notices, now)
    }

    /// A delivery has come to an end: with an answer, or without one.
    pub fn delivered(&mut self, id: u64, answer: Option<&Response<Bytes>>, now: SystemTime) {
        self.webhooks.delivered(id, answer, now);
    }

    /// How webhooks have fared so far.
    #[must_use]
    pub fn webhook_tally(&self) -> WebhookTally {
        self.webhooks.tally()
    }

    /// Forgets everything but the configuration and what was issued: as it was before the first request.
    ///
    /// Process ids begin anew as well. Access tokens are forgotten; webhooks stay, with nothing to tell.
    pub fn reset(&mut self) {
        let seed = self.config.seed;
        self.ids = Ids::new(seed, REQUESTS);
        self.notices = Ids::new(seed, NOTICES);
        self.faults = Faults::new(seed, FAULTS, &self.config.faults);
        self.ledger = Ledger::new(&Ids::new(seed, LEDGER).bytes());
        self.tokens = AccessTokens::default();
        self.used_assertions = Used::default();
        self.used_captures = Used::default();
        self.processes = Processes::default();
        self.documents = Documents::default();
        self.failed_once.clear();
        self.forget_arrangements();
        self.tally = Tally::default();
        self.tenants.forget_use();
        self.webhooks.reset();
    }

    /// Decides what becomes of processes about anybody whose code ends with `ending`, listed test subject or not; an empty text
    /// is everybody. Whoever was arranged by the whole code is not touched; of several endings the longest counts.
    pub fn arrange_ending(&mut self, ending: impl Into<String>, outcome: Outcome) {
        let ending = ending.into();
        self.endings.retain(|(arranged, _)| *arranged != ending);
        self.endings.push((ending, outcome));
        self.endings
            .sort_by_key(|(ending, _)| std::cmp::Reverse(ending.len()));
    }

    /// Everybody has the outcome again that the list of test subjects gives them.
    pub fn forget_arrangements(&mut self) {
        self.arranged.clear();
        self.endings.clear();
    }

    /// From now on captures are marked as used at this moment.
    pub const fn mark_captures(&mut self, marking: CaptureMarking) {
        self.config.captures = marking;
    }

    /// When captures are marked as used.
    #[must_use]
    pub const fn captures(&self) -> CaptureMarking {
        self.config.captures
    }

    pub(crate) fn arranged_outcomes(&self) -> usize {
        self.arranged.len() + self.endings.len()
    }

    pub(crate) fn forget_webhooks(&mut self) {
        self.webhooks = Webhooks::default();
    }

    /// The outcome of an ending that fits.
    pub(super) fn outcome_by_ending(&self, code: &SubjectCode) -> Option<Outcome> {
        self.endings
            .iter()
            .find_map(|(ending, outcome)| code.expose().ends_with(ending).then_some(*outcome))
    }
}
