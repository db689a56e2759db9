//! Checks of looking up a process.
//!
//! Must not look up a process of another tenant, except to check that it is not found.

use super::super::check::{Call, Check, Expect, Is, KeyNeed, Step, Want};
use super::{ANY, PERSON, person};

const PAGE: &str = "Onboarding page, lookups";

const fn looked_up(
    id: &'static str,
    keys: &'static [KeyNeed],
    rule: &'static str,
    steps: &'static [Step],
    expects: Expect,
) -> Check {
    Check {
        id,
        page: PAGE,
        rule,
        keys,
        wants: &[],
        steps,
        expects,
    }
}

pub(super) const CHECKS: &[Check] = &[
    looked_up(
        "lookup/20023",
        &[ANY],
        "the process id is a UUID",
        &[Step::Call(Call::get("/processes/v1/nonsense"))],
        Expect::Refused(&[400], &["20023"]),
    ),
    looked_up(
        "lookup/50001",
        &[ANY],
        "a process that nobody created is not found",
        &[Step::Call(Call::get(
            "/processes/v1/00000000-0000-4000-8000-000000000000",
        ))],
        Expect::Refused(&[404], &["50001"]),
    ),
    Check {
        wants: &[Want::OtherTenant],
        ..looked_up(
            "lookup/50001-foreign",
            &[ANY],
            "another tenant's process is not found",
            &[Step::Call(Call::get("/processes/v1/$FOREIGN"))],
            Expect::Refused(&[404], &["50001"]),
        )
    },
    Check {
        wants: &[Want::OtherTenant],
        page: "Onboarding page, error codes",
        ..looked_up(
            "lookup/10201-foreign",
            &[ANY],
            "another tenant's API key is unknown",
            &[Step::Call(
                Call::get("/processes/v1/$FOREIGN").with_key(Some("$FOREIGN_KEY")),
            )],
            Expect::Refused(&[403], &["10201"]),
        )
    },
    looked_up(
        "lookup/found",
        &[PERSON],
        "what was created is found by its id",
        &[
            Step::Call(Call::create(person!("52998224725"))),
            Step::Call(Call::get("/processes/v1/$PROCESS")),
        ],
        Expect::Members(
            200,
            &[
                ("id", Is::Text("$PROCESS")),
                ("status", Is::OneOf(&[1, 2, 3, 4])),
            ],
        ),
    ),
    looked_up(
        "lookup/capitals",
        &[PERSON],
        "a UUID may be written in capitals",
        &[
            Step::Call(Call::create(person!("52998224725"))),
            Step::Call(Call::get("/processes/v1/$UPPER")),
        ],
        Expect::Members(200, &[("id", Is::Text("$PROCESS"))]),
    ),
    Check {
        page: "GetProcess page",
        wants: &[Want::Simulator],
        ..looked_up(
            "lookup/details",
            &[PERSON],
            "the second version adds what is known about process and person",
            &[
                Step::Call(Call::create(person!("52998224725"))),
                Step::Settle,
                Step::Call(Call::get("/processes/v2/$PROCESS")),
            ],
            Expect::Members(
                200,
                &[
                    ("status", Is::Number(3)),
                    ("processAdditionalInfo.transactionId", Is::Uuid),
                    ("processAdditionalInfo.personName", Is::Text("Test Subject")),
                    ("processAdditionalInfo.personDocument", Is::Present),
                    ("processAdditionalInfo.personImage", Is::Present),
                    ("processAdditionalInfo.finishedAt", Is::Present),
                ],
            ),
        )
    },
    Check {
        wants: &[Want::Simulator],
        ..looked_up(
            "lookup/plain",
            &[PERSON],
            "the first version tells nothing about the person",
            &[
                Step::Call(Call::create(person!("52998224725"))),
                Step::Settle,
                Step::Call(Call::get("/processes/v1/$PROCESS")),
            ],
            Expect::Members(200, &[("processAdditionalInfo", Is::Absent)]),
        )
    },
];
