//! The decision table, read a second time: slowly, row by row, and directly from the raw answer.
//!
//! Must not call the crate's own reading or judging; it shares only the question (asked and policy)
//! with the crate.

use idcloud_model::{Asked, Capability, Policy, SelfieKind};
use serde_json::Value;

/// One row of the table.
pub(crate) struct Row {
    pub(crate) id: &'static str,
    pub(crate) decision: &'static str,
    when: fn(&Case<'_>) -> bool,
}

/// An answer and the question that it is judged against.
struct Case<'a> {
    answer: &'a Answer,
    asked: Asked,
    policy: Policy,
}

/// The rows, top down; the first that matches wins.
pub(crate) const ROWS: [Row; 37] = [
    row("processing", "wait", |c| c.answer.status == Int::Is(1)),
    row("divergence", "wait", |c| c.answer.status == Int::Is(2)),
    row("unknown-status", "wait", |c| {
        !matches!(c.answer.status, Int::Is(1..=5))
    }),
    row("processing-error", "recapture", |c| {
        c.answer.status == Int::Is(5)
    }),
    row("canceled", "recapture", |c| c.answer.status == Int::Is(4)),
    row("liveness-failed", "reject", |c| {
        c.answer.liveness == Int::Is(2)
    }),
    row("identity-no", "reject", |c| c.answer.identity.is("no")),
    row("face-mismatch", "reject", |c| {
        c.answer.face_match == OneToOne::False
    }),
    row("trust-denied", "reject", |c| {
        c.answer
            .trust
            .is_one_of(&["denied", "reproved", "critical-risk", "risk-critical"])
            || c.answer.risk_level.is("reproved")
    }),
    row("alert-without-support", "reject", |c| {
        c.answer.alert.is("yes") && c.score().is_some_and(|score| score <= 0)
    }),
    row("score-negative", "reject", |c| {
        c.answer.identity.is("inconclusive") && c.score().is_some_and(|score| score < 0)
    }),
    row("document-mismatch", "reject", |c| {
        c.answer.cpf_match.is("false") || c.answer.document_face_match.is("false")
    }),
    row("settled-by-hand", "review", |c| c.asked.settled_by_hand()),
    row("contradiction", "review", |c| {
        let yes = c.answer.identity.is("yes");
        let speaks_for_the_person = yes
            || c.answer.face_match == OneToOne::True
            || c.answer.trust.is("approved")
            || c.answer.cpf_match.is("true")
            || live_would_hold(c);
        let low = c.score().is_some_and(|score| score < c.approve_from());
        c.answer.face_match == OneToOne::FormsDiffer
            || (yes && c.answer.liveness == Int::Is(0))
            || (low && speaks_for_the_person && !c.answer.identity.is("inconclusive"))
            || (c.answer.score != Int::Absent && c.score().is_none())
            || (c.answer.error && c.answer.has_evidence())
    }),
    row("unknown-value", "review", |c| c.answer.has_unknown_value()),
    row("alert", "review", |c| {
        c.answer.alert != Word::Absent && !c.answer.alert.is("inconclusive")
    }),
    row("trust-high-risk", "review", |c| {
        c.answer.trust.is_one_of(&["high-risk", "risk-high"])
    }),
    row("trust-inconclusive", "review", |c| {
        c.answer.trust.is("inconclusive")
    }),
    row("trust-recapture", "recapture", |c| {
        c.answer.trust.is("retry")
    }),
    row("liveness-inconclusive", "recapture", |c| {
        c.answer.liveness == Int::Is(0)
    }),
    row("score-zero", "recapture", |c| {
        c.answer.identity.is("inconclusive") && c.score() == Some(0)
    }),
    row("drop", "recapture", |c| {
        c.answer.identity.is("inconclusive")
            && c.answer.score == Int::Absent
            && (c.asked.seen_pending() || c.was_asked(Capability::RiskScore))
    }),
    row("score-low", "review", |c| {
        c.answer.identity.is("inconclusive")
            && c.score()
                .is_some_and(|score| 0 < score && score < c.approve_from())
    }),
    row("serpro-low", "review", |c| {
        c.policy
            .min_serpro()
            .is_some_and(|min| !c.serpro_satisfies(min))
    }),
    row("document-unread", "review", |c| {
        c.was_asked(Capability::Document) && c.answer.document && c.answer.cpf_match == Word::Absent
    }),
    row("missing-evidence", "review", |c| {
        !missing(c.answer, c.asked).is_empty()
    }),
    row("liveness-not-checked", "review", |c| {
        c.policy.require_liveness() && !c.liveness_is_checked()
    }),
    // The table's head: evidence that was not asked for can only make a verdict worse. So every row
    // that approves needs its question.
    row("score-high", "approve", |c| {
        c.was_asked(Capability::RiskScore)
            && c.answer.identity.is("inconclusive")
            && c.score().is_some_and(|score| score >= c.approve_from())
            && matches!(c.answer.liveness, Int::Is(1) | Int::Absent)
    }),
    row("identity-inconclusive", "review", |c| {
        c.answer.identity.is("inconclusive")
    }),
    row("identity-yes", "approve", |c| {
        c.was_asked(Capability::Identity) && c.answer.identity.is("yes") && c.liveness_is_checked()
    }),
    row("identity-yes-without-liveness", "approve", |c| {
        c.was_asked(Capability::Identity) && c.answer.identity.is("yes") && !c.liveness_is_checked()
    }),
    row("trust-approved", "approve", |c| {
        c.was_asked(Capability::TrustDecision) && c.answer.trust.is("approved")
    }),
    row("face-match", "approve", |c| {
        c.was_asked(Capability::FaceMatch)
            && c.answer.face_match == OneToOne::True
            && c.liveness_is_checked()
    }),
    row("face-match-without-liveness", "approve", |c| {
        c.was_asked(Capability::FaceMatch)
            && c.answer.face_match == OneToOne::True
            && !c.liveness_is_checked()
    }),
    row("live", "approve", live_would_hold),
    row("document-matched", "approve", |c| {
        c.was_asked(Capability::Document)
            && c.answer.cpf_match.is("true")
            && !c.answer.document_face_match.is("false")
    }),
    row("unlisted", "review", |_| true),
];

