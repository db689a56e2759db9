//! The control endpoints' JSON: an arrangement takes effect, and a mistake changes nothing.

use bytes::Bytes;
use http::{Method, Request};
use idcloud_simulator::{RulesError, Simulator, WebhookAuthError};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::bench::{Bench, YES, at, onboarding, plain};

fn control(simulator: &mut Simulator, method: Method, path: &str, body: &str) -> (u16, Value) {
    let request = Request::builder()
        .method(method)
        .uri(format!("/_simulator/{path}"))
        .body(Bytes::copy_from_slice(body.as_bytes()))
        .unwrap();
    let answer = simulator.control(&request, at(0.0));
    assert_eq!(answer.headers()["idcloud-simulated"], "true");
    (
        answer.status().as_u16(),
        serde_json::from_slice(answer.body()).unwrap(),
    )
}

fn put(bench: &mut Bench, rules: &Value) -> (u16, Value) {
    control(
        &mut bench.simulator,
        Method::PUT,
        "rules",
        &rules.to_string(),
    )
}

/// Every member of an outcome appears in the answer about the people it is arranged for: one code,
/// everyone with an ending, everyone.
#[test]
fn outcomes_are_arranged() {
    let mut bench = Bench::new("identity,behavior-alert,risk-score,serpro");
    let rules = json!({"outcomes": [
        {"code": YES, "identity": "no", "alert": "suspicious", "serpro": -1},
        {"endsWith": "0290", "identity": "under-review", "alert": "absent"},
        {"identity": "inconclusive", "score": 33, "course": "slow", "after": "50m"},
        {"code": "11122231261", "status": 9},
    ]});
    let (status, state) = put(&mut bench, &rules);
    assert_eq!((status, &state["outcomes"]), (200, &json!(4)), "{state}");
    let mut create = |code: &str, when| bench.create(&onboarding(code, &plain()), at(when)).1;
    let answer = create(YES, 0.0);
    assert_eq!(answer["unicoId"]["result"], "no");
    assert_eq!(answer["identityFraudsters"]["result"], "suspicious");
    assert_eq!(answer["government"]["serpro"], -1);
    let answer = create("11122230290", 0.2);
    assert_eq!(answer["unicoId"]["result"], "under-review");
    assert_eq!(answer.get("identityFraudsters"), None);
    let slow = create("11122230109", 0.4);
    assert_eq!(slow["status"], 1, "{slow}");
    assert_eq!(create("11122231261", 0.6)["status"], 9);
    assert_eq!(bench.look_up(&slow["id"], at(3_000.0)).1["status"], 1);
    assert_eq!(bench.look_up(&slow["id"], at(3_001.0)).1["status"], 3);
    let (status, _) = put(&mut bench, &json!({"outcomes": []}));
    assert_eq!(status, 200);
    let answer = bench.create(&onboarding(YES, &plain()), at(5.0)).1;
    assert_eq!(answer["unicoId"]["result"], "yes");
}

