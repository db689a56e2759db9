//! The token endpoint grants what the Authentication page describes, and refuses the rest with the
//! listed codes.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use idcloud_simulator::{AccountState, Config, Dialect, Simulator};
use serde_json::{Value, json};

use super::bench::{account, at, claims, form, header, log_in, read, sign, token_request};

fn simulator() -> Simulator {
    let mut simulator = Simulator::new(Config::default());
    let account = account(simulator.tenant_id());
    simulator.register_account(&account);
    simulator
}

/// Sends one assertion to a new simulator, and returns the code of the refusal.
fn refusal_of(header: &Value, claims: &Value) -> String {
    let mut simulator = simulator();
    let assertion = sign(&account(simulator.tenant_id()), header, claims);
    refusal(&mut simulator, &assertion)
}

fn refusal(simulator: &mut Simulator, assertion: &str) -> String {
    let (status, body) = read(&simulator.handle(token_request(assertion), at(0.0)));
    if status == 200 {
        return "granted".to_owned();
    }
    assert_eq!(
        (status.as_u16(), &body["error"]),
        (401, &json!("server_error"))
    );
    let description = body["error_description"].as_str().unwrap();
    description
        .strip_prefix("Falha na autenticação ")
        .unwrap()
        .to_owned()
}

fn good() -> Value {
    claims(&account(simulator().tenant_id()), at(0.0))
}

fn with(member: &str, value: impl Into<Value>) -> Value {
    let mut claims = good();
    claims[member] = value.into();
    claims
}

fn without(member: &str) -> Value {
    let mut claims = good();
    claims.as_object_mut().unwrap().remove(member);
    claims
}

#[test]
fn grants_an_hour() {
    let mut simulator = simulator();
    let assertion = sign(&account(simulator.tenant_id()), &header(), &good());
    let (status, body) = read(&simulator.handle(token_request(&assertion), at(0.0)));
    assert_eq!(status, 200);
    assert_eq!(body["expires_in"], 3_600);
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["access_token"].as_str().unwrap().split('.').count(), 3);
    assert_eq!(simulator.tally().tokens_issued, 1);
}

/// Each flaw has its own code.
#[test]
fn each_flaw_has_its_code() {
    let now = good()["iat"].as_u64().unwrap();
    for (claims, expected) in [
        (good(), "granted"),
        (with("iss", "clerk@nobody.iam.acesso.io"), "1.0.1"),
        (without("scope"), "1.1.1"),
        (with("iat", now - 3_600), "1.2.5"),
        (with("exp", now + 3_601), "1.2.5"),
        (with("exp", now), "1.2.5"),
        (with("iat", now + 120), "1.2.5"),
        (with("iat", now + 30), "granted"),
        (with("aud", "https://identity.acesso.io"), "1.2.5"),
        (
            with("aud", format!("{}/", idcloud_simulator::IDENTITY_URL)),
            "1.2.5",
        ),
        (with("scope", "read"), "1.2.14"),
        (with("sub", "someone@example.com"), "1.2.19"),
        (without("iss"), "1.2.21"),
        (without("aud"), "1.2.21"),
        (without("iat"), "1.2.21"),
        (without("exp"), "1.2.21"),
        (with("iat", "1767225600"), "1.2.21"),
        (with("exp", 1.5), "1.2.21"),
        (with("scope", json!(["*"])), "1.2.21"),
        (with("iss", "clerk"), "1.2.21"),
        (with("jti", "1"), "1.2.22"),
        (with("nbf", 1), "1.2.22"),
    ] {
        assert_eq!(refusal_of(&header(), &claims), expected, "{claims}");
    }
}

#[test]
fn an_assertion_expires() {
    let mut claims = good();
    let now = claims["iat"].as_u64().unwrap();
    claims["iat"] = (now - 600).into();
    claims["exp"] = (now - 1).into();
    assert_eq!(refusal_of(&header(), &claims), "1.2.4");
    claims["exp"] = now.into();
    assert_eq!(refusal_of(&header(), &claims), "1.2.4");
    claims["exp"] = (now + 1).into();
    assert_eq!(refusal_of(&header(), &claims), "granted");
}

/// Only RS256, and a header without other members, is accepted.
#[test]
fn the_header_is_exact() {
    for header in [
        json!({"alg": "none", "typ": "JWT"}),
        json!({"alg": "HS256", "typ": "JWT"}),
        json!({"alg": "RS256"}),
        json!({"alg": "RS256", "typ": "jwt"}),
        json!({"alg": "RS256", "typ": "JWT", "kid": "1"}),
    ] {
        assert_eq!(refusal_of(&header, &good()), "1.2.20", "{header}");
    }
}

