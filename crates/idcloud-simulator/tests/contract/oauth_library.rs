//! An independent library makes the assertion and verifies the answer, as `docs/simulator.md` shows
//! it.
//!
//! The library is `jsonwebtoken`: the crates for OAuth clients (`oauth2`, `openidconnect`) have no
//! JWT bearer grant, and the latter refuses every discovery document without an authorization
//! endpoint. The key is generated for the test; its signatures are not part of the page.

use std::fmt::Write as _;

use bytes::Bytes;
use http::Request;
use idcloud_simulator::{Config, IDENTITY_URL, Simulator};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::bench::{START, account, at, form, read};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/simulator.md");

#[derive(Serialize)]
struct Assertion<'a> {
    iss: &'a str,
    aud: &'a str,
    scope: &'a str,
    iat: u64,
    exp: u64,
}

#[derive(Debug, Deserialize)]
struct Access {
    iss: String,
    tid: String,
    exp: u64,
}

fn read_at(simulator: &mut Simulator, url: &str) -> Value {
    let request = Request::get(url).body(Bytes::new()).unwrap();
    let (status, body) = read(&simulator.handle(request, at(0.0)));
    assert_eq!(status, 200);
    body
}

#[test]
fn a_library_gets_a_token_and_verifies_it() {
    let mut simulator = Simulator::new(Config::new(7));
    let account = account(simulator.tenant_id());
    simulator.register_account(&account);
    let discovery = read_at(
        &mut simulator,
        &format!("{IDENTITY_URL}/.well-known/openid-configuration"),
    );

    let issuer = discovery["issuer"].as_str().unwrap();
    let now = at(0.0).duration_since(START).unwrap().as_secs();
    let claims = Assertion {
        iss: &format!(
            "{}@{}.iam.acesso.io",
            account.account(),
            account.tenant_id()
        ),
        aud: issuer,
        scope: "*",
        iat: now,
        exp: now + 3_600,
    };
    let key = EncodingKey::from_rsa_pem(account.private_key_pem().as_bytes()).unwrap();
    let header = Header::new(Algorithm::RS256);
    let assertion = jsonwebtoken::encode(&header, &claims, &key).unwrap();
    let grant = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";
    let request = form(&format!("{grant}&assertion={assertion}"));
    assert_eq!(request.uri(), discovery["token_endpoint"].as_str().unwrap());
    let (status, answer) = read(&simulator.handle(request, at(0.0)));
    assert_eq!(status, 200, "{answer}");

    let keys = read_at(&mut simulator, discovery["jwks_uri"].as_str().unwrap());
    let keys: JwkSet = serde_json::from_value(keys).unwrap();
    let token = answer["access_token"].as_str().unwrap();
    let head = decode_header(token).unwrap();
    let verifier = DecodingKey::from_jwk(keys.find(&head.kid.clone().unwrap()).unwrap()).unwrap();
    let mut rules = Validation::new(head.alg);
    rules.set_issuer(&[issuer]);
    // The clock of the test is not the machine's.
    rules.validate_exp = false;
    let access = decode::<Access>(token, &verifier, &rules).unwrap().claims;
    assert_eq!(
        (&*access.iss, &*access.tid, access.exp),
        (issuer, account.tenant_id(), now + 3_600)
    );
    // A modified token is not the simulator's.
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let changed = format!("{}A.{signature}", &signed[..signed.len() - 1]);
    assert!(decode::<Access>(&changed, &verifier, &rules).is_err());

    let mut text = String::from("```text\n");
    for (name, shown) in [
        ("header", serde_json::to_string(&header).unwrap()),
        ("claims", serde_json::to_string(&claims).unwrap()),
        ("form", format!("{grant}&assertion=$ASSERTION")),
        ("answer", answer.to_string().replace(token, "$TOKEN")),
        (
            "access token's header",
            serde_json::to_string(&head).unwrap(),
        ),
    ] {
        writeln!(text, "{name}: {shown}").unwrap();
    }
    text.push_str("```\n");
    let page = std::fs::read_to_string(PAGE).unwrap();
    assert!(page.contains(&text), "the page should show:\n\n{text}");
}