const fn row(id: &'static str, decision: &'static str, when: fn(&Case<'_>) -> bool) -> Row {
    Row { id, decision, when }
}

/// The row of an answer.
pub(crate) fn judge(answer: &Answer, asked: Asked, policy: Policy) -> &'static Row {
    let case = Case {
        answer,
        asked,
        policy,
    };
    ROWS.iter()
        .find(|row| (row.when)(&case))
        .expect("the last row matches everything")
}

/// Evidence that was asked for and is absent.
pub(crate) fn missing(answer: &Answer, asked: Asked) -> Vec<Capability> {
    let identity_asked = asked.capabilities().contains(Capability::Identity);
    asked
        .capabilities()
        .iter()
        .filter(|capability| match capability {
            // Included in an identity `yes` or `no`, if identity was asked for.
            Capability::Liveness => {
                answer.liveness == Int::Absent
                    && !(identity_asked && answer.identity.is_one_of(&["yes", "no"]))
            }
            Capability::Identity => answer.identity == Word::Absent,
            // Its newest spelling is the risk level.
            Capability::BehaviorAlert => {
                answer.alert == Word::Absent && answer.risk_level == Word::Absent
            }
            // IDCloud scores only an inconclusive identity.
            Capability::RiskScore => {
                answer.identity.is("inconclusive") && answer.score == Int::Absent
            }
            Capability::Serpro => answer.serpro == Int::Absent,
            Capability::FaceMatch => answer.face_match == OneToOne::Absent,
            Capability::Document => !answer.document,
            Capability::TrustDecision => answer.trust == Word::Absent,
            other => panic!("the table does not know {other}"),
        })
        .collect()
}

