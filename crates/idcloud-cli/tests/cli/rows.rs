//! A fixture for every row of the decision table in which `onboard` can end: the answers, and the
//! exact object for them.

use serde_json::{Value, json};
use tokio::task::JoinSet;
use wiremock::ResponseTemplate;

use super::support::{Files, PROCESS_ID, Server, finish, onboard, run};

struct Row {
    name: &'static str,
    capabilities: &'static str,
    selfie: &'static str,
    flags: &'static [&'static str],
    create: Value,
    gets: Vec<(u16, Value)>,
    exit: i32,
    expected: Value,
}

/// A row for a key with identity only, an image and a final create.
fn row(name: &'static str, scenario: &str, decision: &str, answer: Value, expected: Value) -> Row {
    let mut create = json!({"id": PROCESS_ID, "status": 3});
    merge(&mut create, answer);
    let mut object = json!({
        "environment": "custom", "simulated": false,
        "processId": PROCESS_ID, "status": "completed", "decision": decision, "scenario": scenario,
        "identity": null, "liveness": null, "behaviorAlert": null, "riskScore": null, "serproSimilarity": null,
        "faceMatch": null, "trustDecision": null, "riskLevel": null, "document": null, "additionalInfo": null,
        "recorded": false, "journalError": null,
        "unknown": {}
    });
    merge(&mut object, expected);
    Row {
        name,
        capabilities: "",
        selfie: "selfie.png",
        flags: &[],
        create,
        gets: Vec::new(),
        exit: 0,
        expected: object,
    }
}

impl Row {
    fn key(self, capabilities: &'static str) -> Self {
        Self {
            capabilities,
            ..self
        }
    }

    fn captured(self) -> Self {
        Self {
            selfie: "token.txt",
            ..self
        }
    }

    fn flags(self, flags: &'static [&'static str]) -> Self {
        Self { flags, ..self }
    }

    fn exit(self, exit: i32) -> Self {
        Self { exit, ..self }
    }

    /// Makes the create pending; its answer becomes the answer of a later GET.
    fn after_pending(mut self, pending: Value) -> Self {
        let answer = std::mem::replace(&mut self.create, pending);
        self.gets = vec![(200, answer)];
        self
    }

    /// Capabilities in the last answer that the key is not declared to have; a pending process's
    /// answer proves nothing yet.
    fn undeclared(&self) -> Vec<&'static str> {
        let last = self.gets.last().map_or(&self.create, |(_, answer)| answer);
        if self.expected["decision"] == "wait" {
            return Vec::new();
        }
        let mut answered: Vec<_> = [
            ("identityFraudsters", "behavior-alert"),
            ("riskLevel", "behavior-alert"),
            ("score", "risk-score"),
            ("government", "serpro"),
            ("authenticated", "face-match"),
            ("biometryToken", "face-match"),
            ("document", "document"),
            ("idCloud", "trust-decision"),
        ]
        .into_iter()
        .filter(|(member, _)| !last[*member].is_null())
        .map(|(_, capability)| capability)
        .filter(|capability| !self.capabilities.split(',').any(|one| one == *capability))
        .collect();
        answered.dedup();
        answered
    }

    fn gets(mut self, gets: Vec<(u16, Value)>) -> Self {
        self.gets = gets;
        self
    }
}

/// The answered but undeclared capabilities, each with the words that declare it.
fn undeclared(mismatches: &Value) -> Vec<&str> {
    let mismatches = mismatches.as_array().unwrap().iter();
    mismatches
        .filter(|one| one["kind"] == "not-declared")
        .map(|one| {
            let (capability, help) = (one["capability"].as_str(), one["help"].as_str());
            let (capability, help) = (capability.unwrap(), help.unwrap());
            assert!(
                help.contains("declare it with `--capabilities ") && help.contains(capability),
                "{help}"
            );
            capability
        })
        .collect()
}

fn merge(into: &mut Value, from: Value) {
    let (Value::Object(into), Value::Object(from)) = (into, from) else {
        panic!("objects only")
    };
    into.extend(from);
}

fn pending(status: u8) -> Value {
    json!({"id": PROCESS_ID, "status": status, "unicoId": {"result": "inconclusive"}, "liveness": 1})
}

fn identity(result: &str) -> Value {
    json!({"unicoId": {"result": result}})
}

/// Identity inconclusive with the constant liveness 1, and `more`.
fn inconclusive(more: Value) -> Value {
    let mut answer = json!({"unicoId": {"result": "inconclusive"}, "liveness": 1});
    merge(&mut answer, more);
    answer
}