/// The signature is really verified: with the account's key, over the exact text.
#[test]
fn the_signature_counts() {
    let mut simulator = simulator();
    let own = account(simulator.tenant_id());
    let assertion = sign(&own, &header(), &good());
    let other = simulator.issue_account().unwrap();
    let forged = sign(&other, &header(), &good());
    assert_eq!(refusal(&mut simulator, &forged), "1.2.5");

    let (signed, signature) = assertion.rsplit_once('.').unwrap();
    let later = sign(
        &own,
        &header(),
        &with("exp", good()["iat"].as_u64().unwrap() + 60),
    );
    let (other_signed, _) = later.rsplit_once('.').unwrap();
    assert_ne!(signed, other_signed);
    assert_eq!(
        refusal(&mut simulator, &format!("{other_signed}.{signature}")),
        "1.2.5"
    );
    assert_eq!(refusal(&mut simulator, &format!("{signed}.")), "1.2.5");
    assert_eq!(refusal(&mut simulator, "hello"), "1.2.20");
    assert_eq!(refusal(&mut simulator, &assertion), "granted");
}

#[test]
fn an_unknown_account_of_a_known_tenant() {
    let tenant = simulator().tenant_id().to_owned();
    let claims = with("iss", format!("nobody@{tenant}.iam.acesso.io"));
    assert_eq!(refusal_of(&header(), &claims), "1.2.11");
}

/// An assertion is valid for one token, as in production.
#[test]
fn an_assertion_is_used_once() {
    let mut simulator = simulator();
    let account = account(simulator.tenant_id());
    let assertion = sign(&account, &header(), &good());
    assert_eq!(refusal(&mut simulator, &assertion), "granted");
    assert_eq!(refusal(&mut simulator, &assertion), "1.2.7");
    let varied = sign(
        &account,
        &header(),
        &with("exp", good()["iat"].as_u64().unwrap() + 3_599),
    );
    assert_eq!(refusal(&mut simulator, &varied), "granted");
}

/// A refused assertion is not used up: the same flaw gives the same code again.
#[test]
fn a_refused_assertion_is_not_used_up() {
    let mut simulator = simulator();
    let assertion = sign(
        &account(simulator.tenant_id()),
        &header(),
        &with("scope", "read"),
    );
    assert_eq!(refusal(&mut simulator, &assertion), "1.2.14");
    assert_eq!(refusal(&mut simulator, &assertion), "1.2.14");
}

/// Each state of an account has its code, and does not count as a failed attempt.
#[test]
fn each_state_has_its_code() {
    let mut simulator = simulator();
    let account = account(simulator.tenant_id());
    let tenant = simulator.tenant_id().to_owned();
    for (position, (state, expected)) in (0_u64..).zip([
        (AccountState::ApplicationInactive, "1.0.14"),
        (AccountState::Inactive, "1.2.11"),
        (AccountState::KeyReplaced, "1.2.6"),
        (AccountState::NotPermitted, "1.2.14"),
        (AccountState::AddressRestricted, "1.3.1"),
        (AccountState::TimeRestricted, "1.3.2"),
        (AccountState::Active, "granted"),
    ]) {
        assert!(simulator.set_account_state(&tenant, account.account(), state));
        let exp = good()["exp"].as_u64().unwrap() - position;
        let assertion = sign(&account, &header(), &with("exp", exp));
        assert_eq!(refusal(&mut simulator, &assertion), expected, "{state:?}");
    }
    assert!(!simulator.set_account_state(&tenant, "nobody", AccountState::Inactive));
}

/// Consecutive failed attempts lock the account for a while, with any flaw; a valid one among them
/// resets the count.
#[test]
fn bad_attempts_lock_for_a_while() {
    let mut simulator = Simulator::new(Config::default().with_rate_limit(None));
    let account = account(simulator.tenant_id());
    simulator.register_account(&account);
    let fine = |position: u64| with("exp", good()["exp"].as_u64().unwrap() - position);
    let bad = [
        with("sub", "x"),
        with("aud", "x"),
        without("scope"),
        with("jti", "1"),
    ];
    let mut attempt = |claims: &Value| {
        let assertion = sign(&account, &header(), claims);
        refusal(&mut simulator, &assertion)
    };
    for claims in bad.iter().cycle().take(9) {
        assert_ne!(attempt(claims), "1.2.18");
    }
    assert_eq!(attempt(&fine(1)), "granted");
    for claims in bad.iter().cycle().take(10) {
        assert_ne!(attempt(claims), "1.2.18");
    }
    assert_eq!(attempt(&fine(2)), "1.2.18");
    assert_eq!(attempt(&bad[0]), "1.2.18");
    let later = sign(&account, &header(), &fine(3));
    let (status, _) = read(&simulator.handle(token_request(&later), at(300.0)));
    assert_eq!(status, 200);
}

