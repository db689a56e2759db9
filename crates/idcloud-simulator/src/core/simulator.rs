//! The simulator itself: a request and the time go in, an answer comes out.
//! Never reads a clock, opens a socket, sleeps, or logs anything of a request but its operation.

use std::fmt;
use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderMap, Request};
use idcloud_model::{Capability, ProcessId, SubjectCode};

use super::access::{self, Access};
use super::access_token::AccessTokens;
use super::answer::Answer;
use super::create_body::{self, CreateBody};
use super::ids::Ids;
use super::process::{Circumstances, Person, Process};
use super::processes::Processes;
use super::reaction::Reaction;
use super::refusal::Refusal;
use super::refused::Refused;
use super::route::Route;
use super::selfie::{self, Selfie};
use super::tally::Tally;
use super::tenants::Tenants;
use super::token;
use super::used::Used;
use crate::{AccountError, Config, KeyProfile, Outcome, TestAccount, subjects};

/// Streams of one seed: what is issued to the user does not change what requests are answered with.
const CREDENTIALS: u64 = 1;
const REQUESTS: u64 = 2;

/// An IDCloud without I/O.
///
/// Everything is decided by the configuration, the credentials that were issued, the requests and the times that are
/// handed in: the same of each gives the same answers, byte for byte.
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
    tenants: Tenants,
    tokens: AccessTokens,
    used_assertions: Used,
    used_captures: Used,
    processes: Processes,
    arranged: Vec<(SubjectCode, Outcome)>,
    tally: Tally,
}

impl Simulator {
    /// A simulator that knows nobody yet.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let mut credentials = Ids::new(config.seed, CREDENTIALS);
        Self {
            home: credentials.uuid(),
            credentials,
            ids: Ids::new(config.seed, REQUESTS),
            config,
            tenants: Tenants::default(),
            tokens: AccessTokens::default(),
            used_assertions: Used::default(),
            used_captures: Used::default(),
            processes: Processes::default(),
            arranged: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// How it is set up.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The tenant that accounts and keys belong to unless another is named: a UUID.
    #[must_use]
    pub fn tenant_id(&self) -> &str {
        &self.home
    }

    /// Issues a service account with a new RSA key. Takes a moment: the key is a real one.
    ///
    /// # Errors
    /// [`AccountError::NoKey`] when this machine cannot generate one.
    pub fn issue_account(&mut self) -> Result<TestAccount, AccountError> {
        let home = self.home.clone();
        self.issue_account_in(&home)
    }

    /// Issues a service account of another tenant, which comes into being by this if need be.
    ///
    /// # Errors
    /// [`AccountError::NoKey`], and [`AccountError::Name`] for an id that cannot stand in `iss`.
    pub fn issue_account_in(&mut self, tenant_id: &str) -> Result<TestAccount, AccountError> {
        let name = match self.tenants.accounts_of(tenant_id) {
            0 => "simulator".to_owned(),
            others => format!("sim-{}", others + 1),
        };
        let account = TestAccount::generate(name, tenant_id.to_owned())?;
        self.tenants.add_account(&account);
        Ok(account)
    }

    /// Takes over an account that an earlier run issued.
    pub fn register_account(&mut self, account: &TestAccount) {
        self.tenants.add_account(account);
    }

    /// Issues an API key: a set of capabilities, or a whole [`KeyProfile`].
    pub fn issue_api_key(&mut self, profile: impl Into<KeyProfile>) -> String {
        let home = self.home.clone();
        self.issue_api_key_in(&home, profile)
    }

    /// Issues an API key of another tenant, which comes into being by this if need be.
    pub fn issue_api_key_in(&mut self, tenant_id: &str, profile: impl Into<KeyProfile>) -> String {
        let secret = self.credentials.secret();
        self.register_api_key(tenant_id, &secret, profile);
        secret
    }

    /// Takes over an API key that an earlier run issued, or changes what a key is provisioned with.
    pub fn register_api_key(
        &mut self,
        tenant_id: &str,
        api_key: &str,
        profile: impl Into<KeyProfile>,
    ) {
        self.tenants
            .add_key(tenant_id, api_key.to_owned(), profile.into());
    }

    /// Decides what becomes of processes about `code` that are created from now on, listed test subject or not.
    pub fn arrange(&mut self, code: SubjectCode, outcome: Outcome) {
        self.arranged.retain(|(arranged, _)| *arranged != code);
        self.arranged.push((code, outcome));
    }

    /// What was asked and answered so far.
    #[must_use]
    pub const fn tally(&self) -> Tally {
        self.tally
    }

    /// Answers one request that arrives at `now`.
    pub fn handle(&mut self, request: Request<Bytes>, now: SystemTime) -> Reaction {
        let (parts, body) = request.into_parts();
        let route = Route::of(&parts.method, parts.uri.path());
        let answer = match route {
            Route::Token => self.exchange(&parts.headers, &body, now),
            Route::Create => self.create(&parts.headers, &body, now),
            Route::Process { id, details } => self.look_up(&parts.headers, id, details, now),
            Route::WrongMethod(allowed) => Err(Refused::MethodNotAllowed(allowed)),
            Route::Nothing => Err(Refused::NoSuchPath),
        };
        let code = answer.as_ref().err().and_then(|refused| refused.code());
        let answer = answer.unwrap_or_else(Answer::from);
        self.tally.count(route, answer.status);
        tracing::debug!(
            operation = route.name(),
            status = answer.status.as_u16(),
            code,
            "simulated"
        );
        answer.into_reaction(now)
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
            &mut self.ids,
            &self.config.identity_url,
            &grant.tenant,
            now,
            self.config.access_token_life,
        );
        Ok(token::granted(&token, self.config.access_token_life))
    }

