//! Promise: a verdict cannot be misread. The crate judges every answer as a second, slow reading of
//! the table does.
//!
//! Must not derive from the implementation: if the two differ, the table's text decides.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at what it did not expect"
)]

#[path = "oracle/answers.rs"]
mod answers;
mod oracle;

use std::collections::BTreeSet;

use answers::{answer, asked_of, capability_sets, policy, question};
use idcloud_model::{
    Asked, Capabilities, Capability, Policy, Process, Scenario, SelfieKind, decide,
};
use oracle::{Answer, ROWS, judge, missing};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

/// Judges one answer twice, and reports a difference. Returns the row.
fn compare(
    process: &Process,
    answer: &Answer,
    asked: Asked,
    policy: Policy,
) -> Result<&'static str, String> {
    let row = judge(answer, asked, policy);
    let (id, decision, named) = match process {
        Process::Pending(pending) => (pending.scenario().id(), "wait", None),
        Process::Final(process) => {
            let verdict = decide(process, &asked, &policy);
            let named: Vec<_> = verdict.missing().collect();
            (
                verdict.scenario().id(),
                verdict.decision().as_str(),
                Some(named),
            )
        }
    };
    if (id, decision) != (row.id, row.decision) {
        return Err(format!(
            "the crate says {id} ({decision}), the table {} ({})",
            row.id, row.decision
        ));
    }
    let absent = missing(answer, asked);
    match named {
        Some(named) if id == "missing-evidence" && named != absent => {
            Err(format!("the crate misses {named:?}, the table {absent:?}"))
        }
        _ => Ok(row.id),
    }
}

/// Evidence that was not asked for can only make a verdict worse, so it satisfies no policy.
#[test]
fn a_similarity_that_was_not_asked_for_satisfies_no_policy() {
    let raw = json!({"id": answers::ID, "status": 3, "unicoId": {"result": "yes"}, "government": {"serpro": 90}});
    let asked = Asked::new("identity".parse().expect("a set"), SelfieKind::CaptureToken);
    let policy = Policy::default().with_min_serpro(Some(50));
    let row = compare(&read(&raw), &Answer::read(&raw), asked, policy);
    assert_eq!(row, Ok("serpro-low"));
}

fn read(raw: &Value) -> Process {
    Process::from_json(raw.to_string().as_bytes()).expect("an object with an id is a process")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any answer, judged against every set of capabilities.
    #[test]
    fn the_crate_judges_as_the_table_does(raw in answer(), question in question(), policy in policy()) {
        let process = read(&raw);
        let answer = Answer::read(&raw);
        for capabilities in capability_sets() {
            let asked = asked_of(question, capabilities);
            if let Err(difference) = compare(&process, &answer, asked, policy) {
                return Err(TestCaseError::fail(format!("{difference}\n{raw}\n{asked:?}\n{policy:?}")));
            }
        }
    }
}

/// Every combination of the onboarding evidence's documented values, under the questions that a key
/// of IDCloud's pages asks.
#[test]
fn every_documented_combination_of_the_main_evidence() {
    let identities = [
        None,
        Some("yes"),
        Some("no"),
        Some("inconclusive"),
        Some("new"),
    ];
    let alerts = [None, Some("inconclusive"), Some("yes"), Some("suspicious")];
    let livenesses = [None, Some(0), Some(1), Some(2), Some(3)];
    let scores = [None, Some(-1), Some(0), Some(49), Some(50), Some(101)];
    let comparisons = [None, Some(true), Some(false)];
    let questions: Vec<Capabilities> = [
        "",
        "liveness",
        "identity",
        "liveness,identity",
        "liveness,identity,behavior-alert",
        "liveness,identity,behavior-alert,risk-score",
        "identity,risk-score",
        "face-match",
        "liveness,face-match",
        "liveness,identity,behavior-alert,face-match",
    ]
    .iter()
    .map(|list| list.parse().expect("a set"))
    .collect();
    for identity in identities {
        for alert in alerts {
            for liveness in livenesses {
                for score in scores {
                    for comparison in comparisons {
                        let mut raw = json!({"id": answers::ID, "status": 3});
                        if let Some(word) = identity {
                            raw["unicoId"] = json!({"result": word});
                        }
                        if let Some(word) = alert {
                            raw["identityFraudsters"] = json!({"result": word});
                        }
                        if let Some(number) = liveness {
                            raw["liveness"] = json!(number);
                        }
                        if let Some(number) = score {
                            raw["score"] = json!(number);
                        }
                        if let Some(same) = comparison {
                            raw["authenticated"] = json!(same);
                        }
                        let (process, answer) = (read(&raw), Answer::read(&raw));
                        for capabilities in &questions {
                            for selfie in [SelfieKind::CaptureToken, SelfieKind::Image] {
                                let asked = Asked::new(*capabilities, selfie);
                                if let Err(difference) =
                                    compare(&process, &answer, asked, Policy::default())
                                {
                                    panic!("{difference}\n{raw}\n{asked:?}");
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The oracle has the crate's rows, in its order and with its decisions, and the generated answers
/// reach every one of them.
#[test]
fn the_rows_are_the_crates_rows_and_all_are_reached() {
    let theirs: Vec<_> = Scenario::ALL
        .iter()
        .map(|row| (row.id(), row.decision().map_or("wait", |d| d.as_str())))
        .collect();
    let ours: Vec<_> = ROWS.iter().map(|row| (row.id, row.decision)).collect();
    assert_eq!(ours, theirs);

    let mut runner = TestRunner::deterministic();
    let mut reached = BTreeSet::new();
    for _ in 0..1500 {
        let (raw, question, policy) = (answer(), question(), policy())
            .new_tree(&mut runner)
            .expect("the strategies reject nothing")
            .current();
        let answer = Answer::read(&raw);
        let sets = capability_sets();
        reached.extend(
            sets.into_iter()
                .map(|capabilities| judge(&answer, asked_of(question, capabilities), policy).id),
        );
    }
    let unreached: Vec<_> = ROWS
        .iter()
        .filter(|row| !reached.contains(row.id))
        .map(|row| row.id)
        .collect();
    assert!(unreached.is_empty(), "{unreached:?}");
    assert_eq!(capability_sets().len(), 160);
    assert!(capability_sets().iter().all(|set| {
        set.contains(Capability::Identity)
            || !(set.contains(Capability::RiskScore) || set.contains(Capability::Serpro))
    }));
}
