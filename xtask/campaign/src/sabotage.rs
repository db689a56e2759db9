//! Switches off one protection, to check that the campaign notices.
//!
//! Must not change the product: a transport, a journal or a caller breaks its contract instead.

use std::fmt;
use std::str::FromStr;

/// The sabotages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sabotage {
    AmbiguousRepeated,
    AmbiguousForgotten,
    DispatchNotDurable,
    DispatchNotTakenBack,
    FenceIgnored,
    ExpiredIsFresh,
    InFlightIsFresh,
    AbandonedIsFree,
    FinishedIsFresh,
    OneAttemptMore,
    AnyStatusFinal,
    NoticeIsResult,
    UnaskedApproves,
    MissingUnnoticed,
    BudgetDoubled,
    DeadlineIgnored,
    BodiesLogged,
    CausesTell,
    RequestStored,
    KeyedByAccount,
    SaidOnce,
    PartDropped,
    ConnectingIsOut,
    StoppedIsLate,
    AnothersIsTheirs,
}

impl Sabotage {
    pub(crate) const ALL: [Self; 25] = [
        Self::AmbiguousRepeated,
        Self::AmbiguousForgotten,
        Self::DispatchNotDurable,
        Self::DispatchNotTakenBack,
        Self::FenceIgnored,
        Self::ExpiredIsFresh,
        Self::InFlightIsFresh,
        Self::AbandonedIsFree,
        Self::FinishedIsFresh,
        Self::OneAttemptMore,
        Self::AnyStatusFinal,
        Self::NoticeIsResult,
        Self::UnaskedApproves,
        Self::MissingUnnoticed,
        Self::BudgetDoubled,
        Self::DeadlineIgnored,
        Self::BodiesLogged,
        Self::CausesTell,
        Self::RequestStored,
        Self::KeyedByAccount,
        Self::SaidOnce,
        Self::PartDropped,
        Self::ConnectingIsOut,
        Self::StoppedIsLate,
        Self::AnothersIsTheirs,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::AmbiguousRepeated => "ambiguous-repeated",
            Self::AmbiguousForgotten => "ambiguous-forgotten",
            Self::DispatchNotDurable => "dispatch-not-durable",
            Self::DispatchNotTakenBack => "dispatch-not-taken-back",
            Self::FenceIgnored => "fence-ignored",
            Self::ExpiredIsFresh => "expired-is-fresh",
            Self::InFlightIsFresh => "in-flight-is-fresh",
            Self::AbandonedIsFree => "abandoned-is-free",
            Self::FinishedIsFresh => "finished-is-fresh",
            Self::OneAttemptMore => "one-attempt-more",
            Self::AnyStatusFinal => "any-status-final",
            Self::NoticeIsResult => "notice-is-result",
            Self::UnaskedApproves => "unasked-approves",
            Self::MissingUnnoticed => "missing-unnoticed",
            Self::BudgetDoubled => "budget-doubled",
            Self::DeadlineIgnored => "deadline-ignored",
            Self::BodiesLogged => "bodies-logged",
            Self::CausesTell => "causes-tell",
            Self::RequestStored => "request-stored",
            Self::KeyedByAccount => "keyed-by-account",
            Self::SaidOnce => "said-once",
            Self::PartDropped => "part-dropped",
            Self::ConnectingIsOut => "connecting-is-out",
            Self::StoppedIsLate => "stopped-is-late",
            Self::AnothersIsTheirs => "anothers-is-theirs",
        }
    }

    /// The protection's name in the table.
    pub(crate) const fn protection(self) -> &'static str {
        match self {
            Self::AmbiguousRepeated => "a create that broke off is not sent again",
            Self::AmbiguousForgotten => "an ambiguous end is written down as ambiguous",
            Self::DispatchNotDurable => "a dispatch is durable before its request leaves",
            Self::DispatchNotTakenBack => {
                "what provably did not run is not in doubt while its repetition waits"
            }
            Self::FenceIgnored => "a ticket that another has overtaken sends nothing",
            Self::ExpiredIsFresh => "what was dispatched and never ended is ambiguous, not free",
            Self::InFlightIsFresh => "what another program is sending is not sent",
            Self::AbandonedIsFree => "a dispatched attempt whose caller is gone is ambiguous",
            Self::FinishedIsFresh => "only what ended in 4 or 5 begins again",
            Self::OneAttemptMore => "no more new attempts than the policy allows",
            Self::AnyStatusFinal => "only status 3 is a result",
            Self::NoticeIsResult => "a notice is a hint, never a result",
            Self::UnaskedApproves => "what was not asked for approves nobody",
            Self::MissingUnnoticed => "what was asked for and is missing approves nobody",
            Self::BudgetDoubled => "the tenant's budget is kept",
            Self::DeadlineIgnored => "a wait ends at its limit",
            Self::BodiesLogged => "bodies are not logged",
            Self::CausesTell => "an error's causes hold nothing of the request",
            Self::RequestStored => "the journal keeps nothing of the request",
            Self::KeyedByAccount => "a reference is its tenant's, whichever account submits it",
            Self::SaidOnce => "an end that the journal did not take is said again",
            Self::PartDropped => "the id in an answer that broke off is kept",
            Self::ConnectingIsOut => {
                "a caller who goes while there is no connection leaves the reference free"
            }
            Self::StoppedIsLate => "an answer that came while the program was stopped is taken",
            Self::AnothersIsTheirs => {
                "a process that a person found is compared with the person at hand"
            }
        }
    }
}

impl fmt::Display for Sabotage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Sabotage {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|one| one.name() == text);
        found.ok_or_else(|| format!("there is no sabotage {text}"))
    }
}