impl Case<'_> {
    fn was_asked(&self, capability: Capability) -> bool {
        self.asked.capabilities().contains(capability)
    }

    fn approve_from(&self) -> i64 {
        self.policy.approve_from().into()
    }

    /// The score, if it is valid. A value outside the range is no low or high score but none at
    /// all, or the lower bound of the row `contradiction` would mean nothing.
    fn score(&self) -> Option<i64> {
        match self.answer.score {
            Int::Is(score @ -100..=100) => Some(score),
            _ => None,
        }
    }

    /// A similarity that was not asked for cannot satisfy a policy: it would improve a verdict.
    fn serpro_satisfies(&self, min: u8) -> bool {
        self.was_asked(Capability::Serpro)
            && matches!(self.answer.serpro, Int::Is(similarity @ 0..=100) if similarity >= i64::from(min))
    }

    fn liveness_is_checked(&self) -> bool {
        self.asked.selfie() == SelfieKind::CaptureToken && self.was_asked(Capability::Liveness)
    }
}

/// The row `live`, which `contradiction` names too: only liveness was asked for, or also the
/// behavior alert, and there is no sign of fraud in either of its spellings.
fn live_would_hold(case: &Case<'_>) -> bool {
    let alone = case.asked.capabilities().iter().eq([Capability::Liveness]);
    let beside_the_alert = case
        .asked
        .capabilities()
        .iter()
        .eq([Capability::Liveness, Capability::BehaviorAlert]);
    let spellings = [
        (&case.answer.alert, "inconclusive"),
        (&case.answer.risk_level, "approved"),
    ];
    let no_sign_of_fraud = spellings
        .iter()
        .all(|(word, good)| **word == Word::Absent || word.is(good))
        && spellings.iter().any(|(word, good)| word.is(good));
    case.answer.liveness == Int::Is(1)
        && case.liveness_is_checked()
        && (alone || (beside_the_alert && no_sign_of_fraud))
}

/// The content of the raw answer, without any judgement.
pub(crate) struct Answer {
    status: Int,
    identity: Word,
    liveness: Int,
    alert: Word,
    score: Int,
    serpro: Int,
    face_match: OneToOne,
    trust: Word,
    risk_level: Word,
    /// There is a `document` with members.
    document: bool,
    /// It is no object, or an object without a known member.
    document_is_unreadable: bool,
    cpf_match: Word,
    document_face_match: Word,
    /// There is an error at the top level, or within an evidence object.
    error: bool,
}

/// The objects that hold evidence.
const EVIDENCE_OBJECTS: [&str; 7] = [
    "unicoId",
    "identityFraudsters",
    "government",
    "biometryToken",
    "idCloud",
    "riskLevel",
    "document",
];

/// The members of a document.
const DOCUMENT_MEMBERS: [&str; 6] = ["id", "type", "cpfMatch", "faceMatch", "content", "fileUrls"];

/// An integer of an answer. Numeric strings are integers, numbers with a decimal point are not.
#[derive(PartialEq)]
enum Int {
    Absent,
    Is(i64),
    Unknown,
}

