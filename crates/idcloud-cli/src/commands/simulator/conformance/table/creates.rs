//! Checks of what a create must carry: each flaw has its code.
//!
//! Must not combine two flaws in a request, except to check their order.

use super::super::check::{Call, Check, Expect, Is, KeyNeed, Step, Want};
use super::{CAPTURES, CAPTURES_ONLY, COMPARISON, LIVE_COMPARISON, LIVENESS_ALONE, PERSON, person};

const PAGE: &str = "Onboarding page, error codes";

const fn refused(
    id: &'static str,
    rule: &'static str,
    body: &'static [Step],
    code: &'static [&'static str],
) -> Check {
    const KEYS: &[KeyNeed] = &[PERSON];
    Check {
        id,
        page: PAGE,
        rule,
        keys: KEYS,
        wants: &[],
        steps: body,
        expects: Expect::Refused(&[400], code),
    }
}

const fn taken(id: &'static str, rule: &'static str, steps: &'static [Step]) -> Check {
    Check {
        page: "Onboarding page, parameters",
        expects: Expect::Members(200, &[("id", Is::Uuid), ("status", Is::OneOf(&[1, 2, 3]))]),
        ..refused(id, rule, steps, &[])
    }
}

pub(super) const CHECKS: &[Check] = &[
    refused(
        "create/20003",
        "the body is JSON",
        &[Step::Call(Call::create(r#"{"subject":"#))],
        &["20003"],
    ),
    refused(
        "create/20003-empty",
        "there is a body",
        &[Step::Call(Call::create(""))],
        &["20003"],
    ),
    refused(
        "create/20003-null",
        "the body is not null",
        &[Step::Call(Call::create("null"))],
        &["20003"],
    ),
    refused(
        "create/20004",
        "subject is there",
        &[Step::Call(Call::create(r#"{"imageBase64":"$IMAGE"}"#))],
        &["20004"],
    ),
    refused(
        "create/20005",
        "subject.code is there",
        &[Step::Call(Call::create(
            r#"{"subject":{"name":"Test Subject"},"imageBase64":"$IMAGE"}"#,
        ))],
        &["20005"],
    ),
    refused(
        "create/20006",
        "subject.name is there where the key verifies identity",
        &[Step::Call(Call::create(
            r#"{"subject":{"code":"52998224725"},"imageBase64":"$IMAGE"}"#,
        ))],
        &["20006"],
    ),
    refused(
        "create/20009",
        "a selfie is there",
        &[Step::Call(Call::create(
            r#"{"subject":{"code":"52998224725","name":"Test Subject"}}"#,
        ))],
        &["20009"],
    ),
    refused(
        "create/20507",
        "the digits of a CPF check",
        &[Step::Call(Call::create(person!("52998224724")))],
        &["20507"],
    ),
    refused(
        "create/20507-short",
        "a CPF has eleven digits",
        &[Step::Call(Call::create(person!("5299822472")))],
        &["20507"],
    ),
    refused(
        "create/20507-dots",
        "a CPF has neither dots nor dashes",
        &[Step::Call(Call::create(person!("529.982.247-25")))],
        &["20507"],
    ),
    refused(
        "create/20507-curp",
        "the digit of a CURP checks",
        &[Step::Call(Call::create(person!("XEXX010101HNEXXXA5")))],
        &["20507"],
    ),
    refused(
        "create/20505",
        "a selfie is a PNG, a JPEG or a WebP",
        &[Step::Call(Call::create(person!("52998224725", "$WORDS")))],
        &["20505"],
    ),
    refused(
        "create/20505-prefix",
        "a selfie has no data: prefix",
        &[Step::Call(Call::create(person!(
            "52998224725",
            "data:image/png;base64,$IMAGE"
        )))],
        &["20505"],
    ),
    refused(
        "create/20506",
        "a selfie has at most 800 kB of base64",
        &[Step::Call(Call::create(person!("52998224725", "$HUGE")))],
        &["20506"],
    ),
    refused(
        "create/20807",
        "a selfie has at least 640 x 480 pixels",
        &[Step::Call(Call::create(person!("52998224725", "$SMALL")))],
        &["20807"],
    ),
    refused(
        "create/20900",
        "a selfie is base64",
        &[Step::Call(Call::create(person!(
            "52998224725",
            "<no base64>"
        )))],
        &["20900"],
    ),
    Check {
        keys: &[CAPTURES_ONLY],
        ..refused(
            "create/10506",
            "a key whose security method is on takes no plain picture",
            &[Step::Call(Call::create(person!("52998224725")))],
            &["10506"],
        )
    },
    Check {
        keys: &[CAPTURES_ONLY],
        ..refused(
            "create/10506-foreign",
            "a capture was made by the SDK",
            &[Step::Call(Call::create(person!(
                "52998224725",
                "eyJhbGciOiJIUzI1NiJ9.e30.AAAA"
            )))],
            &["10506"],
        )
    },
    Check {
        keys: &[CAPTURES],
        wants: &[Want::Simulator],
        ..refused(
            "create/10507",
            "a capture is at most ten minutes old",
            &[Step::Call(Call::create(person!("52998224725", "$OLD")))],
            &["10507"],
        )
    },
    Check {
        keys: &[CAPTURES],
        wants: &[Want::Simulator],
        ..refused(
            "create/10508",
            "a capture is good for one process",
            &[
                Step::Call(Call::create(person!("52998224725", "$CAPTURE"))),
                Step::Call(Call::create(person!("52998224725", "$CAPTURE"))),
            ],
            &["10508"],
        )
    },
    Check {
        keys: &[LIVENESS_ALONE],
        page: "Liveness page",
        ..refused(
            "liveness/20009",
            "liveness needs the selfie",
            &[Step::Call(Call::create("{}"))],
            &["20009"],
        )
    },
    Check {
        keys: &[COMPARISON],
        page: "IDToken page",
        expects: Expect::Status(&[400]),
        ..refused(
            "comparison/reference",
            "1:1 needs a reference",
            &[Step::Call(Call::create(r#"{"imageBase64":"$IMAGE"}"#))],
            &[],
        )
    },
    Check {
        keys: &[LIVE_COMPARISON],
        page: "IDToken page",
        ..refused(
            "comparison/20004",
            "1:1 with liveness also needs the subject",
            &[Step::Call(Call::create(
                r#"{"imageBase64":"$IMAGE","references":[{"referenceType":"REFERENCE_TYPE_IMAGE_BASE64","referenceContent":"$IMAGE"}]}"#,
            ))],
            &["20004", "20005"],
        )
    },
    taken(
        "create/taken",
        "a create that keeps every rule is answered with an id and a status",
        &[Step::Call(Call::create(person!("52998224725")))],
    ),
    taken(
        "create/small-letters",
        "imagebase64 is read as imageBase64",
        &[Step::Call(Call::create(
            r#"{"subject":{"code":"52998224725","name":"Test Subject"},"imagebase64":"$IMAGE"}"#,
        ))],
    ),
    taken(
        "create/options",
        "e-mail, phone, use case and branch are taken",
        &[Step::Call(Call::create(
            r#"{"subject":{"code":"52998224725","name":"Test Subject","email":"test@example.com","phone":"5511900000000"},"useCase":"Onboarding","subsidiaryId":"00000000-0000-4000-8000-000000000001","imageBase64":"$IMAGE"}"#,
        ))],
    ),
    taken(
        "create/curp",
        "a CURP is taken in place of a CPF",
        &[Step::Call(Call::create(person!("XEXX010101HNEXXXA4")))],
    ),
    taken(
        "create/jpeg",
        "a JPEG is taken",
        &[Step::Call(Call::create(person!("52998224725", "$JPEG")))],
    ),
    taken(
        "create/webp",
        "a WebP is taken",
        &[Step::Call(Call::create(person!("52998224725", "$WEBP")))],
    ),
];