/// A missing section changes nothing; a mistake anywhere changes nothing, and is named.
#[test]
fn rules_are_taken_whole_or_not_at_all() {
    let mut bench = Bench::new("identity");
    let (status, _) = put(&mut bench, &json!({"faults": ["create:next:503"]}));
    assert_eq!(status, 200);
    let (_, state) = put(&mut bench, &json!({"captures": "before-processing"}));
    assert_eq!(state["faults"], json!(["create:next:503"]));
    for (rules, error) in [
        (json!([]), RulesError::Form),
        (json!({"fault": []}), RulesError::Form),
        (
            json!({"outcomes": [{"identity": "maybe"}]}),
            RulesError::Form,
        ),
        (json!({"outcomes": [{"code": "1"}]}), RulesError::Code),
        (
            json!({"outcomes": [{"code": YES, "endsWith": "5"}]}),
            RulesError::Whom,
        ),
        (
            json!({"outcomes": [{"course": "slow", "after": "soon"}]}),
            RulesError::Span,
        ),
        (json!({"webhooks": [{"url": "/notices"}]}), RulesError::Url),
        (
            json!({"webhooks": [{"url": "https://receiver.test/"}]}),
            RulesError::Url,
        ),
        (
            json!({"faults": [], "webhooks": [{"url": "x", "auth": {"type": "magic"}}]}),
            RulesError::Form,
        ),
        (
            json!({"webhooks": [{
                "url": "http://127.0.0.1:9/",
                "auth": {"type": "api-key", "value": "X-K:v\r\nEvil: 1"},
            }]}),
            RulesError::Credential(WebhookAuthError::Value),
        ),
        (
            json!({"webhooks": [{
                "url": "http://127.0.0.1:9/",
                "auth": {"type": "basic", "user": "a:b", "password": "c"},
            }]}),
            RulesError::Credential(WebhookAuthError::User),
        ),
    ] {
        let (status, answer) = put(&mut bench, &rules);
        assert_eq!(
            (status, &answer["message"]),
            (400, &json!(error.to_string())),
            "{rules}"
        );
    }
    let mistaken = json!({"faults": ["create:always:hang", "create:always:nonsense"]});
    let (status, answer) = put(&mut bench, &mistaken);
    assert_eq!(status, 400);
    assert!(
        answer["message"].as_str().unwrap().starts_with("faults: "),
        "{answer}"
    );
    let (_, state) = control(&mut bench.simulator, Method::GET, "state", "");
    assert_eq!(state["faults"], json!(["create:next:503"]));
    assert_eq!(state["captures"], "before-processing");
}

/// Neither state nor ledger shows a credential, a number or a picture.
#[test]
fn nothing_personal_is_shown() {
    let mut bench = Bench::new("identity");
    let rules = json!({"webhooks": [{
        "url": "http://receiver.test/",
        "auth": {"type": "api-key", "value": "hush-hush"},
    }]});
    assert_eq!(put(&mut bench, &rules).0, 200);
    bench.create(&onboarding(YES, &plain()), at(0.0));
    for path in ["state", "ledger"] {
        let (_, shown) = control(&mut bench.simulator, Method::GET, path, "");
        let shown = shown.to_string();
        for secret in [YES, "iVBOR", "hush-hush", &bench.token, &bench.key] {
            assert!(!shown.contains(secret), "{path}: {shown}");
        }
    }
}

/// Any JSON value, as deep as a body of rules.
fn value() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        Just("code"),
        Just("endsWith"),
        Just("identity"),
        Just("yes"),
        Just("score"),
        Just("course"),
        Just("slow"),
        Just("after"),
        Just("1h"),
        Just("-1s"),
        Just("99999999999d"),
        Just("faults"),
        Just("create:always:hang/1d"),
        Just("webhooks"),
        Just("url"),
        Just("http://x/"),
        Just("auth"),
        Just("type"),
        Just("oauth2"),
        Just("attempts"),
        Just("firstWait"),
        Just("inFlight"),
        Just("outcomes"),
        Just("captures"),
        Just("52998224725"),
        Just("status"),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((word.clone(), inner), 0..6).prop_map(|members| {
                members
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect::<serde_json::Map<_, _>>()
                    .into()
            }),
        ]
    })
}

proptest! {
    /// A control endpoint answers any body, and the simulator continues.
    #[test]
    fn nothing_sent_breaks_it(
        rules in value(),
        raw in prop::collection::vec(any::<u8>(), 0..64),
        attempts in any::<u32>(),
        in_flight in any::<u16>(),
        fault in "(create|webhook|connection|all):(next|always|0.5):(hang|lose|refuse|503=99d|latency=36525d|reset-in-answer=[0-9]{1,19})(/36525d)?",
    ) {
        let mut simulator = Simulator::new(idcloud_simulator::Config::default());
        let tenant = simulator.tenant_id().to_owned();
        control(&mut simulator, Method::PUT, "rules", &rules.to_string());
        let webhook = json!({"webhooks": [{
            "tenantId": tenant, "url": "http://[::1]:0/?q", "attempts": attempts, "inFlight": in_flight,
            "auth": {"type": "api-key", "value": String::from_utf8_lossy(&raw)},
            "firstWait": "36525d", "longestWait": "36525d",
        }], "faults": [fault], "captures": "after-answer"});
        control(&mut simulator, Method::PUT, "rules", &webhook.to_string());
        let request = Request::put("/_simulator/rules").body(Bytes::from(raw.clone())).unwrap();
        let _ = simulator.control(&request, at(0.0));
        for point in [at(0.0), std::time::UNIX_EPOCH] {
            let _ = simulator.connect(point);
            let request = Request::post("/processes/v1").body(Bytes::from(raw.clone())).unwrap();
            let _ = simulator.handle(request, point);
            let _ = simulator.due_webhooks(point);
        }
        prop_assert_eq!(control(&mut simulator, Method::GET, "state", "").0, 200);
    }
}

