//! Same seed, same requests, same clock: the same answers, byte for byte.

use bytes::Bytes;
use http::{Method, Response};
use idcloud_simulator::{Config, capture, subjects};
use serde_json::json;

use super::bench::{Bench, YES, at, image, onboarding, plain};

/// Everything that a simulator says to a long series of requests, good and bad.
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

/// Two simulators of different seeds never share an id.
#[test]
fn seeds_differ() {
    let id = |seed| {
        let mut bench = Bench::with(Config::new(seed), "identity");
        bench.create(&onboarding(YES, &plain()), at(0.0)).1["id"].clone()
    };
    assert_eq!(id(1), id(1));
    assert_ne!(id(1), id(2));
}
