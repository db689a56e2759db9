//! The walk through the API in `docs/simulator.md` shows the simulator's answers byte for byte.

use std::fmt::Write as _;

use bytes::Bytes;
use http::{Method, Request};
use idcloud_simulator::Config;
use serde_json::json;

use super::bench::{Bench, account, at, claims, header, onboarding, plain, sign, token_request};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/simulator.md");

/// The requests and answers as on the page: secrets and pictures by their names.
struct Walk {
    bench: Bench,
    seconds: f64,
    text: String,
}

impl Walk {
    fn step(&mut self, request: Request<Bytes>) -> serde_json::Value {
        let mut names = vec![
            (self.bench.token.clone(), "$TOKEN"),
            (self.bench.key.clone(), "$KEY"),
            (plain(), "$SELFIE"),
        ];
        let mut lines = format!("{} {}\n", request.method(), request.uri().path());
        for (name, value) in request.headers() {
            writeln!(lines, "{name}: {}", value.to_str().unwrap()).unwrap();
        }
        let body = String::from_utf8(request.body().to_vec()).unwrap();
        if !body.is_empty() {
            writeln!(lines, "\n{body}").unwrap();
        }
        self.seconds += 1.0;
        let response = self
            .bench
            .simulator
            .handle(request, at(self.seconds))
            .response;
        writeln!(lines, "\nHTTP/1.1 {}", response.status()).unwrap();
        for (name, value) in response.headers() {
            writeln!(lines, "{name}: {}", value.to_str().unwrap()).unwrap();
        }
        let body = str::from_utf8(response.body()).unwrap();
        writeln!(lines, "\n{body}").unwrap();
        let json: serde_json::Value = serde_json::from_str(body).unwrap();
        if let Some(token) = json["access_token"].as_str() {
            names.push((token.to_owned(), "$TOKEN"));
            token.clone_into(&mut self.bench.token);
        }
        let shortened = |text: &str| {
            let mut text = text.to_owned();
            for (value, name) in &names {
                text = text.replace(value, name);
            }
            match text.split_once("assertion=") {
                Some((before, _)) => format!("{before}assertion=$ASSERTION"),
                None => text,
            }
        };
        let shown: Vec<_> = lines.lines().map(shortened).collect();
        write!(self.text, "```http\n{}\n```\n\n", shown.join("\n")).unwrap();
        json
    }

    fn create(&mut self, subject: &str) -> serde_json::Value {
        let request = self
            .bench
            .request(Method::POST, "/processes/v1")
            .header("content-type", "application/json")
            .body(onboarding(subject, &plain()).to_string().into());
        self.step(request.unwrap())
    }

    fn look_up(&mut self, id: &serde_json::Value) {
        let path = format!("/processes/v1/{}", id.as_str().unwrap());
        let request = self.bench.request(Method::GET, &path).body(Bytes::new());
        self.step(request.unwrap());
    }
}

#[test]
fn the_page_shows_what_happens() {
    let bench = Bench::with(Config::new(7), "identity,behavior-alert,risk-score,serpro");
    let mut walk = Walk {
        bench,
        seconds: 0.0,
        text: String::new(),
    };
    let account = account(walk.bench.simulator.tenant_id());
    let assertion = sign(&account, &header(), &claims(&account, at(0.0)));
    let answer = walk.step(token_request(&assertion));
    assert_eq!(answer["expires_in"], json!(3_600));
    walk.create("52998224725");
    let scored = walk.create("11122230370");
    walk.seconds += 2.0;
    walk.look_up(&scored["id"]);
    walk.create("11111111111");
    let failed = walk.create("11122231261");
    walk.look_up(&failed["id"]);
    let page = std::fs::read_to_string(PAGE).unwrap();
    assert!(
        page.contains(&walk.text),
        "the page should show:\n\n{}",
        walk.text
    );
}
