//! A verdict cannot be misread: every row of the published table is reached through a handle, and
//! ends in that row's report.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use idcloud_flows::Pending;
use idcloud_flows::http::testing::ScriptedTransport;
use idcloud_flows::model::SelfieKind::Image;
use idcloud_flows::model::{Policy, Scenario};

use crate::support::{ID, OTHER_ID, Question, against, answer, columns, key};

const YES: &str = r#""status":3,"unicoId":{"result":"yes"}"#;
const OPEN: &str = r#""status":3,"unicoId":{"result":"inconclusive"},"liveness":1"#;

/// A row; how to reach it: handle, the key's capabilities, selfie, the policy's requirement; and
/// the answers in turn.
const ROWS: &str = r#"
    processing                     | identity       |                               | image         |         | "status":1
    divergence                     | identity       |                               | image         |         | "status":1 ; "status":2
    unknown-status                 | identity       |                               | image         |         | "status":7
    processing-error               | identity       |                               | image         |         | "status":5
    canceled                       | identity       |                               | image         |         | "status":4
    liveness-failed                | liveness       |                               | capture-token |         | "status":3,"liveness":2
    identity-no                    | identity       |                               | image         |         | "status":3,"unicoId":{"result":"no"}
    face-mismatch                  | comparison     |                               | image         |         | "status":3,"biometryToken":{"result":"false"}
    trust-denied                   | identity       | trust-decision                | image         |         | YES,"idCloud":{"result":"denied"}
    alert-without-support          | identity       | identity,risk-score           | image         |         | OPEN,"identityFraudsters":{"result":"yes"},"score":0
    score-negative                 | identity       | identity,risk-score           | image         |         | OPEN,"score":-1
    document-mismatch              | document       |                               | image         |         | "status":3,"document":{"id":"d","cpfMatch":false}
    contradiction                  | comparison     |                               | image         |         | "status":3,"authenticated":true,"biometryToken":{"result":"false"}
    unknown-value                  | identity       |                               | image         |         | "status":3,"unicoId":{"result":"probably"}
    alert                          | identity       |                               | image         |         | YES,"identityFraudsters":{"result":"suspicious"}
    trust-high-risk                | identity       | trust-decision                | image         |         | YES,"idCloud":{"result":"high-risk"}
    trust-inconclusive             | identity       | trust-decision                | image         |         | YES,"idCloud":{"result":"inconclusive"}
    trust-recapture                | identity       | trust-decision                | image         |         | YES,"idCloud":{"result":"retry"}
    liveness-inconclusive          | liveness       |                               | capture-token |         | "status":3,"liveness":0
    score-zero                     | identity       | identity,risk-score           | image         |         | OPEN,"score":0
    drop                           | identity       |                               | image         |         | "status":2 ; OPEN
    score-low                      | identity       | identity,risk-score           | image         |         | "status":1 ; OPEN,"score":49
    serpro-low                     | identity       | identity,serpro               | image         | serpro  | YES,"government":{"serpro":-1}
    missing-evidence               | comparison     |                               | image         |         | "status":3,"liveness":1
    liveness-not-checked           | identity       |                               | image         | live    | YES
    score-high                     | identity       | liveness,identity,risk-score  | capture-token |         | "status":1 ; OPEN,"score":50
    identity-inconclusive          | identity       |                               | image         |         | OPEN
    identity-yes                   | identity       | liveness                      | capture-token |         | YES
    identity-yes-without-liveness  | identity       |                               | image         |         | YES
    trust-approved                 | comparison     | trust-decision                | image         |         | "status":3,"authenticated":true,"idCloud":{"result":"approved"}
    face-match                     | comparison     | liveness                      | capture-token |         | "status":3,"authenticated":true,"liveness":1
    face-match-without-liveness    | comparison     |                               | image         |         | "status":3,"authenticated":true
    live                           | liveness       |                               | capture-token |         | "status":3,"liveness":1
    document-matched               | document       |                               | image         |         | "status":1 ; "status":3,"document":{"id":"d","cpfMatch":true}
    document-unread                | document       |                               | image         |         | "status":3,"document":{"id":"d"}
    unlisted                       | behavior-alert |                               | image         |         | "status":3,"identityFraudsters":{"result":"inconclusive"}
"#;

/// The row of an approval for a process that a person found: only a resumed process reaches it.
async fn found_by_hand() -> Scenario {
    let script = ScriptedTransport::new().every_call(answer(YES));
    let idcloud = against(&Arc::new(script));
    let stored = serde_json::json!({
        "version": 1,
        "processId": ID,
        "flow": "identity",
        "status": "processing",
        "asked": { "capabilities": ["identity"], "selfie": "image", "settledByHand": true },
        "policy": {},
        "environment": "local",
        "issuer": format!("a@{OTHER_ID}.iam.acesso.io"),
        "submittedAtUnix": 1_767_225_600,
        "simulated": false,
    });
    let pending: Pending = serde_json::from_value(stored).unwrap();
    let handle = idcloud.processes(key("identity"));
    let report = handle.wait(pending, Duration::from_secs(60)).await.unwrap();
    report.verdict().scenario()
}

#[tokio::test(start_paused = true)]
async fn every_row_is_reached_through_a_handle() {
    let mut reached = BTreeSet::new();
    for line in ROWS.trim().lines() {
        let [row, flow, capabilities, selfie, demand, answers] = columns(line);
        let answers = answers.replace("YES", YES).replace("OPEN", OPEN);
        let mut script = ScriptedTransport::new();
        for members in answers.split(" ; ") {
            script = script.call(answer(members)).every_call(answer(members));
        }
        let question = Question {
            selfie: selfie.parse().unwrap(),
            policy: match demand {
                "live" => Policy::default().with_require_liveness(true),
                "serpro" => Policy::default().with_min_serpro(Some(50)),
                _ => Policy::default(),
            },
            ..Question::new(flow.parse().unwrap(), capabilities, Image)
        };
        let idcloud = against(&Arc::new(script));
        assert_eq!(question.row(&idcloud).await.id(), row);
        reached.insert(row);
    }
    reached.insert(found_by_hand().await.id());
    let all: BTreeSet<_> = Scenario::ALL.iter().map(|row| row.id()).collect();
    assert_eq!(reached, all);
}
