//! Access tokens: the token endpoint issues them, and the API requires them.
//!
//! Must not print a token, nor keep one longer than needed to distinguish *expired* from *never
//! issued*.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use serde_json::json;

use crate::core::oauth::token_signer::TokenSigner;
use crate::core::wire::ids::Ids;
use crate::encoding::jws::Jws;
use crate::encoding::time_format::{seconds, since_epoch};

/// How long an expired token is remembered, so that its use is answered with 10502 and not with
/// 10501.
const REMEMBERED_AFTER_EXPIRY: Duration = Duration::from_secs(24 * 3_600);

/// The tokens of one simulator.
#[derive(Default)]
pub(crate) struct AccessTokens(HashMap<String, Grant>);

struct Grant {
    tenant: String,
    expires: Duration,
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenFault {
    /// It is not a JWT: wrong characters, or a header that is not JSON.
    Malformed,
    /// It was never issued here.
    Unknown,
    /// It has expired.
    Expired,
}

impl AccessTokens {
    /// Issues a token to `tenant` for `life` from `now`: a JWT, as the documents say, although no
    /// client needs to read it.
    pub(crate) fn issue(
        &mut self,
        signer: &TokenSigner,
        ids: &mut Ids,
        issuer: &str,
        tenant: &str,
        now: SystemTime,
        life: Duration,
    ) -> String {
        let begin = since_epoch(now);
        let expires = begin.saturating_add(life);
        self.0
            .retain(|_, grant| grant.expires.saturating_add(REMEMBERED_AFTER_EXPIRY) > begin);
        let claims = json!({
            "iss": issuer,
            "tid": tenant,
            "jti": ids.uuid(),
            "iat": seconds(now),
            "exp": expires.as_secs(),
        });
        let token = signer.sign(&claims);
        let grant = Grant {
            tenant: tenant.to_owned(),
            expires,
        };
        self.0.insert(token.clone(), grant);
        token
    }

    /// Revokes a token: from now on it counts as never issued.
    pub(crate) fn revoke(&mut self, token: &str) {
        self.0.remove(token);
    }

    /// The tenant that `token` was issued to, if it is valid at `now`.
    pub(crate) fn tenant_of(&self, token: &str, now: SystemTime) -> Result<&str, TokenFault> {
        match self.0.get(token) {
            Some(grant) if grant.expires > since_epoch(now) => Ok(&grant.tenant),
            Some(_) => Err(TokenFault::Expired),
            None if Jws::parse(token).is_some() => Err(TokenFault::Unknown),
            None => Err(TokenFault::Malformed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    /// A token gives access to its tenant during its life, and is known as expired afterwards.
    #[test]
    fn lives_and_expires() {
        let mut tokens = AccessTokens::default();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let token = tokens.issue(
            &TokenSigner::new(Ids::new(2, 0)),
            &mut Ids::new(1, 0),
            "https://identity",
            "t",
            now,
            HOUR,
        );
        assert_eq!(tokens.tenant_of(&token, now), Ok("t"));
        let last = now + HOUR - Duration::from_millis(1);
        assert_eq!(tokens.tenant_of(&token, last), Ok("t"));
        assert_eq!(
            tokens.tenant_of(&token, now + HOUR),
            Err(TokenFault::Expired)
        );
    }

    /// A foreign token and a malformed one have different errors.
    #[test]
    fn foreign_and_broken() {
        let tokens = AccessTokens::default();
        let now = SystemTime::UNIX_EPOCH;
        assert_eq!(
            tokens.tenant_of("e30.e30.AA", now),
            Err(TokenFault::Unknown)
        );
        for broken in ["", "abc", "a b.c.d", "e30.AA"] {
            assert_eq!(
                tokens.tenant_of(broken, now),
                Err(TokenFault::Malformed),
                "{broken}"
            );
        }
    }

    /// Tokens are forgotten a day after they expire.
    #[test]
    fn forgets() {
        let mut tokens = AccessTokens::default();
        let mut ids = Ids::new(1, 0);
        let now = SystemTime::UNIX_EPOCH;
        tokens.issue(
            &TokenSigner::new(Ids::new(2, 0)),
            &mut ids,
            "i",
            "t",
            now,
            HOUR,
        );
        tokens.issue(
            &TokenSigner::new(Ids::new(2, 0)),
            &mut ids,
            "i",
            "t",
            now + 26 * HOUR,
            HOUR,
        );
        assert_eq!(tokens.0.len(), 1);
    }
}
