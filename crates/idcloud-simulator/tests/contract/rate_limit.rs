//! A tenant's ten requests a second: every request counts, and a refusal has the time to wait.

use http::Method;
use idcloud_simulator::{Config, Counting, RateLimit};

use super::bench::{
    Bench, YES, account, at, claims, header, onboarding, plain, read, sign, token_request,
};

const NOBODY: &str = "/processes/v1/5f7bd0cd-7d04-4c4f-b2c4-a2b3bb2e4b43";

/// Creates, lookups and token requests share the budget, accepted and refused ones.
#[test]
fn everything_counts() {
    let mut bench = Bench::new("identity");
    for _ in 0..4 {
        assert_eq!(bench.create(&onboarding(YES, &plain()), at(0.0)).0, 200);
        assert_eq!(bench.get(NOBODY, at(0.0)).0, 404);
    }
    let account = account(bench.simulator.tenant_id());
    for scope in ["*", "read", "*"] {
        let mut claims = claims(&account, at(0.0));
        claims["scope"] = scope.into();
        let request = token_request(&sign(&account, &header(), &claims));
        let (status, _) = read(&bench.simulator.handle(request, at(0.5)));
        let expected = match bench.simulator.tally().token_requests {
            2 => 200,
            3 => 401,
            _ => 429,
        };
        assert_eq!(status, expected);
    }
    let (status, _) = bench.create(&onboarding(YES, &plain()), at(0.9));
    assert_eq!(status, 429);
    assert_eq!(bench.simulator.tally().rate_limited, 2);
    assert_eq!(bench.simulator.tally().processes_created, 4);
    assert_eq!(bench.create(&onboarding(YES, &plain()), at(1.0)).0, 200);
}

/// The wait is rounded up to whole seconds, and waiting that long is enough.
#[test]
fn retry_after_is_enough() {
    let limit = RateLimit::new(std::num::NonZeroU32::MIN, Counting::SlidingWindow);
    let mut bench = Bench::with(Config::default().with_rate_limit(Some(limit)), "identity");
    assert_eq!(bench.get(NOBODY, at(0.0)).0, 404);
    let request = bench
        .request(Method::GET, NOBODY)
        .body(bytes::Bytes::new())
        .unwrap();
    let answer = bench.simulator.handle(request, at(0.3)).response;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["retry-after"]),
        (429, &"1".parse().unwrap())
    );
    assert_eq!(bench.get(NOBODY, at(1.3)).0, 404);
}

/// The limit can be removed.
#[test]
fn no_limit() {
    let mut bench = Bench::with(Config::default().with_rate_limit(None), "identity");
    assert!((0..100).all(|_| bench.get(NOBODY, at(0.0)).0 == 404));
}
