//! An API key together with the capabilities that it is declared with.
//!
//! Must not show the key.

use std::fmt;

use bytes::Bytes;
use http::HeaderValue;
use idcloud_model::Capabilities;
use zeroize::Zeroizing;

use crate::environment::config_error::{ConfigError, ConfigErrorKind};

/// An API key and the evidence that it is declared to provide.
///
/// Capabilities belong to the key and not to the request (IDCloud documentation, Onboarding page),
/// so a key is always declared together with its set: an answer can only be judged against what was
/// asked for.
#[derive(Clone)]
pub struct ApiKey {
    header: HeaderValue,
    capabilities: Capabilities,
}

impl ApiKey {
    /// A key and its capabilities. The key must be visible ASCII without blanks inside.
    ///
    /// White space, a byte order mark and quotes around the key are removed: files end in a line
    /// break, and `--env-file` and secret stores keep the quotes that a shell removes.
    ///
    /// Its memory is wiped when the last clone, and the last request that carries it, is dropped.
    pub fn new(secret: impl Into<String>, capabilities: Capabilities) -> Result<Self, ConfigError> {
        const REMEDY: &str = "copy the key exactly as Unico gave it";
        let secret = Bytes::from_owner(Zeroizing::new(secret.into().into_bytes()));
        if secret.is_empty() {
            return Err(ConfigError::new(
                ConfigErrorKind::Missing,
                "api_key",
                "it is empty",
                REMEDY,
            ));
        }
        let malformed =
            |rule| ConfigError::new(ConfigErrorKind::Malformed, "api_key", rule, REMEDY);
        // A slice of the secret's own memory, which is wiped as a whole.
        let key = secret.slice_ref(bare(&secret));
        if key.is_empty() {
            return Err(malformed("there is nothing between its quotes"));
        }
        if let Some(rule) = fault(&key) {
            return Err(malformed(rule));
        }
        let mut header = HeaderValue::from_maybe_shared(key)
            .map_err(|_| malformed("it cannot stand in a header"))?;
        header.set_sensitive(true);
        Ok(Self {
            header,
            capabilities,
        })
    }

    /// The same key, declared with these capabilities as well.
    #[must_use]
    pub const fn also_with(mut self, more: Capabilities) -> Self {
        self.capabilities = self.capabilities.union(more);
        self
    }

    /// The evidence that the key is declared to provide.
    #[must_use]
    pub const fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    /// Whether this is the same key, declared to provide the same.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.header == other.header && self.capabilities == other.capabilities
    }

    /// The value of the header `apikey`, marked as sensitive.
    pub(crate) fn header(&self) -> HeaderValue {
        self.header.clone()
    }
}

/// The key without what files and variables put around it.
fn bare(secret: &[u8]) -> &[u8] {
    let key = idcloud_model::without_mark(secret).trim_ascii();
    let quoted = [b'"', b'\'']
        .iter()
        .find_map(|quote| key.strip_prefix(&[*quote])?.strip_suffix(&[*quote]));
    quoted.unwrap_or(key).trim_ascii()
}

/// Why a text is no key.
fn fault(key: &[u8]) -> Option<&'static str> {
    let has = |part: &[u8]| key.windows(part.len()).any(|window| window == part);
    if key.iter().any(u8::is_ascii_whitespace) {
        Some("there is a blank or a line break inside it")
    } else if has(b"\\n") || has(b"\\r") {
        Some("a line break stands in it as the two characters \\n")
    } else if matches!(key, [b'"' | b'\'', ..] | [.., b'"' | b'\'']) {
        Some("a quote stands at one end of it")
    } else if !key.iter().all(u8::is_ascii_graphic) {
        Some("only visible ASCII characters can stand in a header")
    } else {
        None
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey")
            .field("header", &"[redacted]")
            .field("capabilities", &self.capabilities)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What files, variables and secret stores put around a key is removed; damage inside it is
    /// named.
    #[test]
    fn keys_as_people_have_them() {
        for (text, expected) in [
            ("abc-1", Ok("abc-1")),
            ("abc-1\r\n", Ok("abc-1")),
            ("\"abc-1\"", Ok("abc-1")),
            (" 'abc-1' ", Ok("abc-1")),
            ("\u{feff}abc-1", Ok("abc-1")),
            ("", Err("empty")),
            ("\"\"", Err("between its quotes")),
            ("abc 1", Err("blank")),
            ("abc\n1", Err("line break inside")),
            ("abc-1\\n", Err("two characters")),
            ("\"abc-1", Err("quote")),
            ("abc\u{a0}1", Err("visible ASCII")),
            ("abc\u{200b}", Err("visible ASCII")),
        ] {
            let made = ApiKey::new(text, Capabilities::NONE.with_liveness());
            match (made, expected) {
                (Ok(key), Ok(expected)) => assert_eq!(key.header(), expected),
                (Err(error), Err(part)) => assert!(error.rule().contains(part), "{error}"),
                (made, _) => panic!("{text:?}: {made:?}"),
            }
        }
    }
}
