//! Checks of the headers that every request of the API must carry.
//!
//! Must not send a key or a token that could be a real one.

use std::time::Duration;

use super::super::check::{Call, Check, Expect, Is, KeyNeed, Step, Want};
use super::{ANY, PERSON, person};

const PAGE: &str = "Onboarding page, error codes";
const ORDER: &str = "The simulator's own order of checks: none is published";
const GOOD: Call = Call::create(person!("52998224725"));
const LOOKUP: Call = Call::get("/processes/v1/00000000-0000-4000-8000-000000000000");

const fn refused(
    id: &'static str,
    rule: &'static str,
    steps: &'static [Step],
    statuses: &'static [u16],
    codes: &'static [&'static str],
) -> Check {
    const KEYS: &[KeyNeed] = &[ANY];
    Check {
        id,
        page: PAGE,
        rule,
        keys: KEYS,
        wants: &[],
        steps,
        expects: Expect::Refused(statuses, codes),
    }
}

const fn ordered(
    id: &'static str,
    rule: &'static str,
    steps: &'static [Step],
    statuses: &'static [u16],
    codes: &'static [&'static str],
) -> Check {
    Check {
        page: ORDER,
        keys: &[PERSON],
        wants: &[Want::Simulator],
        ..refused(id, rule, steps, statuses, codes)
    }
}

pub(super) const CHECKS: &[Check] = &[
    refused(
        "create/20001",
        "a create names its access token",
        &[Step::Call(GOOD.authorized_by(None))],
        &[400, 401],
        &["20001"],
    ),
    refused(
        "create/20002",
        "a create names its API key",
        &[Step::Call(GOOD.with_key(None))],
        &[400, 401, 403],
        &["20002", "10201"],
    ),
    refused(
        "create/10201",
        "the API key is known",
        &[Step::Call(GOOD.with_key(Some("conformance-no-such-key")))],
        &[403],
        &["10201"],
    ),
    refused(
        "create/10501",
        "the access token was issued here",
        &[Step::Call(GOOD.authorized_by(Some(
            "Bearer eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJub2JvZHkifQ.c2lnbmVk",
        )))],
        &[401, 403],
        &["10501"],
    ),
    refused(
        "create/30017",
        "the access token is a JWT",
        &[Step::Call(GOOD.authorized_by(Some("Bearer nonsense")))],
        &[401, 403],
        &["30017", "10501"],
    ),
    Check {
        wants: &[Want::VirtualTime],
        ..refused(
            "create/10502",
            "an access token is good for an hour and no longer",
            &[Step::Pass(Duration::from_secs(3_601)), Step::Call(GOOD)],
            &[401, 403],
            &["10502"],
        )
    },
    Check {
        page: "Questions and answers page",
        expects: Expect::Status(&[400, 415, 502]),
        ..refused(
            "create/content-type",
            "a create is announced as JSON",
            &[Step::Call(GOOD.announced_as("text/plain"))],
            &[],
            &[],
        )
    },
    refused(
        "lookup/20001",
        "a lookup names its access token",
        &[Step::Call(LOOKUP.authorized_by(None))],
        &[400, 401],
        &["20001"],
    ),
    refused(
        "lookup/20002",
        "a lookup names its API key",
        &[Step::Call(LOOKUP.with_key(None))],
        &[400, 401, 403],
        &["20002", "10201"],
    ),
    refused(
        "lookup/10201",
        "a lookup's API key is known",
        &[Step::Call(LOOKUP.with_key(Some("conformance-no-such-key")))],
        &[403],
        &["10201"],
    ),
    refused(
        "lookup/10501",
        "a lookup's access token was issued here",
        &[Step::Call(LOOKUP.authorized_by(Some(
            "Bearer eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJub2JvZHkifQ.c2lnbmVk",
        )))],
        &[401, 403],
        &["10501"],
    ),
    ordered(
        "order/token-before-key",
        "a missing token is reported before a missing key",
        &[Step::Call(GOOD.authorized_by(None).with_key(None))],
        &[400],
        &["20001"],
    ),
    ordered(
        "order/headers-before-token",
        "a missing key is told before a bad token",
        &[Step::Call(
            GOOD.authorized_by(Some("Bearer nonsense")).with_key(None),
        )],
        &[400],
        &["20002"],
    ),
    ordered(
        "order/key-before-body",
        "an unknown key is told before a broken body",
        &[Step::Call(
            Call::create("{").with_key(Some("conformance-no-such-key")),
        )],
        &[403],
        &["10201"],
    ),
    ordered(
        "order/subject-before-selfie",
        "a missing subject is reported before a missing selfie",
        &[Step::Call(Call::create("{}"))],
        &[400],
        &["20004"],
    ),
    ordered(
        "order/code-before-name",
        "a bad code is reported before a missing name",
        &[Step::Call(Call::create(
            r#"{"subject":{"code":"11111111111"},"imageBase64":"$IMAGE"}"#,
        ))],
        &[400],
        &["20507"],
    ),
    ordered(
        "order/name-before-selfie",
        "a missing name is reported before a missing selfie",
        &[Step::Call(Call::create(
            r#"{"subject":{"code":"52998224725"}}"#,
        ))],
        &[400],
        &["20006"],
    ),
];

pub(super) const DISTURBING: &[Check] = &[Check {
    page: "Limits page",
    wants: &[Want::Leave],
    expects: Expect::Members(429, &[("@retry-after", Is::Within(1, 60))]),
    ..refused(
        "limit/429",
        "more than ten requests a second are answered with 429 and Retry-After",
        &[Step::Burst(LOOKUP, 200)],
        &[],
        &[],
    )
}];
