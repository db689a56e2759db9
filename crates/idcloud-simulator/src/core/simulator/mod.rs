//! The simulator: a request and the time go in, an answer comes out.
//!
//! Must not read a clock, open a socket or sleep, nor log anything of a request but its operation.

mod arrivals;
mod creates;
mod document_lookups;
mod provisioning;
mod surroundings;

use std::collections::HashSet;
use std::fmt;
use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use idcloud_model::{ProcessId, SubjectCode};

use super::ledger::Ledger;
use crate::core::fault::arrival::Arrival;
use crate::core::fault::reaction::Reaction;
use crate::core::fault::{Fault, Faults};
use crate::core::oauth::access_token::AccessTokens;
use crate::core::oauth::token;
use crate::core::oauth::token_signer::{self, TokenSigner};
use crate::core::process::document_store::Documents;
use crate::core::process::single_use::Used;
use crate::core::process::store::Processes;
use crate::core::tenant::counters::Tally;
use crate::core::tenant::tenants::Tenants;
use crate::core::webhook::Webhooks;
use crate::core::wire::access::{self, Access, Presented};
use crate::core::wire::answer::Answer;
use crate::core::wire::error_catalogue::Refusal;
use crate::core::wire::ids::Ids;
use crate::core::wire::rejection::Refused;
use crate::core::wire::route::Route;
use crate::setup::subjects;
use crate::{CaptureMarking, Config, Dialect, Outcome};

/// Random streams of one seed: issuing credentials does not change the answers to requests.
const CREDENTIALS: u64 = 1;
const REQUESTS: u64 = 2;
const FAULTS: u64 = 3;
const LEDGER: u64 = 4;
const NOTICES: u64 = 5;
const SIGNER: u64 = 6;

/// An IDCloud without I/O.
///
/// The configuration, the issued credentials, the requests and the given times decide everything:
/// the same of each gives the same answers, byte for byte.
///
/// ```
/// use std::time::SystemTime;
///
/// use bytes::Bytes;
/// use idcloud_simulator::{Config, Simulator};
///
/// let mut simulator = Simulator::new(Config::new(7));
/// let request = http::Request::get("/processes/v1/5f7bd0cd-7d04-4c4f-b2c4-a2b3bb2e4b43").body(Bytes::new())?;
/// let answer = simulator.handle(request, SystemTime::UNIX_EPOCH).response;
/// assert_eq!(answer.status(), 400); // 20001: no access token
/// assert_eq!(answer.headers()["idcloud-simulated"], "true");
/// # Ok::<(), http::Error>(())
/// ```
pub struct Simulator {
    config: Config,
    home: String,
    credentials: Ids,
    ids: Ids,
    pub(super) tenants: Tenants,
    pub(super) tokens: AccessTokens,
    signer: TokenSigner,
    used_assertions: Used,
    used_captures: Used,
    processes: Processes,
    documents: Documents,
    failed_once: HashSet<(String, String)>,
    arranged: Vec<(SubjectCode, Outcome)>,
    endings: Vec<(String, Outcome)>,
    tally: Tally,
    faults: Faults,
    ledger: Ledger,
    webhooks: Webhooks,
    notices: Ids,
}