/// The newest generation has another description, and another code for a wrong key.
#[test]
fn the_newest_dialect() {
    let mut simulator = Simulator::new(Config::default().with_dialect(Dialect::V2026));
    let account = account(simulator.tenant_id());
    simulator.register_account(&account);
    let other = simulator.issue_account().unwrap();
    let assertion = sign(&other, &header(), &good());
    let (status, body) = read(&simulator.handle(token_request(&assertion), at(0.0)));
    assert_eq!(
        (status.as_u16(), body),
        (
            401,
            json!({"error": "server_error", "error_description": "Authentication failed (1.2.21)"})
        )
    );
}

/// A library finds the token endpoint, and can verify the token from it.
#[test]
fn discovery_and_key_set() {
    let mut simulator = simulator();
    let mut get = |path: &str| {
        let request = http::Request::get(path).body(bytes::Bytes::new()).unwrap();
        let (status, body) = read(&simulator.handle(request, at(0.0)));
        assert_eq!(status, 200, "{path}");
        body
    };
    let found = get("/.well-known/openid-configuration");
    assert_eq!(found, get("/.well-known/oauth-authorization-server"));
    assert_eq!(found["issuer"], idcloud_simulator::IDENTITY_URL);
    assert_eq!(
        found["token_endpoint"],
        format!("{}/oauth2/token", idcloud_simulator::IDENTITY_URL)
    );
    let path = found["jwks_uri"].as_str().unwrap();
    let path = path
        .strip_prefix(idcloud_simulator::IDENTITY_URL)
        .unwrap()
        .to_owned();
    let key = get(&path)["keys"][0].clone();
    assert_eq!(
        (&key["kty"], &key["crv"]),
        (&json!("OKP"), &json!("Ed25519"))
    );

    let account = account(simulator.tenant_id());
    let token = log_in(&mut simulator, &account, at(0.0));
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let header: Value = serde_json::from_slice(
        &URL_SAFE_NO_PAD
            .decode(token.split('.').next().unwrap())
            .unwrap(),
    )
    .unwrap();
    assert_eq!(header["kid"], key["kid"]);
    let public_key = URL_SAFE_NO_PAD.decode(key["x"].as_str().unwrap()).unwrap();
    UnparsedPublicKey::new(&ED25519, public_key)
        .verify(
            signed.as_bytes(),
            &URL_SAFE_NO_PAD.decode(signature).unwrap(),
        )
        .unwrap();
}

/// The form has exactly two members, and the right content type.
#[test]
fn the_form_is_exact() {
    let grant = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";
    for (body, expected) in [
        (String::new(), "invalid_request"),
        (grant.to_owned(), "invalid_request"),
        ("assertion=a".to_owned(), "invalid_request"),
        (format!("{grant}&assertion=a&scope=*"), "invalid_request"),
        (
            format!("{grant}&assertion=a&assertion=a"),
            "invalid_request",
        ),
        (format!("{grant}&assertion=%"), "invalid_request"),
        (
            "grant_type=client_credentials&assertion=a".to_owned(),
            "unsupported_grant_type",
        ),
    ] {
        let (status, answer) = read(&simulator().handle(form(&body), at(0.0)));
        assert_eq!(
            (status.as_u16(), &answer["error"]),
            (400, &json!(expected)),
            "{body}"
        );
    }
    let mut json_request = form(&format!("{grant}&assertion=a"));
    json_request
        .headers_mut()
        .insert("content-type", "application/json".parse().unwrap());
    assert_eq!(read(&simulator().handle(json_request, at(0.0))).0, 400);
}

/// An issued account can log in, and one of an earlier run still can.
#[test]
fn issued_accounts_log_in() {
    let mut first = Simulator::new(Config::default());
    let issued = first.issue_account().unwrap();
    assert_eq!(issued.tenant_id(), first.tenant_id());
    assert!(issued.account().len() <= 12);
    log_in(&mut first, &issued, at(0.0));

    let mut second = Simulator::new(Config::new(5));
    second.register_account(&issued);
    log_in(&mut second, &issued, at(0.0));
}
