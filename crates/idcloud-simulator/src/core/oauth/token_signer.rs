//! Signs access tokens, so that a reader of the key set can verify them.
//!
//! Must not share a key between seeds, nor authorize by signature: the simulator looks tokens up.

use aws_lc_rs::digest;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::core::wire::ids::Ids;
use crate::encoding::jws;

/// The key of one simulator, derived from its seed. Ed25519, because an RSA key cannot be derived
/// from a seed.
pub(crate) struct TokenSigner {
    key: Option<Ed25519KeyPair>,
    public_key: Vec<u8>,
    key_id: String,
}

impl TokenSigner {
    /// The key drawn from `ids`.
    pub(crate) fn new(mut ids: Ids) -> Self {
        // Any 32 bytes are a valid key. Without a key the key set would be empty and tokens would
        // have no signature.
        let key = Ed25519KeyPair::from_seed_unchecked(&ids.bytes()).ok();
        let public_key = key
            .as_ref()
            .map_or_else(Vec::new, |key| key.public_key().as_ref().to_vec());
        let digest = digest::digest(&digest::SHA256, &public_key);
        Self {
            key,
            public_key,
            key_id: URL_SAFE_NO_PAD.encode(digest),
        }
    }

    /// A JWT with `claims`.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        let header = json!({ "alg": "EdDSA", "kid": self.key_id, "typ": "JWT" });
        jws::write(&header.to_string(), &claims.to_string(), |signed| {
            self.key.as_ref().map_or_else(Vec::new, |key| {
                key.sign(signed.as_bytes()).as_ref().to_vec()
            })
        })
    }

    /// The JSON Web Key Set.
    pub(crate) fn key_set(&self) -> Value {
        let key = self.key.as_ref().map(|_| {
            json!({
                "kty": "OKP",
                "crv": "Ed25519",
                "alg": "EdDSA",
                "use": "sig",
                "kid": self.key_id,
                "x": URL_SAFE_NO_PAD.encode(&self.public_key),
            })
        });
        json!({ "keys": Vec::from_iter(key) })
    }
}

/// The discovery document, in which a library finds the token endpoint at `identity_url`.
pub(crate) fn discovery(identity_url: &str) -> Value {
    json!({
        "issuer": identity_url,
        "token_endpoint": format!("{identity_url}/oauth2/token"),
        "jwks_uri": format!("{identity_url}/.well-known/jwks.json"),
        "grant_types_supported": ["urn:ietf:params:oauth:grant-type:jwt-bearer"],
        "token_endpoint_auth_methods_supported": ["none"],
        "response_types_supported": [],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA"],
        "scopes_supported": ["*"],
    })
}