fn read_inconclusive(more: Value) -> Value {
    let mut object = json!({"identity": "inconclusive", "liveness": "not-checked"});
    merge(&mut object, more);
    object
}

const SCORED: &str = "identity,risk-score";
const ALL: &str = "liveness,identity,behavior-alert,risk-score";

#[expect(clippy::too_many_lines, reason = "one entry a row of the table")]
fn rows() -> Vec<Row> {
    let alert = |result: &str| json!({"identityFraudsters": {"result": result}});
    let yes_and = |more: Value| {
        let mut answer = identity("yes");
        merge(&mut answer, more);
        answer
    };
    let read_yes_and = |more: Value| {
        let mut object = json!({"identity": "yes", "liveness": "not-checked"});
        merge(&mut object, more);
        object
    };
    vec![
        // Not final.
        row("status 1", "processing", "wait", json!({"status": 1}), json!({"status": "processing"}))
            .flags(&["--no-wait"])
            .exit(8),
        row("status 2", "divergence", "wait", json!({"status": 2}), json!({"status": "divergence"}))
            .flags(&["--no-wait"])
            .exit(8),
        row("status 9", "unknown-status", "wait", json!({"status": 9}), json!({"status": "unknown"}))
            .flags(&["--no-wait"])
            .exit(8),
        row(
            "still pending when the wait is over",
            "divergence",
            "wait",
            inconclusive(json!({"status": 2})),
            read_inconclusive(json!({"status": "divergence"})),
        )
        .key(SCORED)
        .flags(&["--wait", "1s"])
        .exit(8)
        .gets(vec![(200, pending(2))]),
        // Ended without a result.
        row("status 5", "processing-error", "recapture", json!({"status": 5}), json!({"status": "failed"})).exit(7),
        row("status 5 by 410", "processing-error", "recapture", json!({}), json!({"status": "failed"}))
            .key(SCORED)
            .after_pending(pending(1))
            .gets(vec![(410, json!({"id": PROCESS_ID, "status": 5}))])
            .exit(7),
        row("status 4", "canceled", "recapture", json!({"status": 4}), json!({"status": "canceled"})).exit(7),
        // Rejections.
        row(
            "liveness 2",
            "liveness-failed",
            "reject",
            json!({"unicoId": {"result": "inconclusive"}, "liveness": 2}),
            json!({"identity": "inconclusive", "liveness": "not-live"}),
        )
        .key("liveness,identity")
        .captured(),
        row(
            "liveness 2 with an image",
            "liveness-failed",
            "reject",
            json!({"unicoId": {"result": "yes"}, "liveness": 2}),
            json!({"identity": "yes", "liveness": "not-live"}),
        ),
        row("identity no", "identity-no", "reject", identity("no"), json!({"identity": "no"})),
        row(
            "identity no with a high score",
            "identity-no",
            "reject",
            json!({"unicoId": {"result": "no"}, "score": 90}),
            json!({"identity": "no", "riskScore": 90}),
        ),
        row(
            "1:1 false",
            "face-mismatch",
            "reject",
            yes_and(json!({"biometryToken": {"result": "false"}})),
            read_yes_and(json!({"faceMatch": false})),
        ),
        row(
            "denied",
            "trust-denied",
            "reject",
            yes_and(json!({"idCloud": {"result": "denied"}})),
            read_yes_and(json!({"trustDecision": "denied"})),
        ),
        row(
            "risk level reproved",
            "trust-denied",
            "reject",
            yes_and(json!({"riskLevel": {"result": "reproved"}})),
            read_yes_and(json!({"riskLevel": "reproved"})),
        ),
        row(
            "alert and score 0",
            "alert-without-support",
            "reject",
            inconclusive(json!({"identityFraudsters": {"result": "yes"}, "score": 0})),
            read_inconclusive(json!({"behaviorAlert": "yes", "riskScore": 0})),
        )
        .key("identity,behavior-alert,risk-score")
        .after_pending(pending(1)),
        row(
            "negative score",
            "score-negative",
            "reject",
            inconclusive(json!({"score": -40})),
            read_inconclusive(json!({"riskScore": -40})),
        )
        .key(SCORED)
        .after_pending(pending(1)),
        row(
            "another's document",
            "document-mismatch",
            "reject",
            yes_and(json!({"document": {"id": "b97c3fd9-d95d-413f-bc0a-75eb87304421", "cpfMatch": false,
                "type": "unico.moja.dictionary.br.rg.v2.Rg", "content": {"nomeCivil": "Zoraide Marker"}}})),
            read_yes_and(json!({"document": {"id": "b97c3fd9-d95d-413f-bc0a-75eb87304421",
                "type": "unico.moja.dictionary.br.rg.v2.Rg", "cpfMatch": false, "faceMatch": null,
                "content": "redacted", "fileUrls": null}})),
        ),
        // Reviews by a person.
        row(
            "both 1:1 forms, different",
            "contradiction",
            "review",
            yes_and(json!({"authenticated": true, "biometryToken": {"result": "unclear"}})),
            read_yes_and(json!({})),
        ),
        row(
            "yes with liveness 0",
            "contradiction",
            "review",
            yes_and(json!({"liveness": 0})),
            json!({"identity": "yes", "liveness": "inconclusive"}),
        ),
        row(
            "yes with a low score",
            "contradiction",
            "review",
            yes_and(json!({"score": 49})),
            read_yes_and(json!({"riskScore": 49})),
        ),
        row(
            "score out of range",
            "contradiction",
            "review",
            inconclusive(json!({"score": 101})),
            read_inconclusive(json!({"riskScore": 101})),
        )
        .key(SCORED),
        row(
            "fractional score",
            "contradiction",
            "review",
            inconclusive(json!({"score": 85.5})),
            read_inconclusive(json!({})),
        )
        .key(SCORED),
        row("a new identity", "unknown-value", "review", identity("certainly"), json!({"identity": "unknown"})),
        row(
            "a new liveness",
            "unknown-value",
            "review",
            yes_and(json!({"liveness": 3})),
            json!({"identity": "yes", "liveness": "unknown"}),
        ),
        row(
            "alert beside yes",
            "alert",
            "review",
            yes_and(alert("yes")),
            read_yes_and(json!({"behaviorAlert": "yes"})),
        )
        .key("identity,behavior-alert"),
        row(
            "suspicious",
            "alert",
            "review",
            yes_and(alert("SUSPICIOUS")),
            read_yes_and(json!({"behaviorAlert": "suspicious"})),
        )
        .key("identity,behavior-alert"),
        row(
            "high risk",
            "trust-high-risk",
            "review",
            yes_and(json!({"idCloud": {"result": "risk-high"}})),
            read_yes_and(json!({"trustDecision": "risk-high"})),
        ),
        row(
            "trust inconclusive",
            "trust-inconclusive",
            "review",
            yes_and(json!({"idCloud": {"result": "inconclusive"}})),
            read_yes_and(json!({"trustDecision": "inconclusive"})),
        ),
        row(
            "score low",
            "score-low",
            "review",
            inconclusive(json!({"score": 49})),
            read_inconclusive(json!({"riskScore": 49})),
        )
        .key(SCORED)
        .after_pending(pending(2)),
        row("nothing of what the key has", "missing-evidence", "review", json!({}), json!({}))
            .gets(vec![(200, json!({"id": PROCESS_ID, "status": 3}))]),
        row(
            "alert asked for and absent",
            "missing-evidence",
            "review",
            identity("yes"),
            json!({"identity": "yes", "liveness": "not-checked"}),
        )
        .key("identity,behavior-alert")
        .gets(vec![(200, json!({"id": PROCESS_ID, "status": 3, "unicoId": {"result": "yes"}}))]),
        row(
            "inconclusive and no score asked for",
            "identity-inconclusive",
            "review",
            inconclusive(json!({})),
            read_inconclusive(json!({})),
        ),
        // Another capture.
        row(
            "trust retry",
            "trust-recapture",
            "recapture",
            yes_and(json!({"idCloud": {"result": "retry"}})),
            read_yes_and(json!({"trustDecision": "retry"})),
        ),
        row(
            "liveness 0",
            "liveness-inconclusive",
            "recapture",
            json!({"unicoId": {"result": "inconclusive"}, "liveness": 0}),
            json!({"identity": "inconclusive", "liveness": "inconclusive"}),
        )
        .key("liveness,identity")
        .captured(),
        row(
            "score 0",
            "score-zero",
            "recapture",
            inconclusive(json!({"score": 0})),
            read_inconclusive(json!({"riskScore": 0})),
        )
        .key(SCORED)
        .after_pending(pending(1)),
        row("drop", "drop", "recapture", inconclusive(json!({})), read_inconclusive(json!({})))
            .key(SCORED)
            .after_pending(pending(1)),
        // Approvals.
        row(
            "score high",
            "score-high",
            "approve",
            json!({"unicoId": {"result": "inconclusive"}, "liveness": 1, "score": 50,
                "identityFraudsters": {"result": "inconclusive"}}),
            json!({"identity": "inconclusive", "liveness": "live", "behaviorAlert": "inconclusive", "riskScore": 50}),
        )
        .key(ALL)
        .captured()
        .after_pending(pending(2)),
        row("yes", "identity-yes", "approve", identity("yes"), json!({"identity": "yes", "liveness": "implied"}))
            .key("liveness,identity")
            .captured(),
        row(
            "yes and liveness 1",
            "identity-yes",
            "approve",
            yes_and(json!({"liveness": 1})),
            json!({"identity": "yes", "liveness": "live"}),
        )
        .key("liveness,identity")
        .captured(),
        row(
            "yes without liveness",
            "identity-yes-without-liveness",
            "approve",
            yes_and(json!({"government": {"serpro": 87}, "riskLevel": {"result": "approved"}})),
            read_yes_and(json!({"serproSimilarity": 87, "riskLevel": "approved"})),
        )
        .key("identity,serpro"),
        row(
            "yes with an image though the key has liveness",
            "identity-yes-without-liveness",
            "approve",
            yes_and(json!({"liveness": 1, "government": {"serpro": -1}})),
            read_yes_and(json!({"serproSimilarity": -1})),
        )
        .key("liveness,identity,serpro"),
        row(
            "unknown members",
            "identity-yes-without-liveness",
            "approve",
            yes_and(json!({"novelty": {"a": [1, "x"]}})),
            read_yes_and(json!({"unknown": {"novelty": "redacted"}})),
        ),
        // The verdict as an exit code.
        row("exit of yes", "identity-yes-without-liveness", "approve", identity("yes"), read_yes_and(json!({})))
            .flags(&["--exit-verdict"]),
        row("exit of review", "unknown-value", "review", identity("?"), json!({"identity": "unknown"}))
            .flags(&["--exit-verdict"])
            .exit(10),
        row(
            "exit of recapture",
            "trust-recapture",
            "recapture",
            yes_and(json!({"idCloud": {"result": "retry"}})),
            read_yes_and(json!({"trustDecision": "retry"})),
        )
        .flags(&["--exit-verdict"])
        .exit(11),
        row("exit of no", "identity-no", "reject", identity("no"), json!({"identity": "no"}))
            .flags(&["--exit-verdict"])
            .exit(12),
    ]
}

