//! Generated answers: every member absent, documented, unknown or of a wrong type, in every
//! documented spelling.
//!
//! Must not know what the answers mean: tests ask the oracle.

use idcloud_model::{Asked, Capabilities, Capability, Policy, SelfieKind};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

/// The id of every generated answer.
pub(crate) const ID: &str = "5b1f0c7e-9d34-4c1a-8f55-2a60e1b7c9d3";

/// Every set of capabilities that a key can have.
pub(crate) fn capability_sets() -> Vec<Capabilities> {
    (0..1_usize << Capability::ALL.len())
        .filter_map(|bits| {
            let members = Capability::ALL
                .into_iter()
                .enumerate()
                .filter(|(at, _)| bits >> at & 1 == 1)
                .map(|(_, capability)| capability);
            Capabilities::try_from_iter(members).ok()
        })
        .collect()
}

pub(crate) fn selfie() -> impl Strategy<Value = SelfieKind> {
    select(vec![
        SelfieKind::CaptureToken,
        SelfieKind::Image,
        SelfieKind::Unknown,
    ])
}

/// A question with `capabilities` left to the caller.
pub(crate) fn question() -> impl Strategy<Value = Asked> {
    (selfie(), any::<bool>(), prop::bool::weighted(0.1)).prop_map(
        |(selfie, seen_pending, settled_by_hand)| {
            Asked::new(Capabilities::NONE, selfie)
                .with_seen_pending(seen_pending)
                .with_settled_by_hand(settled_by_hand)
        },
    )
}

/// The question of a key with `capabilities`.
pub(crate) fn asked_of(question: Asked, capabilities: Capabilities) -> Asked {
    with_selfie(question, question.selfie()).with_more(capabilities)
}

/// The question of a key without capabilities, about another kind of selfie.
pub(crate) fn with_selfie(question: Asked, selfie: SelfieKind) -> Asked {
    Asked::new(Capabilities::NONE, selfie)
        .with_seen_pending(question.seen_pending())
        .with_settled_by_hand(question.settled_by_hand())
}

pub(crate) fn policy() -> impl Strategy<Value = Policy> {
    let approve_from = prop_oneof![
        4 => Just(50),
        1 => select(vec![-100, -1, 0, 1, 49, 51, 100, 127]),
        1 => any::<i8>(),
    ];
    let min_serpro = prop_oneof![
        4 => Just(None),
        1 => select(vec![Some(0), Some(50), Some(100), Some(101)]),
        1 => any::<u8>().prop_map(Some),
    ];
    (approve_from, prop::bool::weighted(0.25), min_serpro).prop_map(
        |(approve_from, require_liveness, min_serpro)| {
            Policy::default()
                .with_approve_from(approve_from)
                .with_require_liveness(require_liveness)
                .with_min_serpro(min_serpro)
        },
    )
}

/// Any answer: mostly documented values, sometimes anything.
pub(crate) fn answer() -> impl Strategy<Value = Value> {
    (
        prop_oneof![3 => answer_with(false), 2 => answer_with(true)],
        spelling(),
    )
        .prop_map(|(answer, spelling)| spelling.of(answer))
}

