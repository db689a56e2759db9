//! The retry policy: what may be repeated, by operation and outcome. A pure function over a table.
//!
//! Must not let a create be repeated that IDCloud may have run.

use crate::operation::OperationKind;
use crate::transport::error::TransportErrorKind;

/// How one attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome<'a> {
    /// The transport failed before the answer's head.
    Failed(TransportErrorKind),
    /// No answer within the attempt's timeout.
    TimedOut,
    /// An answer came.
    Answered(Answered<'a>),
}

/// The parts of an answer that the policy needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answered<'a> {
    /// The HTTP status.
    pub(crate) status: u16,
    /// IDCloud's code: of the API's error envelope, or of the OAuth description.
    pub(crate) code: Option<&'a str>,
    /// Whether the body is what the operation returns: a process with an id, a token, documents.
    pub(crate) usable: bool,
    /// Whether the body is not usable but shows that a process was created.
    pub(crate) names_process: bool,
    /// Whether something between this program and IDCloud answered.
    pub(crate) foreign: bool,
}

/// What the call knows besides the outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one column of the replay table"
)]
pub(crate) struct RetryContext {
    /// This call has refreshed the token once already.
    pub(crate) refreshed: bool,
    /// The token was fetched a moment ago, so another one would be no better.
    pub(crate) token_just_fetched: bool,
    /// One more assertion has been made because of 1.2.7 or 1.2.4 already.
    pub(crate) reasserted: bool,
    /// The answer's `Date` shows that this machine's clock is off.
    pub(crate) skew_measured: bool,
    /// The process was created less than thirty seconds ago.
    pub(crate) just_created: bool,
    /// The caller accepts that an ambiguous create is sent again.
    pub(crate) may_resend: bool,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// The answer is usable.
    Accept,
    /// Repeat, after the back-off or the answer's `Retry-After`.
    Again(Failure),
    /// Repeat at once, with another token.
    RefreshToken(Failure),
    /// Repeat at once, with another assertion.
    Reassert(Failure),
    /// Repeat an ambiguous create, which the caller allowed.
    Resend,
    /// End the call.
    Stop(Failure),
}

/// Why an attempt brought no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Nothing was sent: no connection.
    Unreachable,
    /// The request breaks a rule of the transport; nothing was sent.
    InvalidRequest,
    /// IDCloud may have run the create.
    Ambiguous,
    /// The connection broke or no answer came in time; the request changes nothing.
    Interrupted,
    /// The answer cannot be read.
    Unreadable,
    /// IDCloud failed (5xx, 408).
    Server,
    /// IDCloud asks to slow down.
    RateLimited,
    /// Token, assertion or account are not accepted.
    Credentials,
    /// IDCloud refused the request, and did not run it.
    Refused,
    /// The process is not known.
    NotFound,
    /// The process is no longer kept.
    Gone,
}

/// The retry table.
pub(crate) fn classify(kind: OperationKind, outcome: Outcome<'_>, facts: RetryContext) -> Action {
    match outcome {
        Outcome::Failed(TransportErrorKind::Connect | TransportErrorKind::NotSent) => {
            Action::Again(Failure::Unreachable)
        }
        Outcome::Failed(TransportErrorKind::InvalidRequest) => {
            Action::Stop(Failure::InvalidRequest)
        }
        Outcome::Failed(TransportErrorKind::Timeout | TransportErrorKind::Interrupted)
        | Outcome::TimedOut => perhaps_run(kind, Failure::Interrupted, facts),
        Outcome::Failed(
            TransportErrorKind::TruncatedAnswer | TransportErrorKind::AnswerTooLarge,
        ) => perhaps_run(kind, Failure::Unreadable, facts),
        Outcome::Answered(answer) => answered(kind, answer, facts),
    }
}