async fn check(row: Row) {
    let server = Server::start().await;
    server
        .on_create(ResponseTemplate::new(200).set_body_json(&row.create))
        .await;
    server.on_get(&row.gets).await;
    let files = Files::new();
    let command = onboard(&files, &server.url())
        .env("IDCLOUD_CAPABILITIES", row.capabilities)
        .arg("--selfie")
        .arg(files.path(row.selfie))
        .args(row.flags.iter().copied());
    let run = run(command).await;
    let name = row.name;
    assert_eq!(run.code, row.exit, "{name}: {run}");
    let mut object = run.object();
    let explanation = object
        .as_object_mut()
        .unwrap()
        .remove("explanation")
        .unwrap();
    assert!(explanation.as_str().unwrap().len() > 20, "{name}: {run}");
    let mismatches = object.as_object_mut().unwrap().remove("mismatches");
    assert_eq!(
        undeclared(&mismatches.unwrap()),
        row.undeclared(),
        "{name}: {run}"
    );
    assert_eq!(object, row.expected, "{name}: {run}");
    // Each of the three new attempts is reported as it is sent.
    let new_attempts = if row.create["status"] == 5 { 3 } else { 0 };
    // A process that failed during a wait is not created again automatically, and a note says so.
    let advice = usize::from(row.exit == 7 && !row.gets.is_empty());
    assert_eq!(
        run.stderr.matches("three attempts").count(),
        advice,
        "{name}: {run}"
    );
    assert_eq!(
        run.stderr.lines().count(),
        new_attempts + advice,
        "{name}: {run}"
    );
    for (line, number) in run.stderr.lines().take(new_attempts).zip(2..) {
        let number = format!("attempt {number}");
        assert!(
            line.contains(PROCESS_ID) && line.contains(&number),
            "{name}: {run}"
        );
    }
    // A verdict in the create's answer costs no GET.
    if row.gets.is_empty() {
        assert_eq!(server.count("GET", "/processes/").await, 0, "{name}");
    }
}

/// Every row gives its exact object and exit code, and only new attempts on standard error.
#[tokio::test(flavor = "multi_thread")]
async fn every_row_gives_its_exact_object() {
    let mut running = JoinSet::new();
    for row in rows() {
        running.spawn(check(row));
    }
    finish(running).await;
}