impl Simulator {
    /// A simulator without accounts and keys.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let mut credentials = Ids::new(config.seed, CREDENTIALS);
        Self {
            home: credentials.uuid(),
            credentials,
            ids: Ids::new(config.seed, REQUESTS),
            faults: Faults::new(config.seed, FAULTS, &config.faults),
            ledger: Ledger::new(&Ids::new(config.seed, LEDGER).bytes()),
            webhooks: Webhooks::default(),
            notices: Ids::new(config.seed, NOTICES),
            signer: TokenSigner::new(Ids::new(config.seed, SIGNER)),
            config,
            tenants: Tenants::default(),
            tokens: AccessTokens::default(),
            used_assertions: Used::default(),
            used_captures: Used::default(),
            processes: Processes::default(),
            documents: Documents::default(),
            failed_once: HashSet::new(),
            arranged: Vec::new(),
            endings: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// Its configuration.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The default tenant of accounts and keys: a UUID.
    #[must_use]
    pub fn tenant_id(&self) -> &str {
        &self.home
    }

    /// Changes the dialect of keys without one of their own; existing processes keep theirs.
    pub fn set_dialect(&mut self, dialect: Dialect) {
        self.config.dialect = dialect;
    }

    /// Arranges the outcome of processes about `code` that are created from now on, also for a
    /// listed test subject.
    pub fn arrange(&mut self, code: SubjectCode, outcome: Outcome) {
        self.arranged.retain(|(arranged, _)| *arranged != code);
        self.failed_once
            .retain(|(_, failed)| failed != code.expose());
        self.arranged.push((code, outcome));
    }

    /// Counts of the requests and answers so far.
    #[must_use]
    pub const fn tally(&self) -> Tally {
        self.tally
    }

    /// Answers one request that has arrived completely at `now`.
    pub fn handle(&mut self, request: Request<Bytes>, now: SystemTime) -> Reaction {
        let arrival = self.arrive(request.method(), request.uri().path(), now);
        self.answer(arrival, request, now)
    }

    /// Answers a request that has [arrived](Self::arrive) and is complete at `now`.
    pub fn answer(
        &mut self,
        arrival: Arrival,
        request: Request<Bytes>,
        now: SystemTime,
    ) -> Reaction {
        let now = arrival.clock(now);
        let (parts, body) = request.into_parts();
        let route = Route::of(&parts.method, parts.uri.path());
        if !arrival.fault.is_processed() {
            if route == Route::Create && self.config.captures == CaptureMarking::BeforeProcessing {
                self.mark_capture(&body, now);
            }
            let reaction = arrival.unprocessed(now);
            self.tally.count(route, reaction.response.status());
            return reaction;
        }
        if arrival.fault == Fault::RevokeToken {
            self.revoke(&parts.headers);
        }
        let billed = self.ledger.billed();
        let dialect = self.dialect_of(&parts.headers);
        let answer = match route {
            Route::Token => self.exchange(&parts.headers, &body, now),
            Route::Create => {
                let marks = arrival.tells() || self.config.captures != CaptureMarking::AfterAnswer;
                self.create(&parts.headers, &body, marks, now)
            }
            Route::Process { id, details } => self.look_up(&parts.headers, id, details, now),
            Route::Discovery => Ok(Answer::json(
                StatusCode::OK,
                &token_signer::discovery(&self.config.identity_url),
            )),
            Route::KeySet => Ok(Answer::json(StatusCode::OK, &self.signer.key_set())),
            Route::Documents => self.find_documents(&parts.headers, parts.uri.query(), now),
            Route::WrongMethod(allowed) => Err(Refused::MethodNotAllowed(allowed)),
            Route::Nothing => Err(Refused::NoSuchPath),
        };
        let code = answer.as_ref().err().and_then(|refused| refused.code());
        let answer = answer.unwrap_or_else(|refused| Answer::refused(refused, dialect));
        self.tally.count(route, answer.status);
        tracing::debug!(
            operation = route.name(),
            status = answer.status.as_u16(),
            code,
            "simulated"
        );
        if self.ledger.billed() > billed && !arrival.tells() {
            self.ledger.latest_unanswered();
        }
        arrival.processed(answer, now)
    }

    fn exchange(
        &mut self,
        headers: &HeaderMap,
        body: &[u8],
        now: SystemTime,
    ) -> Result<Answer, Refused> {
        let assertion = token::assertion(headers, body)?;
        let grant = token::Endpoint {
            config: &self.config,
            tenants: &mut self.tenants,
            used: &mut self.used_assertions,
        }
        .accept(&assertion, now)?;
        let token = self.tokens.issue(
            &self.signer,
            &mut self.ids,
            &self.config.identity_url,
            &grant.tenant,
            now,
            self.config.access_token_life,
        );
        Ok(token::granted(&token, self.config.access_token_life))
    }

    fn look_up(
        &mut self,
        headers: &HeaderMap,
        id: &str,
        details: bool,
        now: SystemTime,
    ) -> Result<Answer, Refused> {
        let access = self.admit(headers, now)?;
        if id.parse::<ProcessId>().is_err() {
            return Err(Refusal::NO_PROCESS_ID.into());
        }
        let process = self
            .processes
            .of(&access.tenant, id)
            .ok_or(Refusal::UNKNOWN_PROCESS)?;
        Ok(process.looked_up(details, now))
    }

    /// Headers, token, budget, key: in this order, because the budget is the tenant's and every
    /// request of the tenant counts.
    fn admit(&mut self, headers: &HeaderMap, now: SystemTime) -> Result<Access, Refused> {
        let presented = Presented::read(headers)?;
        let tenant = presented.tenant(&self.tokens, now)?;
        self.tenants
            .admit(&tenant, self.config.rate_limit, now)
            .map_err(Refused::TooManyRequests)?;
        Ok(presented.with_key(&self.tenants, tenant)?)
    }

    /// The dialect of a refusal: the key's, if the request has a known key.
    fn dialect_of(&self, headers: &HeaderMap) -> Dialect {
        access::api_key(headers)
            .and_then(|key| self.tenants.profile_of(key)?.dialect())
            .unwrap_or(self.config.dialect)
    }

    /// The outcome of `code`: arranged, listed, or `yes`. A create without a code gets `yes` too.
    fn outcome_of(&self, code: Option<&SubjectCode>) -> Outcome {
        let Some(code) = code else {
            return Outcome::YES;
        };
        self.arranged
            .iter()
            .find_map(|(arranged, outcome)| (arranged == code).then_some(*outcome))
            .or_else(|| self.outcome_by_ending(code))
            .or_else(|| subjects::outcome_of(code))
            .unwrap_or(Outcome::YES)
    }
}

impl fmt::Debug for Simulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulator")
            .field("config", &self.config)
            .field("tally", &self.tally)
            .finish_non_exhaustive()
    }
}
