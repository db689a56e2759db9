//! Checks of answers about people whose outcome is known.
//!
//! Must not judge an answer's form by one generation of the documents.

use super::super::check::{Call, Check, Expect, Is, KeyNeed, Step, Want};
use super::{
    ALERT, CAPTURES, COMPARISON, LIVENESS_ALONE, NO_ALERT, PERSON, SCORE, SERPRO, TRUST, UNCHECKED,
    person,
};

const PAGE: &str = "Onboarding page, answers";
const SCENARIOS: &str = "Response scenarios page";
const SAME: &str = "biometryToken.result|authenticated";

const fn answered(
    id: &'static str,
    keys: &'static [KeyNeed],
    rule: &'static str,
    steps: &'static [Step],
    members: &'static [(&'static str, Is)],
) -> Check {
    Check {
        id,
        page: PAGE,
        rule,
        keys,
        wants: &[Want::Simulator],
        steps,
        expects: Expect::Members(200, members),
    }
}

const fn compared(
    id: &'static str,
    rule: &'static str,
    steps: &'static [Step],
    members: &'static [(&'static str, Is)],
) -> Check {
    const KEYS: &[KeyNeed] = &[COMPARISON];
    Check {
        page: "IDToken page",
        ..answered(id, KEYS, rule, steps, members)
    }
}

const BY_PICTURE: &str = r#"{"imageBase64":"$IMAGE","references":[{"referenceType":"REFERENCE_TYPE_IMAGE_BASE64","referenceContent":"$IMAGE"}]}"#;