    fn create(
        &mut self,
        headers: &HeaderMap,
        body: &[u8],
        now: SystemTime,
    ) -> Result<Answer, Refused> {
        let Access { tenant, key } = self.admit(headers, now)?;
        if !create_body::is_json(headers) {
            return Err(Refused::UnsupportedMediaType);
        }
        let asked = CreateBody::read(body, key)?;
        let selfie = selfie::inspect(
            &asked.selfie,
            key.is_capture_only(),
            &self.used_captures,
            now,
        )?;
        let circumstances = Circumstances {
            outcome: self.outcome_of(asked.code.as_ref(), key),
            key,
            face: selfie.face(),
            latency: self.config.score_latency,
        };
        if let Selfie::Capture(capture) = selfie {
            self.used_captures
                .mark(capture.signature, capture.expires, now);
        }
        let process = Process::begin(
            self.ids.uuid(),
            self.ids.uuid(),
            tenant,
            Person {
                code: asked.code,
                name: asked.name,
            },
            circumstances,
            now,
        );
        let answer = process.created();
        self.processes.insert(process);
        Ok(answer)
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

    /// Token, budget, key: in this order, because the budget is the tenant's and every request of it counts.
    fn admit(&mut self, headers: &HeaderMap, now: SystemTime) -> Result<Access, Refused> {
        let tenant = access::tenant(headers, &self.tokens, now)?;
        self.tenants
            .admit(&tenant, self.config.rate_limit, now)
            .map_err(Refused::TooManyRequests)?;
        Ok(access::with_key(headers, &self.tenants, tenant)?)
    }

    /// What becomes of a process about `code`: arranged, listed, or in doubt.
    ///
    /// A stranger is never approved. Without identity there is only liveness to be in doubt about; and where nobody is
    /// named, liveness is what the capture shows.
    fn outcome_of(&self, code: Option<&SubjectCode>, key: KeyProfile) -> Outcome {
        let Some(code) = code else {
            return Outcome::INCONCLUSIVE;
        };
        let known = self
            .arranged
            .iter()
            .find_map(|(arranged, outcome)| (arranged == code).then_some(*outcome))
            .or_else(|| subjects::outcome_of(code));
        known.unwrap_or(if key.has(Capability::Identity) {
            Outcome::INCONCLUSIVE
        } else {
            Outcome::INCONCLUSIVE.with_liveness(0)
        })
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
