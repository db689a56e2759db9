//! Checks of capturing documents, finding them and using them again.
//!
//! Must not send a picture of a real document: the simulator invents its content.

use std::time::Duration;

use super::super::check::{Call, Check, Expect, Is, KeyNeed, Step, Want};
use super::{NO_PAPERS, PAPERS, PERSON, person};

const PAGE: &str = "Documents page";

const CAPTURED: &str = r#"{"subject":{"code":"52998224725","duiType":"DUI_TYPE_BR_CPF","name":"Test Subject"},"document":{"purpose":"onboarding","authProcessId":"$PROCESS","files":[{"data":"$IMAGE"}]}}"#;

const fn about(
    id: &'static str,
    rule: &'static str,
    steps: &'static [Step],
    expects: Expect,
) -> Check {
    const KEYS: &[KeyNeed] = &[PAPERS];
    Check {
        id,
        page: PAGE,
        rule,
        keys: KEYS,
        wants: &[],
        steps,
        expects,
    }
}

/// With a process of a person, which another key creates.
const fn proved(
    id: &'static str,
    rule: &'static str,
    steps: &'static [Step],
    expects: Expect,
) -> Check {
    Check {
        keys: &[PAPERS, PERSON],
        wants: &[Want::Simulator],
        ..about(id, rule, steps, expects)
    }
}

pub(super) const CHECKS: &[Check] = &[
    about(
        "document/type-needed",
        "a lookup of documents names the type",
        &[Step::Call(Call::get("/documents/v1?code=52998224725"))],
        Expect::Status(&[400]),
    ),
    about(
        "document/code-needed",
        "a lookup of documents names the person",
        &[Step::Call(Call::get("/documents/v1?type=BR_CNH"))],
        Expect::Status(&[400]),
    ),
    about(
        "document/none",
        "where there is none, the list is empty or holds one empty object",
        &[Step::Call(Call::get(
            "/documents/v1?code=11122230290&type=BR_PASSPORT",
        ))],
        Expect::Members(200, &[("items", Is::Nothing)]),
    ),
    Check {
        keys: &[NO_PAPERS],
        page: "Capabilities page",
        ..about(
            "document/403",
            "a key without documents may not look for them",
            &[Step::Call(Call::get(
                "/documents/v1?code=52998224725&type=BR_CNH",
            ))],
            Expect::Status(&[403]),
        )
    },
    proved(
        "document/captured",
        "a captured document is answered with its id, its type and whether its number is the person's",
        &[
            Step::Call(Call::create(person!("52998224725")).with_key(Some("$KEY2"))),
            Step::Call(Call::create(CAPTURED)),
            Step::Settle,
        ],
        Expect::Members(
            200,
            &[
                ("status", Is::Number(3)),
                ("document.id", Is::Uuid),
                ("document.type", Is::Present),
                ("document.cpfMatch", Is::Flag(true)),
                ("document.content", Is::Present),
                ("document.fileUrls", Is::Present),
            ],
        ),
    ),
    proved(
        "document/type-of-number",
        "a captured document without `duiType` is refused with 20003 by the newest generation and taken by the others",
        &[
            Step::Call(Call::create(person!("52998224725")).with_key(Some("$KEY2"))),
            Step::Call(Call::create(
                r#"{"subject":{"code":"52998224725","name":"Test Subject"},"document":{"purpose":"onboarding","authProcessId":"$PROCESS","files":[{"data":"$IMAGE"}]}}"#,
            )),
        ],
        Expect::TakenOrRefused(&[400], &["20003"]),
    ),
    proved(
        "document/found",
        "a document that can be used again is found",
        &[
            Step::Call(Call::create(person!("52998224725")).with_key(Some("$KEY2"))),
            Step::Call(Call::create(CAPTURED)),
            Step::Settle,
            Step::Call(Call::get("/documents/v1?code=52998224725&type=BR_CNH")),
        ],
        Expect::Members(
            200,
            &[
                ("items.0.documentId", Is::Uuid),
                ("items.0.documentType", Is::Present),
            ],
        ),
    ),
    proved(
        "document/reused",
        "a document is used again by its id",
        &[
            Step::Call(Call::create(person!("52998224725")).with_key(Some("$KEY2"))),
            Step::Call(Call::create(CAPTURED)),
            Step::Settle,
            Step::Call(Call::create(person!("52998224725")).with_key(Some("$KEY2"))),
            Step::Call(Call::create(
                r#"{"subject":{"code":"52998224725","duiType":"DUI_TYPE_BR_CPF","name":"Test Subject"},"document":{"purpose":"onboarding","authProcessId":"$PROCESS","documentId":"$DOCUMENT"}}"#,
            )),
            Step::Settle,
        ],
        Expect::Members(
            200,
            &[
                ("status", Is::Number(3)),
                ("document.id", Is::Text("$DOCUMENT")),
            ],
        ),
    ),
    proved(
        "document/other-number",
        "a document with another number is answered with cpfMatch false",
        &[
            Step::Call(Call::create(person!("11122232900")).with_key(Some("$KEY2"))),
            Step::Call(Call::create(
                r#"{"subject":{"code":"11122232900","duiType":"DUI_TYPE_BR_CPF","name":"Test Subject"},"document":{"purpose":"onboarding","authProcessId":"$PROCESS","files":[{"data":"$IMAGE"}]}}"#,
            )),
            Step::Settle,
        ],
        Expect::Members(200, &[("document.cpfMatch", Is::Flag(false))]),
    ),
    Check {
        wants: &[Want::VirtualTime],
        ..proved(
            "document/after-a-day",
            "a process proves who holds a document for 24 hours",
            &[
                Step::Call(Call::create(person!("52998224725")).with_key(Some("$KEY2"))),
                Step::Pass(Duration::from_secs(86_401)),
                Step::Renew,
                Step::Call(Call::create(CAPTURED)),
            ],
            Expect::Status(&[400, 403, 409]),
        )
    },
];
