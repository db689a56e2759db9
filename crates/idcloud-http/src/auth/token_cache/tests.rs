//! Promise: no exchange too many, and no call without a token that exists. Each threshold is tested
//! on both sides.

use std::cell::Cell;
use std::rc::Rc;

use super::*;
use crate::SystemClock;

const LIFE: Duration = Duration::from_secs(3600);
const MOMENT: Duration = Duration::from_nanos(1);

#[derive(Debug, PartialEq)]
struct Fault {
    definite: bool,
}

impl ExchangeError for Fault {
    fn is_definite(&self) -> bool {
        self.definite
    }
}

fn token(secret: &str, fetched: Instant) -> AccessToken {
    AccessToken::new(secret, fetched, SystemClock::new().now(), LIFE).unwrap()
}

/// A cache that holds a token fetched at `now`, and when that is due for a refresh.
fn filled(now: Instant) -> (TokenCache<Fault>, AccessToken, Instant) {
    let cache = TokenCache::new();
    let Plan::Lead(lead) = cache.plan(now) else {
        panic!("an empty cache has someone fetch");
    };
    let token = lead.finish(Ok(token("first", now)), now).unwrap();
    let due = cache.lock().token.as_ref().unwrap().refresh_at;
    (cache, token, due)
}

fn kind(plan: &Plan<'_, Fault>) -> &'static str {
    match plan {
        Plan::Use(_) => "use",
        Plan::RefreshEarly(..) => "refresh early",
        Plan::Lead(_) => "lead",
        Plan::Follow(_) => "follow",
        Plan::Refused(_) => "refused",
    }
}

/// The cached token is handed out until it is due for renewal; then exactly one caller refreshes
/// it.
#[tokio::test(start_paused = true)]
async fn a_token_is_used_until_it_is_due() {
    let now = SystemClock::new().instant();
    assert!(TokenCache::<Fault>::new().cached(now).is_none());
    let (cache, token, due) = filled(now);
    for at in [now, due - MOMENT] {
        assert!(cache.cached(at).is_some_and(|cached| cached.is(&token)));
        assert_eq!(kind(&cache.plan(at)), "use");
    }
    assert!(cache.cached(due).is_none());
    let early = cache.plan(due);
    assert_eq!(kind(&early), "refresh early");
    // However long that takes, no second exchange begins beside it.
    for at in [
        due,
        due + EARLY_REFRESH_AGAIN,
        due + EARLY_REFRESH_AGAIN * 3,
    ] {
        assert_eq!(kind(&cache.plan(at)), "use");
    }
    drop(early);
    let again = due + EARLY_REFRESH_AGAIN;
    assert_eq!(kind(&cache.plan(again - MOMENT)), "use");
    assert_eq!(kind(&cache.plan(again)), "refresh early");
}

/// While a refusal stands, a valid token is used and not refreshed, although it is due: accounts
/// get locked.
#[tokio::test(start_paused = true)]
async fn a_refused_account_is_not_tried_while_its_token_is_valid() {
    let (cache, _, due) = filled(SystemClock::new().instant());
    let mut at = due;
    for stands in [5, 10, 20, 40].map(Duration::from_secs) {
        let Plan::RefreshEarly(_, lead) = cache.plan(at) else {
            panic!("due, and nothing stands against it");
        };
        assert!(
            lead.finish_early(Some(Err(Fault { definite: true })), at)
                .is_none()
        );
        let next = EARLY_REFRESH_AGAIN.max(stands);
        assert_eq!(kind(&cache.plan(at + next - MOMENT)), "use", "{stands:?}");
        at += next;
    }
    assert_eq!(kind(&cache.plan(at)), "refresh early");
}

/// A token that replaced a rejected one is kept for five seconds, and not a moment longer.
#[tokio::test(start_paused = true)]
async fn a_replacement_is_untouchable_for_five_seconds() {
    for (age, dropped) in [
        (KEPT_AT_LEAST.saturating_sub(MOMENT), false),
        (KEPT_AT_LEAST, true),
    ] {
        let now = SystemClock::new().instant();
        let (cache, first, _) = filled(now);
        assert!(cache.reject(&first, None, now));
        let Plan::Lead(lead) = cache.plan(now) else {
            panic!("nothing is cached");
        };
        let second = lead.finish(Ok(token("second", now)), now).unwrap();
        let code = ErrorCode::parse("10501").unwrap();
        assert_eq!(cache.reject(&second, Some(&code), now + age), dropped);
        assert_eq!(cache.cached(now + age).is_none(), dropped);
        // A caller that still has the old token only needs the cached one.
        assert!(cache.reject(&first, None, now + age));
    }
}

/// After vain replacements a bare 401 no longer drops a token; a code about the token alone still
/// does.
#[tokio::test(start_paused = true)]
async fn a_code_that_speaks_of_the_token_is_believed_first() {
    for (code, dropped) in [
        (None, false),
        (Some("30017"), false),
        (Some("10501"), true),
        (Some("10502"), true),
        (Some("10700"), true),
    ] {
        let mut at = SystemClock::new().instant();
        let (cache, mut cached, _) = filled(at);
        for _ in 0..2 {
            assert!(cache.reject(&cached, None, at));
            let Plan::Lead(lead) = cache.plan(at) else {
                panic!("nothing is cached");
            };
            cached = lead.finish(Ok(token("next", at)), at).unwrap();
            at += KEPT_AT_LEAST;
        }
        let said = code.map(|code| ErrorCode::parse(code).unwrap());
        assert_eq!(
            cache.reject(&cached, said.as_ref(), at),
            dropped,
            "{code:?}"
        );
    }
}

/// One exchange, however it ends: every waiter gets the leader's outcome.
#[tokio::test(start_paused = true)]
async fn everybody_hears_of_the_one_exchange() {
    for definite in [true, false] {
        let clock = SystemClock::new();
        let cache = Rc::new(TokenCache::<Fault>::new());
        let exchanges = Rc::new(Cell::new(0));
        let calls = tokio::task::LocalSet::new();
        let waiting: Vec<_> = (0..20)
            .map(|_| {
                let (cache, exchanges) = (Rc::clone(&cache), Rc::clone(&exchanges));
                calls.spawn_local(async move {
                    let clock = SystemClock::new();
                    let deadline = clock.instant() + LIFE;
                    let exchange = |_| async {
                        exchanges.set(exchanges.get() + 1);
                        let clock = SystemClock::new();
                        clock
                            .sleep_until(clock.instant() + MOMENT * 1_000_000)
                            .await;
                        Err(Fault { definite })
                    };
                    cache.token(&clock, deadline, exchange).await
                })
            })
            .collect();
        calls.await;
        for call in waiting {
            let no_token = call.await.unwrap().unwrap_err();
            assert_eq!(*no_token.error, Fault { definite });
            assert_eq!(no_token.remembered_for, None);
        }
        assert_eq!(exchanges.get(), 1, "definite: {definite}");
        let after = if definite { "refused" } else { "lead" };
        assert_eq!(kind(&cache.plan(clock.instant())), after);
    }
}

/// A leader that is no longer polled loses its followers. Dropping it later affects no follower,
/// and neither does a follower that notices late.
#[tokio::test(start_paused = true)]
async fn one_who_was_set_aside_leaves_the_next_alone() {
    let now = SystemClock::new().instant();
    let cache = TokenCache::<Fault>::new();
    let Plan::Lead(aside) = cache.plan(now) else {
        panic!("an empty cache has someone fetch");
    };
    let Plan::Follow(running) = cache.plan(now) else {
        panic!("one fetches");
    };
    cache.forget_exchange(running.number);
    let next = cache.plan(now);
    assert_eq!(kind(&next), "lead");
    drop(aside);
    assert_eq!(kind(&cache.plan(now)), "follow");
    cache.forget_exchange(running.number);
    assert_eq!(kind(&cache.plan(now)), "follow");
    drop(next);
    assert_eq!(kind(&cache.plan(now)), "lead");
}