/// The state of an account and the dialect can be arranged; an unknown account or word changes
/// nothing.
#[test]
fn accounts_and_dialect_are_arranged() {
    let mut bench = Bench::new("identity");
    let account = super::bench::account(bench.simulator.tenant_id());
    let token = |bench: &mut Bench| {
        let claims = super::bench::claims(&account, at(1.0));
        let assertion = super::bench::sign(&account, &super::bench::header(), &claims);
        let request = super::bench::token_request(&assertion);
        super::bench::read(&bench.simulator.handle(request, at(1.0))).1
    };
    let locked = json!({"account": account.account(), "state": "key-replaced"});
    for (rules, expected) in [
        (json!({"accounts": [locked], "dialect": "2022"}), 400),
        (
            json!({"accounts": [{"account": "nobody", "state": "inactive"}]}),
            400,
        ),
        (
            json!({"accounts": [{"account": account.account(), "state": "odd"}]}),
            400,
        ),
    ] {
        assert_eq!(put(&mut bench, &rules).0, expected, "{rules}");
    }
    assert_eq!(
        put(
            &mut bench,
            &json!({"accounts": [locked], "dialect": "2026"})
        )
        .0,
        200
    );
    assert_eq!(
        token(&mut bench)["error_description"],
        "Authentication failed (1.2.6)"
    );
    let (_, answer) = bench.create(&onboarding(YES, &plain()), at(1.0));
    assert_eq!(answer["liveness"], 1, "as the newest generation has it");
    assert_eq!(
        control(&mut bench.simulator, Method::POST, "reset", "").0,
        200
    );
    assert!(token(&mut bench)["access_token"].is_string());
}

/// The rules and the faults on the simulator's page can be sent as shown.
#[test]
fn the_pages_examples_are_taken() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/simulator.md");
    let page = std::fs::read_to_string(page).unwrap();
    let rules: Vec<&str> = page
        .split("```json\n")
        .skip(1)
        .filter_map(|block| block.split("```").next())
        .filter(|block| block.contains("\"outcomes\""))
        .collect();
    assert_eq!(rules.len(), 1);
    let mut bench = Bench::new("identity");
    let tenant = bench.simulator.tenant_id().to_owned();
    let account = idcloud_simulator::TestAccount::from_pem(
        "simulator",
        &tenant,
        super::bench::account(&tenant).private_key_pem(),
    );
    bench.simulator.register_account(&account.unwrap());
    let (status, answer) = control(&mut bench.simulator, Method::PUT, "rules", rules[0]);
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["outcomes"], 3);
    assert_eq!(answer["faults"].as_array().map(Vec::len), Some(2));
    // Every fault of the page's table, at a point where it can strike.
    let table = page.split("| fault | processed? |").nth(1).unwrap();
    let mut listed = 0;
    for row in table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'))
    {
        let cell = row.split('|').nth(1).unwrap();
        for fault in cell.split('`').skip(1).step_by(2) {
            let taken = ["create", "webhook"].iter().any(|point| {
                format!("{point}:next:{fault}")
                    .parse::<idcloud_simulator::FaultRule>()
                    .is_ok()
            });
            assert!(taken, "{fault}");
            listed += 1;
        }
    }
    assert!(listed > 20, "{listed}");
}