fn answer_with(odd: bool) -> impl Strategy<Value = Value> {
    let status = prop_oneof![
        12 => Just(Some(json!(3))),
        3 => select(vec![json!(1), json!(2), json!(4), json!(5)]).prop_map(Some),
        1 => Just(None),
        u32::from(odd) => select(vec![json!(0), json!(6), json!(-3), json!(3.0), json!("completed"), json!(true), json!([3])]).prop_map(Some),
    ];
    let words = (
        wrapped(
            "result",
            &[
                "yes",
                "yes",
                "no",
                "inconclusive",
                "inconclusive",
                "inconclusive",
            ],
            odd,
        ),
        wrapped(
            "result",
            &["inconclusive", "inconclusive", "yes", "suspicious"],
            odd,
        ),
        wrapped("result", &TRUST, odd),
        wrapped("result", &["approved", "approved", "reproved"], odd),
        wrapped("result", &["true", "true", "false"], odd),
    );
    let numbers = (
        value(vec![json!(1), json!(1), json!(1), json!(2), json!(0)], odd),
        prop_oneof![
            1 => Just(None),
            3 => value(vec![json!(90), json!(50), json!(49), json!(1), json!(0), json!(-1), json!(100), json!(-100)], odd),
            1 => value(vec![json!(101), json!(-101), json!(i64::MAX), json!(i64::MIN), json!(50.0), json!("90.0")], odd),
            1 => (-110_i64..=110).prop_map(|score| Some(json!(score))),
        ],
        wrapped_value(
            "serpro",
            vec![
                json!(100),
                json!(50),
                json!(49),
                json!(0),
                json!(-1),
                json!(-2),
                json!(-3),
                json!(101),
            ],
            odd,
        ),
        value(vec![json!(true), json!(true), json!(false)], odd),
    );
    (status, words, numbers, document(odd), extras(), kept()).prop_map(
        |(status, words, numbers, document, extras, kept)| {
            let members = [
                ("id", Some(json!(ID))),
                ("status", status),
                ("unicoId", words.0),
                ("identityFraudsters", words.1),
                ("idCloud", words.2),
                ("riskLevel", words.3),
                ("biometryToken", words.4),
                ("liveness", numbers.0),
                ("score", numbers.1),
                ("government", numbers.2),
                ("authenticated", numbers.3),
                ("document", document),
            ];
            members
                .into_iter()
                .zip(kept)
                .filter_map(|(member, kept)| kept.then_some(member))
                .chain(extras)
                .filter_map(|(name, value)| Some((name.to_owned(), value?)))
                .collect::<Map<_, _>>()
                .into()
        },
    )
}

/// Which of the twelve members stay: id and status always, identity often; so that answers of few
/// members are common.
fn kept() -> impl Strategy<Value = Vec<bool>> {
    let others = prop_oneof![
        Just(vec![true; 9]),
        prop::collection::vec(prop::bool::weighted(0.4), 9),
    ];
    (prop::bool::weighted(0.8), others)
        .prop_map(|(identity, others)| [vec![true, true, identity], others].concat())
}

const TRUST: [&str; 10] = [
    "approved",
    "approved",
    "denied",
    "reproved",
    "high-risk",
    "risk-high",
    "critical-risk",
    "risk-critical",
    "inconclusive",
    "retry",
];

/// Empty members, which must not count; and errors.
fn extras() -> impl Strategy<Value = Vec<(&'static str, Option<Value>)>> {
    prop_oneof![4 => unknown_extras(), 1 => error_extras()]
}

fn error_extras() -> impl Strategy<Value = Vec<(&'static str, Option<Value>)>> {
    let codes = vec![
        json!("10201"),
        json!(20507),
        json!("1.2.7"),
        json!("510"),
        json!("200"),
        json!(7),
        json!("E20507"),
        json!("1.2"),
        json!(null),
        json!(["10201"]),
    ];
    prop_oneof![
        2 => error_value().prop_map(|value| vec![("error", Some(value))]),
        1 => error_value().prop_map(|value| vec![("errors", Some(value))]),
        1 => select(codes).prop_map(|code| vec![("code", Some(code))]),
        1 => Just(vec![("message", Some(json!("failed")))]),
    ]
}

/// Values of `error`: real ones, or empty ones.
fn error_value() -> impl Strategy<Value = Value> {
    select(vec![
        json!({"code": "10201", "description": "x"}),
        json!({"code": null}),
        json!("server_error"),
        json!(true),
        json!(1),
        json!(" "),
        json!([{}]),
        json!(null),
        json!(false),
        json!(0),
        json!(0.0),
        json!(""),
        json!({}),
        json!([]),
    ])
}

fn unknown_extras() -> impl Strategy<Value = Vec<(&'static str, Option<Value>)>> {
    select(vec![
        Vec::new(),
        Vec::new(),
        vec![("ageResult", Some(json!({"result": "adult"})))],
        vec![
            ("approved", Some(json!(true))),
            ("result", Some(json!("yes"))),
        ],
        vec![(
            "processAdditionalInfo",
            Some(json!({"personName": "Someone"})),
        )],
    ])
}

/// A member: absent, null, one of the documented values, or (if `odd`) something else.
fn value(documented: Vec<Value>, odd: bool) -> BoxedStrategy<Option<Value>> {
    prop_oneof![
        3 => Just(None),
        1 => Just(Some(Value::Null)),
        12 => select(documented).prop_map(Some),
        u32::from(odd) => odd_value().prop_map(Some),
    ]
    .boxed()
}

