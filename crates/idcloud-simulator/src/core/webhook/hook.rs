//! One tenant's webhook: waiting notices, deliveries in flight, and the bearer token.
//!
//! Must not repeat a notice that was answered with 2xx, nor drop one before its last attempt.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, Uri};
use serde_json::Value;

use super::notice::Notice;
use super::{WebhookDelivery, WebhookTally};
use crate::core::fault::reaction::ScheduledEvent;
use crate::core::fault::{Fault, FaultPoint, Faults};
use crate::core::wire::answer::SIMULATED_HEADER;
use crate::core::wire::ids::Ids;
use crate::setup::webhook::{basic, sensitive};
use crate::{Webhook, WebhookAuth};

/// How long a held-back notice waits for another one to overtake it.
const HELD_BACK: Duration = Duration::from_secs(30);
/// How long before its expiry a bearer is renewed.
const BEARER_RESERVE: Duration = Duration::from_secs(30);
/// The lifetime of a bearer whose answer has none.
const BEARER_LIFE: Duration = Duration::from_secs(3_600);

/// A webhook and the state of its deliveries.
pub(crate) struct Hook {
    webhook: Webhook,
    /// Waiting notices by due time and number.
    waiting: BTreeMap<(SystemTime, u64), Notice>,
    /// Keys of notices that a fault holds back until another one was sent.
    held_back: Vec<(SystemTime, u64)>,
    in_flight: BTreeMap<u64, Notice>,
    bearer: Bearer,
    tally: WebhookTally,
}

/// The bearer that a webhook with OAuth 2 needs.
#[derive(Default)]
struct Bearer {
    token: Option<(HeaderValue, SystemTime)>,
    /// The delivery that fetches a new one.
    fetching: Option<u64>,
    failures: u32,
    not_before: Option<SystemTime>,
}

impl Hook {
    pub(crate) fn new(webhook: Webhook) -> Self {
        Self {
            webhook,
            waiting: BTreeMap::new(),
            held_back: Vec::new(),
            in_flight: BTreeMap::new(),
            bearer: Bearer::default(),
            tally: WebhookTally::default(),
        }
    }

    pub(crate) fn reset(&mut self) {
        *self = Self::new(self.webhook.clone());
    }

    pub(crate) fn tally(&self) -> WebhookTally {
        let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
        WebhookTally {
            waiting: count(self.waiting.len()),
            in_flight: count(self.in_flight.len()) + u64::from(self.bearer.fetching.is_some()),
            ..self.tally
        }
    }

    pub(crate) fn expect(&mut self, event: &ScheduledEvent, next_id: &mut u64) {
        if let Some(notice) = Notice::of(event, &self.webhook) {
            self.waiting.insert((event.due, number(next_id)), notice);
        }
    }

    /// When the next request is due. `None` while the most allowed deliveries are in flight, or
    /// while a bearer is fetched.
    pub(crate) fn next(&self) -> Option<SystemTime> {
        if self.in_flight.len() >= self.webhook.in_flight || self.bearer.fetching.is_some() {
            return None;
        }
        let ((due, _), _) = self.waiting.first_key_value()?;
        Some(self.bearer.not_before.map_or(*due, |after| after.max(*due)))
    }

    pub(crate) fn due(
        &mut self,
        faults: &mut Faults,
        ids: &mut Ids,
        next_id: &mut u64,
        now: SystemTime,
        due: &mut Vec<WebhookDelivery>,
    ) {
        while self.next().is_some_and(|next| next <= now) {
            let is_sendable = self.webhook.auth.check().is_ok();
            if is_sendable && let Some(fetch) = self.fetch_bearer(next_id, now) {
                due.push(fetch);
                return;
            }
            let Some(((_, id), mut notice)) = self.waiting.pop_first() else {
                return;
            };
            // Without its credential, a notice must not be sent: the receiver relies on
            // authentication.
            if !is_sendable {
                self.tally.given_up += 1;
                continue;
            }
            if !notice.drawn {
                notice.drawn = true;
                match faults.draw(FaultPoint::Webhook, now).fault {
                    Fault::Lose => {
                        self.tally.lost += 1;
                        continue;
                    }
                    Fault::Latency(latency) => {
                        let later = now.checked_add(latency).unwrap_or(now);
                        self.waiting.insert((later, id), notice);
                        continue;
                    }
                    Fault::Reorder => {
                        let key = (now.checked_add(HELD_BACK).unwrap_or(now), id);
                        self.waiting.insert(key, notice);
                        self.held_back.push(key);
                        continue;
                    }
                    Fault::Duplicate => {
                        self.waiting.insert((now, number(next_id)), notice.clone());
                    }
                    Fault::Forge => {
                        let forged = Notice::forged(&ids.uuid(), &self.webhook);
                        let id = number(next_id);
                        due.push(self.send(id, forged));
                    }
                    _ => {}
                }
            }
            // A notice that waited for a retry may have been held back before.
            self.held_back.retain(|(_, held)| *held != id);
            due.push(self.send(id, notice));
            self.overtaken(now);
        }
    }

