//! Checks of the token endpoint: assertions, their codes, discovery.
//!
//! Must not send two equal assertions, unless that is the check.

use super::super::check::{Check, Exchange, Expect, Is, Step, Want};

const PAGE: &str = "Authentication page";
const CODES: &str = "Authentication page, error codes";
const RFC: &str = "RFC 6749, section 5.2";

const FORM: &str =
    "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=$ASSERTION";

pub(super) const GOOD: Exchange = Exchange {
    content_type: "application/x-www-form-urlencoded",
    form: FORM,
    header: r#"{"alg":"RS256","typ":"JWT"}"#,
    claims: r#"{"iss":"$ISS","aud":"$AUD","scope":"*","iat":$NOW,"exp":$EXP}"#,
    genuine: true,
};

const fn claiming(claims: &'static str) -> Exchange {
    Exchange { claims, ..GOOD }
}

const fn granted(
    id: &'static str,
    rule: &'static str,
    members: &'static [(&'static str, Is)],
) -> Check {
    Check {
        id,
        page: PAGE,
        rule,
        keys: &[],
        wants: &[],
        steps: &[Step::Exchange(GOOD)],
        expects: Expect::Members(200, members),
    }
}

const fn denied(
    id: &'static str,
    rule: &'static str,
    steps: &'static [Step],
    codes: &'static [&'static str],
) -> Check {
    Check {
        id,
        page: CODES,
        rule,
        keys: &[],
        wants: &[],
        steps,
        expects: Expect::Denied(codes),
    }
}

const fn misformed(id: &'static str, rule: &'static str, steps: &'static [Step]) -> Check {
    Check {
        page: RFC,
        expects: Expect::Status(&[400, 401, 415]),
        ..denied(id, rule, steps, &[])
    }
}

const fn discovered(
    id: &'static str,
    rule: &'static str,
    steps: &'static [Step],
    members: &'static [(&'static str, Is)],
) -> Check {
    Check {
        page: "Discovery document",
        expects: Expect::Members(200, members),
        ..denied(id, rule, steps, &[])
    }
}

