//! The state around the processes: faults, the ledger, webhooks, arrangements and the reset.
//!
//! Must not decide an answer: the request handlers do.

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

    /// Ends every active fault, and removes the others.
    pub fn clear_faults(&mut self) {
        self.faults.clear();
    }

    /// The faults that can still strike: the rest of the scripts, then the others.
    pub fn faults(&self) -> impl Iterator<Item = FaultRule> + '_ {
        self.faults.rules()
    }

    /// Sets or removes the webhook of `tenant_id`. Only processes that are created from now on are
    /// notified.
    pub fn set_webhook(&mut self, tenant_id: &str, webhook: Option<Webhook>) {
        self.webhooks.set(tenant_id, webhook);
    }

    /// When the next webhook request is due; a past time if it is late.
    ///
    /// `None` while none waits, and while the most allowed deliveries are in flight.
    #[must_use]
    pub fn next_webhook(&self) -> Option<SystemTime> {
        self.webhooks.next()
    }

    /// Every webhook request that is due at `now`. The caller must return each by
    /// [`delivered`](Self::delivered).
    pub fn due_webhooks(&mut self, now: SystemTime) -> Vec<WebhookDelivery> {
        self.webhooks.due(&mut self.faults, &mut self.notices, now)
    }

    /// Records the end of a delivery: with an answer, or without one.
    pub fn delivered(&mut self, id: u64, answer: Option<&Response<Bytes>>, now: SystemTime) {
        self.webhooks.delivered(id, answer, now);
    }

    /// Counts of the webhook deliveries so far.
    #[must_use]
    pub fn webhook_tally(&self) -> WebhookTally {
        self.webhooks.tally()
    }

    /// Resets everything but the configuration and the issued credentials to the state before the
    /// first request.
    ///
    /// Process ids start again as well. Access tokens are forgotten; webhooks stay, without
    /// notices.
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

    /// Arranges the outcome of everyone whose code ends with `ending`, also for a listed test
    /// subject; an empty text means everyone. An arrangement for a whole code has precedence; among
    /// several endings, the longest one has.
    pub fn arrange_ending(&mut self, ending: impl Into<String>, outcome: Outcome) {
        let ending = ending.into();
        self.endings.retain(|(arranged, _)| *arranged != ending);
        self.endings.push((ending, outcome));
        self.endings
            .sort_by_key(|(ending, _)| std::cmp::Reverse(ending.len()));
    }

    /// Removes all arrangements: outcomes come from the list of test subjects again.
    pub fn forget_arrangements(&mut self) {
        self.arranged.clear();
        self.endings.clear();
    }

    /// Sets when captures are marked as used, from now on.
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

    /// The outcome of the longest matching ending.
    pub(super) fn outcome_by_ending(&self, code: &SubjectCode) -> Option<Outcome> {
        self.endings
            .iter()
            .find_map(|(ending, outcome)| code.expose().ends_with(ending).then_some(*outcome))
    }
}