    pub(crate) fn delivered(&mut self, id: u64, answer: Option<&Response<Bytes>>, now: SystemTime) {
        if self.bearer.fetching == Some(id) {
            self.fetched(answer, now);
            return;
        }
        let Some(mut notice) = self.in_flight.remove(&id) else {
            return;
        };
        if answer.is_some_and(|answer| answer.status().is_success()) {
            self.tally.delivered += u64::from(!notice.forged);
            return;
        }
        if answer.is_some_and(|answer| answer.status() == StatusCode::UNAUTHORIZED) {
            self.bearer.token = None;
        }
        if notice.forged {
            return;
        }
        self.tally.failed_attempts += 1;
        notice.failures = notice.failures.saturating_add(1);
        self.again_or_never(id, notice, now);
    }

    fn again_or_never(&mut self, id: u64, notice: Notice, now: SystemTime) {
        let wait = self.webhook.wait_after(notice.failures);
        match now.checked_add(wait) {
            Some(due) if notice.failures < self.webhook.attempts => {
                self.waiting.insert((due, id), notice);
            }
            _ => self.tally.given_up += 1,
        }
    }

    /// Releases held-back notices behind the one that was just sent.
    fn overtaken(&mut self, now: SystemTime) {
        for key in std::mem::take(&mut self.held_back) {
            if let Some(notice) = self.waiting.remove(&key) {
                self.waiting.insert((now, key.1), notice);
            }
        }
    }

    fn send(&mut self, id: u64, notice: Notice) -> WebhookDelivery {
        let mut request = post(&self.webhook.url, "application/json", notice.body.clone());
        if !notice.forged
            && let Some((name, value)) = self.credentials()
        {
            request.headers_mut().insert(name, value);
        }
        self.in_flight.insert(id, notice);
        WebhookDelivery {
            id,
            request,
            timeout: self.webhook.timeout,
        }
    }

    fn credentials(&self) -> Option<(HeaderName, HeaderValue)> {
        if let WebhookAuth::OAuth2 { .. } = &self.webhook.auth {
            let (token, _) = self.bearer.token.as_ref()?;
            return Some((AUTHORIZATION, token.clone()));
        }
        self.webhook.auth.header().ok()?
    }

    /// The request for a bearer, if one is needed and absent.
    fn fetch_bearer(&mut self, next_id: &mut u64, now: SystemTime) -> Option<WebhookDelivery> {
        let WebhookAuth::OAuth2 {
            token_url,
            client_id,
            client_secret,
        } = &self.webhook.auth
        else {
            return None;
        };
        if self
            .bearer
            .token
            .as_ref()
            .is_some_and(|(_, until)| *until > now)
        {
            return None;
        }
        let body = Bytes::from_static(b"grant_type=client_credentials");
        let mut request = post(token_url, "application/x-www-form-urlencoded", body);
        if let Ok(value) = basic(client_id, client_secret) {
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        let id = number(next_id);
        self.bearer.fetching = Some(id);
        Some(WebhookDelivery {
            id,
            request,
            timeout: self.webhook.timeout,
        })
    }

    fn fetched(&mut self, answer: Option<&Response<Bytes>>, now: SystemTime) {
        self.bearer.fetching = None;
        self.bearer.token = answer
            .filter(|answer| answer.status().is_success())
            .and_then(|answer| bearer(answer.body(), now));
        if self.bearer.token.is_some() {
            self.bearer.failures = 0;
            self.bearer.not_before = None;
            return;
        }
        self.tally.failed_attempts += 1;
        self.bearer.failures = self.bearer.failures.saturating_add(1);
        if self.bearer.failures < self.webhook.attempts {
            let wait = self.webhook.wait_after(self.bearer.failures);
            self.bearer.not_before = now.checked_add(wait);
            return;
        }
        // Without a bearer, the notices that are due now can never be delivered.
        self.bearer.failures = 0;
        self.bearer.not_before = None;
        let later = self.waiting.split_off(&(now, u64::MAX));
        let hopeless = std::mem::replace(&mut self.waiting, later);
        self.tally.given_up += u64::try_from(hopeless.len()).unwrap_or(u64::MAX);
    }
}

fn number(next_id: &mut u64) -> u64 {
    *next_id += 1;
    *next_id
}

fn post(url: &Uri, content_type: &'static str, body: Bytes) -> Request<Bytes> {
    let mut request = Request::new(body);
    *request.method_mut() = http::Method::POST;
    *request.uri_mut() = url.clone();
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(SIMULATED_HEADER, HeaderValue::from_static("true"));
    request
}

/// The header with the bearer from a token answer, and the end of its use.
fn bearer(body: &[u8], now: SystemTime) -> Option<(HeaderValue, SystemTime)> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let token = answer.get("access_token")?.as_str()?;
    let token = sensitive(&format!("Bearer {token}"))?;
    let life = answer
        .get("expires_in")
        .and_then(Value::as_u64)
        .map_or(BEARER_LIFE, Duration::from_secs);
    let until = now.checked_add(life.saturating_sub(BEARER_RESERVE))?;
    Some((token, until))
}