pub(super) const CHECKS: &[Check] = &[
    granted(
        super::GRANTED,
        "exactly iss, aud, scope, iat and exp, signed with RS256, give an access token",
        &[
            ("access_token", Is::Jwt),
            ("token_type", Is::Word("Bearer")),
        ],
    ),
    granted(
        "token/hour",
        "an access token lives 3,600 seconds",
        &[("expires_in", Is::Number(3_600))],
    ),
    granted(
        "token/json",
        "the answer is JSON",
        &[("@content-type", Is::Word("application/json"))],
    ),
    denied(
        "token/1.0.1",
        "the tenant in iss is the one of the key",
        &[Step::Exchange(claiming(
            r#"{"iss":"nobody@00000000-0000-4000-8000-000000000000.iam.acesso.io","aud":"$AUD","scope":"*","iat":$NOW,"exp":$EXP}"#,
        ))],
        &["1.0.1"],
    ),
    denied(
        "token/1.1.1",
        "scope is there",
        &[Step::Exchange(claiming(
            r#"{"iss":"$ISS","aud":"$AUD","iat":$NOW,"exp":$EXP}"#,
        ))],
        &["1.1.1"],
    ),
    denied(
        "token/1.2.4",
        "exp has not passed",
        &[Step::Exchange(claiming(
            r#"{"iss":"$ISS","aud":"$AUD","scope":"*","iat":$LONG_AGO,"exp":$PAST}"#,
        ))],
        &["1.2.4"],
    ),
    denied(
        "token/signature",
        "the signature is the account's",
        &[Step::Exchange(Exchange {
            genuine: false,
            ..GOOD
        })],
        &["1.2.5", "1.2.21"],
    ),
    denied(
        "token/audience",
        "aud is the identity server's address",
        &[Step::Exchange(claiming(
            r#"{"iss":"$ISS","aud":"https://identity.invalid","scope":"*","iat":$NOW,"exp":$EXP}"#,
        ))],
        &["1.2.5"],
    ),
    denied(
        "token/audience-slash",
        "aud has no slash at its end",
        &[Step::Exchange(claiming(
            r#"{"iss":"$ISS","aud":"$AUD/","scope":"*","iat":$NOW,"exp":$EXP}"#,
        ))],
        &["1.2.5"],
    ),
    denied(
        "token/life",
        "exp is at most 3,600 seconds after iat",
        &[Step::Exchange(claiming(
            r#"{"iss":"$ISS","aud":"$AUD","scope":"*","iat":$NOW,"exp":$TOMORROW}"#,
        ))],
        &["1.2.5"],
    ),
    denied(
        "token/1.2.7",
        "an assertion is good for one token",
        &[
            Step::Exchange(claiming(
                r#"{"iss":"$ISS","aud":"$AUD","scope":"*","iat":$NOW,"exp":$SAME}"#,
            )),
            Step::Exchange(claiming(
                r#"{"iss":"$ISS","aud":"$AUD","scope":"*","iat":$NOW,"exp":$SAME}"#,
            )),
        ],
        &["1.2.7"],
    ),
    denied(
        "token/1.2.19",
        "no impersonation: no sub",
        &[Step::Exchange(claiming(
            r#"{"iss":"$ISS","sub":"$ISS","aud":"$AUD","scope":"*","iat":$NOW,"exp":$EXP}"#,
        ))],
        &["1.2.19"],
    ),
    denied(
        "token/jti",
        "no claim beyond the five: jti",
        &[Step::Exchange(claiming(
            r#"{"iss":"$ISS","aud":"$AUD","scope":"*","iat":$NOW,"exp":$EXP,"jti":"1"}"#,
        ))],
        &["1.2.22"],
    ),
    denied(
        "token/nbf",
        "no claim beyond the five: nbf",
        &[Step::Exchange(claiming(
            r#"{"iss":"$ISS","aud":"$AUD","scope":"*","iat":$NOW,"exp":$EXP,"nbf":$NOW}"#,
        ))],
        &["1.2.22"],
    ),
    denied(
        "token/algorithm",
        "RS256 alone is accepted",
        &[Step::Exchange(Exchange {
            header: r#"{"alg":"HS256","typ":"JWT"}"#,
            ..GOOD
        })],
        &["1.2.5", "1.2.20", "1.2.21"],
    ),
    denied(
        "token/unsigned",
        "alg none is not accepted",
        &[Step::Exchange(Exchange {
            header: r#"{"alg":"none","typ":"JWT"}"#,
            ..GOOD
        })],
        &["1.2.5", "1.2.20", "1.2.21"],
    ),
    denied(
        "token/undecodable",
        "the assertion is a JWT",
        &[Step::Exchange(Exchange {
            form: "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=nonsense",
            ..GOOD
        })],
        &["1.2.20", "1.2.21"],
    ),
    denied(
        "token/no-exp",
        "exp is there",
        &[Step::Exchange(claiming(
            r#"{"iss":"$ISS","aud":"$AUD","scope":"*","iat":$NOW}"#,
        ))],
        &["1.2.20", "1.2.21"],
    ),
    denied(
        "token/type",
        "iat is a number",
        &[Step::Exchange(claiming(
            r#"{"iss":"$ISS","aud":"$AUD","scope":"*","iat":"$NOW","exp":$EXP}"#,
        ))],
        &["1.2.20", "1.2.21"],
    ),
    misformed(
        "token/grant-type",
        "the grant is the JWT bearer's",
        &[Step::Exchange(Exchange {
            form: "grant_type=client_credentials&assertion=$ASSERTION",
            ..GOOD
        })],
    ),
    misformed(
        "token/no-assertion",
        "assertion is required",
        &[Step::Exchange(Exchange {
            form: "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer",
            ..GOOD
        })],
    ),
    misformed(
        "token/form",
        "the body is a form, not JSON",
        &[Step::Exchange(Exchange {
            content_type: "application/json",
            form: r#"{"grant_type":"urn:ietf:params:oauth:grant-type:jwt-bearer","assertion":"$ASSERTION"}"#,
            ..GOOD
        })],
    ),
    discovered(
        "discovery/document",
        "the identity server describes itself",
        &[Step::Discover("/.well-known/openid-configuration")],
        &[
            ("issuer", Is::Text("$AUD")),
            ("jwks_uri", Is::Present),
            (
                "grant_types_supported",
                Is::Listing("urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ),
        ],
    ),
    discovered(
        "discovery/keys",
        "the key set is published",
        &[Step::Discover("/.well-known/jwks.json")],
        &[("keys.0.kty", Is::Present)],
    ),
];

pub(super) const DISTURBING: &[Check] = &[Check {
    wants: &[Want::Leave],
    ..denied(
        "token/1.2.18",
        "many bad attempts lock the account",
        &[
            Step::Repeat(
                Exchange {
                    genuine: false,
                    ..GOOD
                },
                20,
            ),
            Step::Exchange(GOOD),
        ],
        &["1.2.18"],
    )
}];