/// A word of an answer, in lowercase, if it is a documented one. Booleans are the words `true` and
/// `false`.
#[derive(PartialEq)]
enum Word {
    Absent,
    Is(&'static str),
    Unknown,
}

/// The 1:1 result, of which there are two forms.
#[derive(PartialEq)]
enum OneToOne {
    Absent,
    True,
    False,
    FormsDiffer,
    Unknown,
}

impl Answer {
    pub(crate) fn read(raw: &Value) -> Self {
        let document = member(raw, "document");
        let mut answer = Self {
            status: int(member(raw, "status")),
            identity: word(
                inner(raw, "unicoId", "result"),
                &["yes", "no", "inconclusive"],
            ),
            liveness: int(member(raw, "liveness")),
            alert: word(
                inner(raw, "identityFraudsters", "result"),
                &["yes", "suspicious", "inconclusive"],
            ),
            score: int(member(raw, "score")),
            serpro: int(inner(raw, "government", "serpro")),
            face_match: one_to_one(
                member(raw, "authenticated"),
                inner(raw, "biometryToken", "result"),
                member(raw, "biometryToken"),
            ),
            trust: word(
                inner(raw, "idCloud", "result"),
                &[
                    "approved",
                    "denied",
                    "reproved",
                    "critical-risk",
                    "risk-critical",
                    "high-risk",
                    "risk-high",
                    "inconclusive",
                    "retry",
                ],
            ),
            risk_level: word(inner(raw, "riskLevel", "result"), &["approved", "reproved"]),
            document: document
                .and_then(Value::as_object)
                .is_some_and(|members| !members.is_empty()),
            document_is_unreadable: match document {
                None => false,
                Some(Value::Object(members)) => {
                    !members.is_empty()
                        && !members.keys().any(|key| {
                            DOCUMENT_MEMBERS
                                .iter()
                                .any(|known| known.eq_ignore_ascii_case(key))
                        })
                }
                Some(_) => true,
            },
            cpf_match: truth(document.and_then(|value| member(value, "cpfMatch"))),
            document_face_match: truth(document.and_then(|value| member(value, "faceMatch"))),
            error: holds_an_error(raw)
                || raw
                    .as_object()
                    .is_some_and(|members| members.iter().any(is_code))
                || EVIDENCE_OBJECTS
                    .iter()
                    .filter_map(|name| member(raw, name))
                    .any(holds_an_error),
        };
        if answer.status == Int::Absent && is_the_old_comparison(raw) {
            answer.status = Int::Is(3);
        }
        answer
    }

    /// Whether there is any evidence, good, bad or unknown.
    fn has_evidence(&self) -> bool {
        let words = [&self.identity, &self.alert, &self.trust, &self.risk_level];
        let numbers = [&self.liveness, &self.score, &self.serpro];
        words.into_iter().any(|word| *word != Word::Absent)
            || numbers.into_iter().any(|number| *number != Int::Absent)
            || self.face_match != OneToOne::Absent
            || self.document
            || self.document_is_unreadable
    }

    fn has_unknown_value(&self) -> bool {
        let words = [
            &self.identity,
            &self.alert,
            &self.trust,
            &self.risk_level,
            &self.cpf_match,
            &self.document_face_match,
        ];
        words.into_iter().any(|word| *word == Word::Unknown)
            || matches!(self.liveness, Int::Unknown)
            || matches!(self.liveness, Int::Is(value) if !(0..=2).contains(&value))
            // `min_serpro` covers integers out of range; anything else is no similarity.
            || self.serpro == Int::Unknown
            || self.face_match == OneToOne::Unknown
            || self.document_is_unreadable
    }
}

impl Word {
    fn is(&self, expected: &str) -> bool {
        matches!(self, Self::Is(word) if *word == expected)
    }

    fn is_one_of(&self, expected: &[&str]) -> bool {
        expected.iter().any(|word| self.is(word))
    }
}

/// Stands for a value that should be an object: no list of documented values holds it.
static NOT_AN_OBJECT: Value = Value::Array(Vec::new());

/// A member by its name, in any case; null is absent.
fn member<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    object
        .as_object()?
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
        .filter(|value| !value.is_null())
}

/// Whether one of these members is a non-empty error.
fn holds_an_error(object: &Value) -> bool {
    let says_nothing = |value: &Value| match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(true) => false,
    };
    object.as_object().is_some_and(|members| {
        members
            .iter()
            .any(|(name, value)| is_error_name(name) && !says_nothing(value))
    })
}