fn answered(kind: OperationKind, answer: Answered<'_>, facts: RetryContext) -> Action {
    let Answered {
        status,
        code,
        usable,
        names_process,
        foreign,
    } = answer;
    if usable && (is_success(status) || (status == 410 && kind == OperationKind::Read)) {
        return Action::Accept;
    }
    // A process exists, whatever the status says: no option of the caller's may make a second one.
    if kind == OperationKind::Create && names_process {
        return Action::Stop(Failure::Ambiguous);
    }
    match kind {
        OperationKind::Token => {
            if let Some(action) = oauth(status, code, facts) {
                return action;
            }
        }
        OperationKind::Read | OperationKind::Create => {
            if let Some(action) = token_rejected(kind, status, code, facts) {
                return action;
            }
        }
    }
    match status {
        429 | 425 => Action::Again(Failure::RateLimited),
        408 | 500.. => perhaps_run(kind, Failure::Server, facts),
        // 303 means "it is done, look there" (RFC 9110).
        303 if kind == OperationKind::Create => perhaps_run(kind, Failure::Server, facts),
        // An informational answer ends no exchange, so a final one of this class is not IDCloud's.
        ..=299 => perhaps_run(kind, Failure::Unreadable, facts),
        404 if kind == OperationKind::Read => not_found(code, facts),
        410 if kind == OperationKind::Read => Action::Stop(Failure::Gone),
        400 | 401 | 403 if kind == OperationKind::Token && !foreign => {
            Action::Stop(Failure::Credentials)
        }
        _ => Action::Stop(Failure::Refused),
    }
}

/// Ambiguous for a create; repeatable for every other operation.
fn perhaps_run(kind: OperationKind, failure: Failure, facts: RetryContext) -> Action {
    match kind {
        OperationKind::Create if facts.may_resend => Action::Resend,
        OperationKind::Create => Action::Stop(Failure::Ambiguous),
        OperationKind::Token | OperationKind::Read => Action::Again(failure),
    }
}

/// A token endpoint's refusal. Codes that lock accounts are never repeated.
fn oauth(status: u16, code: Option<&str>, facts: RetryContext) -> Option<Action> {
    if is_success(status) || matches!(status, 408 | 425 | 429) {
        return None;
    }
    match code {
        Some("1.2.7") if !facts.reasserted => Some(Action::Reassert(Failure::Credentials)),
        Some("1.2.4") if !facts.reasserted && facts.skew_measured => {
            Some(Action::Reassert(Failure::Credentials))
        }
        Some(code) if is_oauth_code(code) => Some(Action::Stop(Failure::Credentials)),
        _ => None,
    }
}