pub(super) const CHECKS: &[Check] = &[
    answered(
        "answer/yes",
        &[PERSON],
        "the holder's face is answered with yes",
        &[
            Step::Call(Call::create(person!("52998224725"))),
            Step::Settle,
        ],
        &[
            ("id", Is::Uuid),
            ("status", Is::Number(3)),
            ("unicoId.result", Is::Word("yes")),
            ("liveness", Is::AbsentOr(1)),
            ("score", Is::Absent),
        ],
    ),
    answered(
        "answer/no",
        &[PERSON],
        "another face is answered with no, without a score",
        &[
            Step::Call(Call::create(person!("11122230290"))),
            Step::Settle,
        ],
        &[
            ("status", Is::Number(3)),
            ("unicoId.result", Is::Word("no")),
            ("score", Is::Absent),
        ],
    ),
    answered(
        "answer/processing",
        &[SCORE],
        "while a score is computed the status is 1 or 2, and there is none",
        &[Step::Call(Call::create(person!("11122230370")))],
        &[
            ("status", Is::OneOf(&[1, 2])),
            ("unicoId.result", Is::Word("inconclusive")),
            ("score", Is::Absent),
        ],
    ),
    answered(
        "answer/score",
        &[SCORE],
        "the score comes with a lookup once the status is 3",
        &[
            Step::Call(Call::create(person!("11122230370"))),
            Step::Settle,
        ],
        &[
            ("status", Is::Number(3)),
            ("unicoId.result", Is::Word("inconclusive")),
            ("score", Is::Number(90)),
        ],
    ),
    answered(
        "answer/negative-score",
        &[SCORE],
        "a score can be negative",
        &[
            Step::Call(Call::create(person!("11122230613"))),
            Step::Settle,
        ],
        &[("status", Is::Number(3)), ("score", Is::Number(-40))],
    ),
    answered(
        "answer/divergence",
        &[SCORE],
        "a divergence ends with a score all the same",
        &[
            Step::Call(Call::create(person!("11122230966"))),
            Step::Settle,
        ],
        &[("status", Is::Number(3)), ("score", Is::Number(75))],
    ),
    Check {
        page: SCENARIOS,
        ..answered(
            "answer/drop",
            &[SCORE],
            "a drop has status 3, inconclusive, and no score",
            &[
                Step::Call(Call::create(person!("11122230885"))),
                Step::Settle,
            ],
            &[
                ("status", Is::Number(3)),
                ("unicoId.result", Is::Word("inconclusive")),
                ("score", Is::Absent),
            ],
        )
    },
    answered(
        "answer/failed",
        &[PERSON],
        "a process that fails at once is answered with HTTP 200, status 5, and nothing else",
        &[Step::Call(Call::create(person!("11122231261")))],
        &[
            ("id", Is::Uuid),
            ("status", Is::Number(5)),
            ("unicoId", Is::Absent),
            ("liveness", Is::Absent),
        ],
    ),
    Check {
        expects: Expect::Members(410, &[("id", Is::Uuid), ("status", Is::Number(5))]),
        ..answered(
            "lookup/410",
            &[PERSON],
            "a lookup of a failed process is answered with HTTP 410, its id and status 5",
            &[
                Step::Call(Call::create(person!("11122231261"))),
                Step::Call(Call::get("/processes/v1/$PROCESS")),
            ],
            &[],
        )
    },
    Check {
        expects: Expect::Members(410, &[("id", Is::Uuid), ("status", Is::Number(5))]),
        ..answered(
            "lookup/410-later",
            &[PERSON],
            "a process that fails later is told by its lookup, with HTTP 410",
            &[
                Step::Call(Call::create(person!("11122231342"))),
                Step::Settle,
            ],
            &[],
        )
    },
    answered(
        "answer/canceled",
        &[PERSON],
        "a canceled process has status 4 and no results",
        &[
            Step::Call(Call::create(person!("11122231423"))),
            Step::Settle,
        ],
        &[("status", Is::Number(4)), ("unicoId", Is::Absent)],
    ),
    answered(
        "answer/alert",
        &[ALERT],
        "a face that is known from fraud is answered with yes",
        &[
            Step::Call(Call::create(person!("11122231504"))),
            Step::Settle,
        ],
        &[
            ("status", Is::Number(3)),
            ("identityFraudsters.result", Is::Word("yes")),
        ],
    ),
    answered(
        "answer/no-alert",
        &[ALERT],
        "no sign of fraud is answered with inconclusive",
        &[
            Step::Call(Call::create(person!("52998224725"))),
            Step::Settle,
        ],
        &[("identityFraudsters.result", Is::Word("inconclusive"))],
    ),
    answered(
        "answer/capabilities",
        &[NO_ALERT],
        "a key without behavior alert answers none",
        &[
            Step::Call(Call::create(person!("11122231504"))),
            Step::Settle,
        ],
        &[
            ("unicoId.result", Is::Word("yes")),
            ("identityFraudsters", Is::Absent),
        ],
    ),
    answered(
        "answer/serpro",
        &[SERPRO],
        "the government's similarity is a number, here 12",
        &[Step::Call(Call::create(person!("11122232071")))],
        &[("government.serpro", Is::Number(12))],
    ),
    answered(
        "answer/serpro-signals",
        &[SERPRO],
        "-1 says that the government has no picture",
        &[Step::Call(Call::create(person!("11122231857")))],
        &[("government.serpro", Is::Number(-1))],
    ),
    answered(
        "answer/trust",
        &[TRUST],
        "the published subject of the Mexican sandbox is answered with reproved",
        &[
            Step::Call(Call::create(person!("HEWW580907HGRSHL05"))),
            Step::Settle,
        ],
        &[
            ("status", Is::Number(3)),
            ("idCloud.result", Is::Word("reproved")),
        ],
    ),
    Check {
        page: "Parameters page",
        ..answered(
            "liveness/unchecked",
            &[UNCHECKED],
            "without the liveness capability liveness is always 1",
            &[
                Step::Call(Call::create(person!("11122230702"))),
                Step::Settle,
            ],
            &[
                ("unicoId.result", Is::Word("inconclusive")),
                ("liveness", Is::Number(1)),
            ],
        )
    },
    answered(
        "liveness/failed",
        &[CAPTURES],
        "nobody alive is answered with liveness 2, and with no identity",
        &[
            Step::Call(Call::create(person!("52998224725", "$SPOOF"))),
            Step::Settle,
        ],
        &[
            ("status", Is::Number(3)),
            ("liveness", Is::Number(2)),
            ("unicoId.result", Is::Word("inconclusive")),
        ],
    ),
    Check {
        page: "Liveness page",
        ..answered(
            "liveness/alone",
            &[LIVENESS_ALONE],
            "liveness alone is answered with id, status and liveness",
            &[Step::Call(Call::create(r#"{"imageBase64":"$CAPTURE"}"#))],
            &[
                ("id", Is::Uuid),
                ("status", Is::Number(3)),
                ("liveness", Is::Number(1)),
                ("unicoId", Is::Absent),
                ("identityFraudsters", Is::Absent),
            ],
        )
    },
    compared(
        "comparison/picture",
        "a reference can be a picture, and needs no subject; without the capability there is no liveness",
        &[Step::Call(Call::create(BY_PICTURE))],
        &[
            ("id", Is::Uuid),
            ("status", Is::AbsentOr(3)),
            (SAME, Is::Flag(true)),
            ("liveness", Is::Absent),
        ],
    ),
    compared(
        "comparison/process",
        "a reference can be an earlier process",
        &[
            Step::Call(Call::create(BY_PICTURE)),
            Step::Call(Call::create(
                r#"{"imageBase64":"$IMAGE","referenceProcessId":"$PROCESS"}"#,
            )),
        ],
        &[(SAME, Is::Flag(true))],
    ),
    compared(
        "comparison/spelling",
        "referenteProcessId is read as referenceProcessId",
        &[
            Step::Call(Call::create(BY_PICTURE)),
            Step::Call(Call::create(
                r#"{"imageBase64":"$IMAGE","referenteProcessId":"$PROCESS"}"#,
            )),
        ],
        &[(SAME, Is::Flag(true))],
    ),
    compared(
        "comparison/list",
        "references[] takes an earlier process, whose UUID may be in capitals",
        &[
            Step::Call(Call::create(BY_PICTURE)),
            Step::Call(Call::create(
                r#"{"imageBase64":"$IMAGE","references":[{"referenceType":"REFERENCE_TYPE_PROCESS_ID","referenceContent":"$UPPER"}]}"#,
            )),
        ],
        &[(SAME, Is::Flag(true))],
    ),
    compared(
        "comparison/mismatch",
        "another face is answered with false",
        &[Step::Call(Call::create(
            r#"{"subject":{"code":"11122232829"},"imageBase64":"$IMAGE","references":[{"referenceType":"REFERENCE_TYPE_IMAGE_BASE64","referenceContent":"$IMAGE"}]}"#,
        ))],
        &[(SAME, Is::Flag(false))],
    ),
];