fn is_error_name(name: &str) -> bool {
    name.eq_ignore_ascii_case("error") || name.eq_ignore_ascii_case("errors")
}

/// `code`, in the form of IDCloud's codes (`20507`, and `510` alone) or of the identity server's
/// (`1.2.7`).
fn is_code((name, value): (&String, &Value)) -> bool {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return false,
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = text.split('.').collect();
    let has_form = match parts.as_slice() {
        [one] => *one == "510" || (one.len() == 5 && digits(one)),
        [_, _, _] => parts.iter().all(|part| digits(part) && part.len() <= 2),
        _ => false,
    };
    name.eq_ignore_ascii_case("code") && has_form
}

/// The old 1:1 answer, the only one that may lack a status: `authenticated`, perhaps `liveness`,
/// perhaps an error, and nothing else at all.
fn is_the_old_comparison(raw: &Value) -> bool {
    let belongs = |(key, value): (&String, &Value)| {
        ["id", "authenticated", "liveness"]
            .iter()
            .any(|name| name.eq_ignore_ascii_case(key))
            || is_error_name(key)
            || is_code((key, value))
    };
    member(raw, "authenticated").is_some()
        && raw
            .as_object()
            .is_some_and(|members| members.iter().all(belongs))
}

/// A member of a member, such as `unicoId.result`. An object without that member is not the
/// documented one.
fn inner<'a>(raw: &'a Value, outer: &str, name: &str) -> Option<&'a Value> {
    match member(raw, outer)? {
        Value::Object(members)
            if !members.is_empty() && !members.keys().any(|key| key.eq_ignore_ascii_case(name)) =>
        {
            Some(&NOT_AN_OBJECT)
        }
        object @ Value::Object(_) => member(object, name),
        _ => Some(&NOT_AN_OBJECT),
    }
}

fn int(value: Option<&Value>) -> Int {
    match value {
        None => Int::Absent,
        Some(Value::Number(number)) => number.as_i64().map_or(Int::Unknown, Int::Is),
        Some(Value::String(text)) => text.parse().map_or(Int::Unknown, Int::Is),
        Some(_) => Int::Unknown,
    }
}

fn word(value: Option<&Value>, documented: &[&'static str]) -> Word {
    match value {
        None => Word::Absent,
        Some(Value::String(text)) => documented
            .iter()
            .find(|word| **word == text.to_ascii_lowercase())
            .map_or(Word::Unknown, |word| Word::Is(word)),
        Some(_) => Word::Unknown,
    }
}

fn truth(value: Option<&Value>) -> Word {
    match value {
        Some(Value::Bool(true)) => Word::Is("true"),
        Some(Value::Bool(false)) => Word::Is("false"),
        other => word(other, &["true", "false"]),
    }
}

/// The two forms; `wrapper` is the object around the newer one.
fn one_to_one(old: Option<&Value>, new: Option<&Value>, wrapper: Option<&Value>) -> OneToOne {
    let differ = match (old, new) {
        (Some(old_raw), Some(new_raw)) => match (truth(old), truth(new)) {
            // The value in the place of the newer form is its own kind: another JSON type, or an
            // object with other members.
            (Word::Unknown, Word::Unknown) if std::ptr::eq(new_raw, &raw const NOT_AN_OBJECT) => {
                match wrapper {
                    Some(Value::Object(_)) => old_raw.as_object().is_none_or(|old| !old.is_empty()),
                    other => Some(old_raw) != other,
                }
            }
            (Word::Unknown, Word::Unknown) => old_raw != new_raw,
            (old, new) => old != new,
        },
        _ => false,
    };
    if differ {
        return OneToOne::FormsDiffer;
    }
    match truth(old.or(new)) {
        Word::Absent => OneToOne::Absent,
        Word::Is("true") => OneToOne::True,
        Word::Is(_) => OneToOne::False,
        Word::Unknown => OneToOne::Unknown,
    }
}