/// Three numbers with dots between them, such as `1.2.18`.
fn is_oauth_code(code: &str) -> bool {
    code.split('.').count() == 3
        && code
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

/// IDCloud could not use the access token, and reports that as a server error.
const TOKEN_FAILED: &str = "10700";

/// Whether an answer that is no refusal of the token shows that the next request needs another.
pub(crate) fn spoils_token(code: Option<&str>) -> bool {
    code == Some(TOKEN_FAILED)
}

/// Whether the API refuses the access token. A code proves that nothing ran only with a status that
/// says so too: with another status, a gateway may quote an inner call.
fn token_rejected(
    kind: OperationKind,
    status: u16,
    code: Option<&str>,
    facts: RetryContext,
) -> Option<Action> {
    let is_refusal = matches!(status, 400..=499) && status != 408;
    let rejected = match code {
        Some(TOKEN_FAILED) if kind == OperationKind::Read => true,
        Some(TOKEN_FAILED) if status != 401 => {
            return Some(perhaps_run(kind, Failure::Server, facts));
        }
        // Another token does not help an unknown API key, whatever the status.
        Some("10201" | "20002") => false,
        _ if !is_refusal => false,
        Some("10501" | "10502") => true,
        // Documented both as "no permission" and as "wrong characters in the token".
        Some("30017") if !facts.token_just_fetched => true,
        Some("30017") => return Some(Action::Stop(Failure::Credentials)),
        _ => status == 401,
    };
    match (rejected, facts.refreshed) {
        (false, _) => None,
        (true, false) => Some(Action::RefreshToken(Failure::Credentials)),
        (true, true) => Some(Action::Stop(Failure::Credentials)),
    }
}

fn not_found(code: Option<&str>, facts: RetryContext) -> Action {
    if code == Some("50001") && facts.just_created {
        Action::Again(Failure::NotFound)
    } else {
        Action::Stop(Failure::NotFound)
    }
}

const fn is_success(status: u16) -> bool {
    matches!(status, 200..=299)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::OperationKind::{Create, Read, Token};
    use TransportErrorKind as K;

    const NONE: RetryContext = RetryContext {
        refreshed: false,
        token_just_fetched: false,
        reasserted: false,
        skew_measured: false,
        just_created: false,
        may_resend: false,
    };

    fn plain(status: u16) -> Outcome<'static> {
        with_code(status, None)
    }

    fn with_code(status: u16, code: Option<&'static str>) -> Outcome<'static> {
        Outcome::Answered(Answered {
            status,
            code,
            usable: false,
            names_process: false,
            foreign: false,
        })
    }

    fn naming(status: u16, code: Option<&'static str>) -> Outcome<'static> {
        Outcome::Answered(Answered {
            status,
            code,
            usable: false,
            names_process: true,
            foreign: false,
        })
    }

    fn foreign(status: u16) -> Outcome<'static> {
        Outcome::Answered(Answered {
            status,
            code: None,
            usable: false,
            names_process: false,
            foreign: true,
        })
    }

    fn usable(status: u16) -> Outcome<'static> {
        Outcome::Answered(Answered {
            status,
            code: None,
            usable: true,
            names_process: false,
            foreign: false,
        })
    }

    /// Every cell of the replay table: token endpoint, GET, create.
    #[test]
    #[expect(clippy::too_many_lines, reason = "the table is as long as it is")]
    fn the_table() {
        use Action::{Accept, Again, Reassert, RefreshToken, Stop};
        use Failure as F;
        let refreshed = RetryContext {
            refreshed: true,
            ..NONE
        };
        let fresh = RetryContext {
            token_just_fetched: true,
            ..NONE
        };
        let reasserted = RetryContext {
            reasserted: true,
            skew_measured: true,
            ..NONE
        };
        let skewed = RetryContext {
            skew_measured: true,
            ..NONE
        };
        let young = RetryContext {
            just_created: true,
            ..NONE
        };
        let everywhere = |action| [action; 3];
        let maybe = |failure| [Again(failure), Again(failure), Stop(F::Ambiguous)];
        let refused = [Stop(F::Credentials), Stop(F::Refused), Stop(F::Refused)];
        let turned_away = everywhere(Stop(F::Refused));
        let token_stop = Stop(F::Credentials);
        let refresh = RefreshToken(F::Credentials);
        let rows: Vec<(&str, Outcome<'_>, RetryContext, [Action; 3])> = vec![
            // Row 1: nothing was sent.
            (
                "connect",
                Outcome::Failed(K::Connect),
                NONE,
                everywhere(Again(F::Unreachable)),
            ),
            (
                "not sent",
                Outcome::Failed(K::NotSent),
                NONE,
                everywhere(Again(F::Unreachable)),
            ),
            (
                "invalid request",
                Outcome::Failed(K::InvalidRequest),
                NONE,
                everywhere(Stop(F::InvalidRequest)),
            ),
            // Row 2: a byte may have left.
            (
                "reset",
                Outcome::Failed(K::Interrupted),
                NONE,
                maybe(F::Interrupted),
            ),
            (
                "transport time-out",
                Outcome::Failed(K::Timeout),
                NONE,
                maybe(F::Interrupted),
            ),
            (
                "attempt time-out",
                Outcome::TimedOut,
                NONE,
                maybe(F::Interrupted),
            ),
            ("408", plain(408), NONE, maybe(F::Server)),
            ("500", plain(500), NONE, maybe(F::Server)),
            (
                "500 with 99999",
                with_code(500, Some("99999")),
                NONE,
                maybe(F::Server),
            ),
            (
                "500 with 510",
                with_code(500, Some("510")),
                NONE,
                maybe(F::Server),
            ),
            ("502", plain(502), NONE, maybe(F::Server)),
            ("503", plain(503), NONE, maybe(F::Server)),
            ("504", plain(504), NONE, maybe(F::Server)),
            ("599", plain(599), NONE, maybe(F::Server)),
            // Row 3: a success that cannot be read.
            (
                "truncated",
                Outcome::Failed(K::TruncatedAnswer),
                NONE,
                maybe(F::Unreadable),
            ),
            (
                "too large",
                Outcome::Failed(K::AnswerTooLarge),
                NONE,
                maybe(F::Unreadable),
            ),
            ("200 unusable", plain(200), NONE, maybe(F::Unreadable)),
            ("201 unusable", plain(201), NONE, maybe(F::Unreadable)),
            ("204", plain(204), NONE, maybe(F::Unreadable)),
            ("101", plain(101), NONE, maybe(F::Unreadable)),
            // Row 4: the token is rejected.
            ("401", plain(401), NONE, [token_stop, refresh, refresh]),
            (
                "401 again",
                plain(401),
                refreshed,
                [token_stop, token_stop, token_stop],
            ),
            (
                "403 with 10501",
                with_code(403, Some("10501")),
                NONE,
                [token_stop, refresh, refresh],
            ),
            (
                "400 with 10502",
                with_code(400, Some("10502")),
                NONE,
                [token_stop, refresh, refresh],
            ),
            (
                "500 with 10700",
                with_code(500, Some("10700")),
                NONE,
                [Again(F::Server), refresh, Stop(F::Ambiguous)],
            ),
            (
                "500 with 10700 again",
                with_code(500, Some("10700")),
                refreshed,
                [Again(F::Server), token_stop, Stop(F::Ambiguous)],
            ),
            (
                "403 with 10700",
                with_code(403, Some("10700")),
                NONE,
                [token_stop, refresh, Stop(F::Ambiguous)],
            ),
            (
                "429 with 10700",
                with_code(429, Some("10700")),
                NONE,
                [Again(F::RateLimited), refresh, Stop(F::Ambiguous)],
            ),
            (
                "401 with 10700",
                with_code(401, Some("10700")),
                NONE,
                [token_stop, refresh, refresh],
            ),
            // A gateway that quotes the code of an inner call.
            (
                "200 with 10501",
                with_code(200, Some("10501")),
                NONE,
                maybe(F::Unreadable),
            ),
            (
                "502 with 10502",
                with_code(502, Some("10502")),
                NONE,
                maybe(F::Server),
            ),
            (
                "408 with 10501",
                with_code(408, Some("10501")),
                NONE,
                maybe(F::Server),
            ),
            (
                "500 with 30017",
                with_code(500, Some("30017")),
                NONE,
                maybe(F::Server),
            ),
            (
                "10502 again",
                with_code(403, Some("10502")),
                refreshed,
                [token_stop, token_stop, token_stop],
            ),
            (
                "30017",
                with_code(403, Some("30017")),
                NONE,
                [token_stop, refresh, refresh],
            ),
            (
                "30017, fresh token",
                with_code(403, Some("30017")),
                fresh,
                [token_stop, token_stop, token_stop],
            ),
            (
                "30017 again",
                with_code(403, Some("30017")),
                refreshed,
                [token_stop, token_stop, token_stop],
            ),
            // Rows 5 and 6: OAuth codes.
            (
                "1.2.7",
                with_code(401, Some("1.2.7")),
                NONE,
                [Reassert(F::Credentials), refresh, refresh],
            ),
            (
                "1.2.7 again",
                with_code(401, Some("1.2.7")),
                reasserted,
                [token_stop, refresh, refresh],
            ),
            (
                "1.2.4",
                with_code(401, Some("1.2.4")),
                NONE,
                [token_stop, refresh, refresh],
            ),
            (
                "1.2.4, skewed",
                with_code(401, Some("1.2.4")),
                skewed,
                [Reassert(F::Credentials), refresh, refresh],
            ),
            (
                "1.2.4 again",
                with_code(401, Some("1.2.4")),
                reasserted,
                [token_stop, refresh, refresh],
            ),
            (
                "1.2.18",
                with_code(401, Some("1.2.18")),
                NONE,
                [token_stop, refresh, refresh],
            ),
            (
                "1.2.18 with 500",
                with_code(500, Some("1.2.18")),
                NONE,
                [token_stop, Again(F::Server), Stop(F::Ambiguous)],
            ),
            // A code describes an assertion only if the answer refuses it.
            (
                "1.2.18 with 429",
                with_code(429, Some("1.2.18")),
                NONE,
                everywhere(Again(F::RateLimited)),
            ),
            (
                "1.2.7 with 425",
                with_code(425, Some("1.2.7")),
                NONE,
                everywhere(Again(F::RateLimited)),
            ),
            (
                "1.2.18 with 408",
                with_code(408, Some("1.2.18")),
                NONE,
                maybe(F::Server),
            ),
            (
                "1.2.7 with 200",
                with_code(200, Some("1.2.7")),
                NONE,
                maybe(F::Unreadable),
            ),
            // A text that is no code proves nothing: only the status counts.
            (
                "not a code, with 503",
                with_code(503, Some("1.2.x")),
                NONE,
                maybe(F::Server),
            ),
            // Row 7: slow down.
            ("429", plain(429), NONE, everywhere(Again(F::RateLimited))),
            ("425", plain(425), NONE, everywhere(Again(F::RateLimited))),
            // Row 8: refused.
            ("10201", with_code(403, Some("10201")), NONE, refused),
            (
                "10201 with 401",
                with_code(401, Some("10201")),
                NONE,
                refused,
            ),
            ("20001", with_code(400, Some("20001")), NONE, refused),
            ("20002", with_code(400, Some("20002")), NONE, refused),
            ("20507", with_code(400, Some("20507")), NONE, refused),
            ("10508", with_code(400, Some("10508")), NONE, refused),
            ("400", plain(400), NONE, refused),
            ("403", plain(403), NONE, refused),
            ("301", plain(301), NONE, turned_away),
            (
                "303",
                plain(303),
                NONE,
                [Stop(F::Refused), Stop(F::Refused), Stop(F::Ambiguous)],
            ),
            ("401 of something in between", foreign(401), NONE, {
                [Stop(F::Refused), refresh, refresh]
            }),
            (
                "403 of something in between",
                foreign(403),
                NONE,
                turned_away,
            ),
            ("307", plain(307), NONE, turned_away),
            ("407", plain(407), NONE, turned_away),
            ("409", plain(409), NONE, turned_away),
            ("413", plain(413), NONE, turned_away),
            ("415", plain(415), NONE, turned_away),
            ("422", plain(422), NONE, turned_away),
            // Row 9: not found.
            (
                "50001, young",
                with_code(404, Some("50001")),
                young,
                [Stop(F::Refused), Again(F::NotFound), Stop(F::Refused)],
            ),
            (
                "50001",
                with_code(404, Some("50001")),
                NONE,
                [Stop(F::Refused), Stop(F::NotFound), Stop(F::Refused)],
            ),
            (
                "404, young",
                plain(404),
                young,
                [Stop(F::Refused), Stop(F::NotFound), Stop(F::Refused)],
            ),
            // Row 10: gone.
            (
                "410",
                plain(410),
                NONE,
                [Stop(F::Refused), Stop(F::Gone), Stop(F::Refused)],
            ),
            (
                "410 with a failed process",
                usable(410),
                NONE,
                [Stop(F::Refused), Accept, Stop(F::Refused)],
            ),
            ("200", usable(200), NONE, everywhere(Accept)),
            ("201", usable(201), NONE, everywhere(Accept)),
        ];
        for (name, outcome, facts, expected) in rows {
            for (kind, expected) in [Token, Read, Create].into_iter().zip(expected) {
                assert_eq!(classify(kind, outcome, facts), expected, "{kind:?}: {name}");
            }
        }
    }

    /// Another text must not be taken for a code: the call would end where it should repeat.
    #[test]
    fn an_oauth_code_is_three_numbers() {
        for code in ["1.2.7", "1.2.18", "10.0.1"] {
            assert!(is_oauth_code(code), "{code}");
        }
        for text in [
            "", "1", "1.2", "1.2.", "1..7", ".2.7", "1.2.x", "a.b.c", "1.2.7.1", "-1.2.7",
        ] {
            assert!(!is_oauth_code(text), "{text}");
        }
    }

    /// Never pay twice: over every status and code, a create is sent again only after an outcome
    /// that proves it did not run, or if the caller allowed it.
    #[test]
    fn no_create_is_repeated_on_a_guess() {
        let codes = [
            None,
            Some("10501"),
            Some("10700"),
            Some("30017"),
            Some("99999"),
            Some("20507"),
            Some("1.2.7"),
        ];
        for status in 100..=599 {
            for code in codes {
                let action = classify(Create, with_code(status, code), NONE);
                let sends = |action| {
                    matches!(
                        action,
                        Action::Again(_) | Action::Resend | Action::RefreshToken(_)
                    )
                };
                let token = matches!(code, Some("10501" | "30017")) && status != 408;
                assert_eq!(
                    sends(action),
                    match status {
                        401 => true,
                        425 | 429 => code != Some("10700"),
                        400..=499 => token,
                        _ => false,
                    },
                    "{status} {code:?}: {action:?}"
                );
                // An answer that names a process proves that it ran, whatever the status and the
                // caller's options.
                let willing = RetryContext {
                    may_resend: true,
                    ..NONE
                };
                let action = classify(Create, naming(status, code), willing);
                assert_eq!(
                    action,
                    Action::Stop(Failure::Ambiguous),
                    "{status} {code:?}"
                );
            }
        }
        for kind in K::ALL {
            let repeats = matches!(
                classify(Create, Outcome::Failed(kind), NONE),
                Action::Again(_) | Action::Resend
            );
            assert_eq!(repeats, matches!(kind, K::Connect | K::NotSent), "{kind:?}");
        }
    }

    #[test]
    fn the_caller_may_accept_a_duplicate() {
        let willing = RetryContext {
            may_resend: true,
            ..NONE
        };
        for outcome in [
            Outcome::TimedOut,
            plain(500),
            plain(200),
            plain(303),
            with_code(500, Some("10700")),
        ] {
            assert_eq!(classify(Create, outcome, willing), Action::Resend);
        }
        assert_eq!(
            classify(Create, plain(400), willing),
            Action::Stop(Failure::Refused)
        );
    }
}
