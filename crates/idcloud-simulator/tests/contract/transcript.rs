//! Same seed, same requests, same clock: the same answers, byte for byte.

use bytes::Bytes;
use http::{Method, Response};
use idcloud_simulator::{Config, Dialect, capture, key_ring, subjects};
use serde_json::json;

use super::bench::{Bench, YES, at, image, onboarding, plain};

/// All answers of a simulator to a long series of requests, valid and invalid.
fn transcript(seed: u64) -> String {
    let mut bench = Bench::with(
        Config::new(seed),
        "liveness,identity,behavior-alert,risk-score,serpro",
    );
    let mut written = format!("{} {}\n", bench.token, bench.key);
    let mut write = |response: Response<Bytes>| {
        use std::fmt::Write as _;
        write!(written, "{response:?}\n\n").unwrap();
    };
    let mut ids = Vec::new();
    for (position, subject) in (0_u32..).zip(subjects()) {
        let now = at(f64::from(position) * 0.25);
        for selfie in [plain(), capture(&image(), now)] {
            let request = bench
                .request(Method::POST, "/processes/v1")
                .header("content-type", "application/json")
                .body(onboarding(subject.code, &selfie).to_string().into())
                .unwrap();
            let response = bench.simulator.handle(request, now).response;
            let body: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
            ids.extend(body["id"].as_str().map(str::to_owned));
            write(response);
        }
    }
    for (position, id) in (0_u32..).zip(ids) {
        let path = format!("/processes/v2/{id}");
        let request = bench
            .request(Method::GET, &path)
            .body(Bytes::new())
            .unwrap();
        let now = at(30.0 + f64::from(position) * 0.09);
        write(bench.simulator.handle(request, now).response);
    }
    let request = bench
        .request(Method::POST, "/processes/v1")
        .header("content-type", "application/json")
        .body(json!({"imageBase64": 1}).to_string().into())
        .unwrap();
    write(bench.simulator.handle(request, at(99.0)).response);
    written
}

#[test]
fn repeats_byte_for_byte() {
    let first = transcript(7);
    assert_eq!(first, transcript(7));
    assert_ne!(first, transcript(8));
    for part in [
        "\\\"status\\\":5",
        "\\\"score\\\":90",
        "20003",
        "status: 410",
        "status: 429",
    ] {
        assert!(first.contains(part), "{part}");
    }
}

/// Two simulators with different seeds never have a common id.
#[test]
fn seeds_differ() {
    let id = |seed| {
        let mut bench = Bench::with(Config::new(seed), "identity");
        bench.create(&onboarding(YES, &plain()), at(0.0)).1["id"].clone()
    };
    assert_eq!(id(1), id(1));
    assert_ne!(id(1), id(2));
}

/// The results of 10,000 operations of every kind, with faults: how each request ends, every
/// answered byte, and the ledger.
fn long_transcript(seed: u64) -> Vec<String> {
    const OPERATIONS: u32 = 10_000;
    let faults = [
        "create:3%:reset-after-processing",
        "create:2%:truncated-json",
        "all:1%:503/2s",
        "get:5%:latency=2s",
        "create:1%:hang",
    ];
    let mut bench = Bench::with(Config::new(seed).with_rate_limit(None), "identity");
    for rule in faults {
        bench.simulator.add_fault(rule.parse().unwrap());
    }
    let keys: Vec<_> = Dialect::ALL
        .into_iter()
        .flat_map(|dialect| {
            key_ring()
                .iter()
                .map(move |key| key.profile().with_dialect(dialect))
        })
        .map(|profile| bench.simulator.issue_api_key(profile))
        .collect();
    let mut draw = fastrand::Rng::with_seed(11);
    let mut ids = vec!["5f7bd0cd-7d04-4c4f-b2c4-a2b3bb2e4b43".to_owned()];
    let mut written = Vec::new();
    for operation in 0..OPERATIONS {
        let now = at(f64::from(operation) * 0.05);
        bench.key.clone_from(&keys[draw.usize(..keys.len())]);
        let subject = &subjects()[draw.usize(..subjects().len())];
        let earlier = ids[draw.usize(..ids.len())].clone();
        let request = match draw.u8(..10) {
            0..4 => {
                let selfie = if draw.bool() {
                    plain()
                } else {
                    capture(&image(), now)
                };
                let mut body = onboarding(subject.code, &selfie);
                body["referenceProcessId"] = earlier.clone().into();
                body["subject"]["duiType"] = "DUI_TYPE_BR_CPF".into();
                body["document"] = json!({
                    "purpose": "fgts", "authProcessId": earlier, "files": [{"data": plain()}],
                });
                bench
                    .request(Method::POST, "/processes/v1")
                    .header("content-type", "application/json")
                    .body(body.to_string().into())
            }
            4 => bench
                .request(
                    Method::GET,
                    &format!("/documents/v1?code={}&type=BR_CNH", subject.code),
                )
                .body(Bytes::new()),
            version => bench
                .request(
                    Method::GET,
                    &format!("/processes/v{}/{earlier}", 1 + version % 2),
                )
                .body(Bytes::new()),
        };
        let reaction = bench.simulator.handle(request.unwrap(), now);
        if let Ok(body) = serde_json::from_slice::<serde_json::Value>(reaction.response.body()) {
            ids.extend(body["id"].as_str().map(str::to_owned));
        }
        written.push(format!("{reaction:?}"));
    }
    written.push(format!("{:?}", bench.simulator.ledger()));
    written
}

/// Same seed, same transcript, byte for byte, over 10,000 operations with faults.
#[test]
fn ten_thousand_operations_repeat_byte_for_byte() {
    let first = long_transcript(7);
    let second = long_transcript(7);
    assert!(first == second, "they differ");
    let whole = first.concat();
    for part in [
        "\\\"Error\\\"",
        "riskLevel",
        "authenticated",
        "cpfMatch",
        "status: 503",
        "status: 410",
        "status: 409",
        "ResetAfterBody",
        "Hang",
    ] {
        assert!(whole.contains(part), "{part}");
    }
    assert!(first != long_transcript(8), "the seed counts");
}
