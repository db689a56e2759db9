//! Compact JWS: three base64url parts between dots, the form of assertions, access tokens and
//! captures.
//!
//! Must not verify a signature; it returns the signed text and the signature.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// A parsed compact JWS.
pub(crate) struct Jws<'a> {
    /// Its header, always a JSON object.
    pub(crate) header: Map<String, Value>,
    /// Its claims; a payload that is not a JSON object does not parse.
    pub(crate) claims: Map<String, Value>,
    /// The text that was signed: header, dot, payload.
    pub(crate) signed: &'a str,
    /// The signature's bytes.
    pub(crate) signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    /// Parses `text`; `None` unless it is three base64url parts of which the first two are JSON
    /// objects.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        Some(Self {
            header: object(header)?,
            claims: object(claims)?,
            signed,
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
        })
    }

    /// Whether the header is exactly `{"alg": algorithm, "typ": "JWT"}`.
    pub(crate) fn is_jwt_with(&self, algorithm: &str) -> bool {
        self.header.len() == 2
            && self.header.get("alg").and_then(Value::as_str) == Some(algorithm)
            && self.header.get("typ").and_then(Value::as_str) == Some("JWT")
    }
}

/// Writes a compact JWS. Header and claims are JSON texts; `sign` gets the text to sign.
pub(crate) fn write(header: &str, claims: &str, sign: impl FnOnce(&str) -> Vec<u8>) -> String {
    let mut text = URL_SAFE_NO_PAD.encode(header);
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(claims, &mut text);
    let signature = sign(&text);
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut text);
    text
}

fn object(part: &str) -> Option<Map<String, Value>> {
    let json = URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A written JWS can be parsed again.
    #[test]
    fn round_trip() {
        let text = write(r#"{"alg":"RS256","typ":"JWT"}"#, r#"{"iat":1}"#, |signed| {
            signed.as_bytes().iter().rev().copied().collect()
        });
        let jws = Jws::parse(&text).unwrap();
        assert!(jws.is_jwt_with("RS256") && !jws.is_jwt_with("none"));
        assert_eq!(jws.claims.get("iat"), Some(&Value::from(1)));
        assert!(text.starts_with(jws.signed));
        assert_eq!(jws.signature.len(), jws.signed.len());
    }

    /// Any text that is not three such parts is refused.
    #[test]
    fn refuses_other_texts() {
        for text in [
            "",
            ".",
            "..",
            "a.b.c",
            "e30.e30",
            "e30.e30.e30.e30",
            "e30.W10.AA",
            "e30=.e30.AA",
        ] {
            assert!(Jws::parse(text).is_none(), "{text}");
        }
    }
}