/// Values that no page documents for any evidence.
fn odd_value() -> impl Strategy<Value = Value> {
    select(vec![
        json!(""),
        json!("approve"),
        json!("yes!"),
        json!(" yes"),
        json!("sim"),
        json!("1.0"),
        json!(7),
        json!(-7),
        json!(1.0),
        json!(0.5),
        json!([]),
        json!(["yes"]),
        json!([true]),
        json!({}),
        json!({"result": {"result": "yes"}}),
        json!({"result": "yes", "note": 1}),
        json!(true),
        json!("true"),
        json!("yes"),
        json!("approved"),
        json!("1"),
        json!(1),
    ])
}

fn wrapped(name: &'static str, documented: &[&str], odd: bool) -> BoxedStrategy<Option<Value>> {
    let documented = documented.iter().map(|word| json!(word)).collect();
    wrapped_value(name, documented, odd)
}

/// An object around one value; also empty, with more members, or (if `odd`) no object at all.
fn wrapped_value(
    name: &'static str,
    documented: Vec<Value>,
    odd: bool,
) -> BoxedStrategy<Option<Value>> {
    let around = move |value: Option<Value>, more: Option<(&str, Value)>| {
        let mut object = Map::new();
        if let Some(value) = value {
            object.insert(name.to_owned(), value);
        }
        if let Some((name, value)) = more {
            object.insert(name.to_owned(), value);
        }
        Value::Object(object)
    };
    prop_oneof![
        3 => Just(None),
        1 => Just(Some(Value::Null)),
        12 => (value(documented, odd), more()).prop_map(move |(value, more)| Some(around(value, more))),
        u32::from(odd) => odd_value().prop_map(Some),
    ]
    .boxed()
}

/// Other members of an evidence object.
fn more() -> BoxedStrategy<Option<(&'static str, Value)>> {
    prop_oneof![
        28 => Just(None),
        3 => Just(Some(("detail", json!("more")))),
        1 => error_value().prop_map(|value| Some(("error", value))),
    ]
    .boxed()
}

fn document(odd: bool) -> BoxedStrategy<Option<Value>> {
    let truth = || {
        vec![
            json!(true),
            json!(true),
            json!("true"),
            json!(false),
            json!("false"),
        ]
    };
    let members = (
        more(),
        value(truth(), odd),
        value(truth(), odd),
        select(vec![
            vec![],
            vec![("id", json!("0c9a1f7e-52d1-4c08-9b7d-6e2f8a3b4c5d"))],
            vec![("foo", json!(1))],
            vec![("id", json!(null))],
            vec![
                ("type", json!("unico.moja.dictionary.br.cnh.v2.Cnh")),
                ("content", json!([{"numero": "1"}])),
                ("fileUrls", json!("https://files.example/1")),
            ],
        ]),
    )
        .prop_map(|(more, cpf, face, rest)| {
            let matches = [("cpfMatch", cpf), ("faceMatch", face)];
            let matches = matches
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)));
            let members: Map<_, _> = matches
                .chain(rest)
                .chain(more)
                .map(|(name, value)| (name.to_owned(), value))
                .collect();
            Some(Value::Object(members))
        });
    prop_oneof![
        1 => Just(None),
        1 => members,
        u32::from(odd) => odd_value().prop_map(Some),
    ]
    .boxed()
}

/// The spelling of a generation's answers.
#[derive(Debug, Clone)]
struct Spelling {
    /// The spelling of member names.
    names: fn(&str) -> String,
    words: fn(&str) -> String,
    /// Integers as numeric strings.
    numbers_as_text: bool,
}

fn spelling() -> impl Strategy<Value = Spelling> {
    let as_is: fn(&str) -> String = str::to_owned;
    let styles = vec![
        as_is,
        as_is,
        capitalised,
        str::to_ascii_lowercase,
        str::to_ascii_uppercase,
    ];
    (
        select(styles.clone()),
        select(styles),
        prop::bool::weighted(0.2),
    )
        .prop_map(|(names, words, numbers_as_text)| Spelling {
            names,
            words,
            numbers_as_text,
        })
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
        .unwrap_or_default()
}

impl Spelling {
    fn of(&self, value: Value) -> Value {
        match value {
            Value::Object(members) => members
                .into_iter()
                .map(|(name, value)| ((self.names)(&name), self.of(value)))
                .collect::<Map<_, _>>()
                .into(),
            Value::Array(values) => values.into_iter().map(|value| self.of(value)).collect(),
            Value::String(text) => (self.words)(&text).into(),
            Value::Number(number) if self.numbers_as_text => number.to_string().into(),
            other => other,
        }
    }
}
