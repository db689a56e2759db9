//! The documents as checks: one table for each part of them.
//!
//! Must not require more than a page says: if pages differ, every published answer is accepted.

mod answers;
mod creates;
mod documents;
mod headers;
mod lookups;
mod token;

use idcloud_model::Capability::{
    BehaviorAlert, Document, FaceMatch, Identity, Liveness, RiskScore, Serpro, TrustDecision,
};

use super::check::{Check, Exchange, KeyNeed};

/// Every check in the order of execution: checks that disturb others come last.
pub(super) fn checks() -> impl Iterator<Item = &'static Check> {
    [
        token::CHECKS,
        headers::CHECKS,
        creates::CHECKS,
        answers::CHECKS,
        lookups::CHECKS,
        documents::CHECKS,
        headers::DISTURBING,
        token::DISTURBING,
    ]
    .into_iter()
    .flatten()
}

const ANY: KeyNeed = KeyNeed {
    has: &[],
    lacks: &[],
    captures_only: None,
};

/// Verifies people by plain pictures, without face match.
const PERSON: KeyNeed = KeyNeed {
    has: &[Identity],
    lacks: &[FaceMatch],
    captures_only: Some(false),
};

const SCORE: KeyNeed = KeyNeed {
    has: &[Identity, RiskScore],
    ..PERSON
};

const ALERT: KeyNeed = KeyNeed {
    has: &[Identity, BehaviorAlert],
    ..PERSON
};

const NO_ALERT: KeyNeed = KeyNeed {
    lacks: &[FaceMatch, BehaviorAlert],
    ..PERSON
};

const SERPRO: KeyNeed = KeyNeed {
    has: &[Identity, Serpro],
    ..PERSON
};

const UNCHECKED: KeyNeed = KeyNeed {
    lacks: &[FaceMatch, Liveness],
    ..PERSON
};

const TRUST: KeyNeed = KeyNeed {
    has: &[Identity, TrustDecision],
    ..PERSON
};

/// Accepts captures; other kinds do not matter.
const CAPTURES: KeyNeed = KeyNeed {
    has: &[Identity, Liveness],
    lacks: &[FaceMatch],
    captures_only: None,
};

const CAPTURES_ONLY: KeyNeed = KeyNeed {
    has: &[Identity],
    lacks: &[FaceMatch],
    captures_only: Some(true),
};

const LIVENESS_ALONE: KeyNeed = KeyNeed {
    has: &[Liveness],
    lacks: &[Identity, BehaviorAlert, FaceMatch, Document, TrustDecision],
    captures_only: None,
};

const COMPARISON: KeyNeed = KeyNeed {
    has: &[FaceMatch],
    lacks: &[Identity, Liveness, BehaviorAlert, TrustDecision],
    captures_only: Some(false),
};

const LIVE_COMPARISON: KeyNeed = KeyNeed {
    has: &[FaceMatch, Liveness],
    lacks: &[Identity, BehaviorAlert, TrustDecision],
    captures_only: Some(false),
};

const PAPERS: KeyNeed = KeyNeed {
    has: &[Document],
    lacks: &[],
    captures_only: None,
};

const NO_PAPERS: KeyNeed = KeyNeed {
    has: &[],
    lacks: &[Document],
    captures_only: None,
};

/// A create about `$code`, with the picture `$image`.
macro_rules! person {
    ($code:literal) => {
        person!($code, "$IMAGE")
    };
    ($code:literal, $image:literal) => {
        concat!(
            r#"{"subject":{"code":""#,
            $code,
            r#"","name":"Test Subject"},"imageBase64":""#,
            $image,
            r#""}"#
        )
    };
}
use person;

/// A valid exchange.
pub(super) const GOOD_EXCHANGE: Exchange = token::GOOD;

/// The check that all others depend on.
pub(super) const GRANTED: &str = "token/granted";

/// A valid create with a plain picture, for every key that accepts one: it has a name and a
/// reference.
pub(super) const PLAIN: &str = r#"{"subject":{"code":"52998224725","name":"Test Subject"},"imageBase64":"$IMAGE","references":[{"referenceType":"REFERENCE_TYPE_IMAGE_BASE64","referenceContent":"$IMAGE"}]}"#;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Ids are distinct plain words, prefixed by their part; every check names its page and has a
    /// step.
    #[test]
    fn the_table_is_sound() {
        let mut seen = HashSet::new();
        for check in checks() {
            assert!(seen.insert(check.id), "{} stands twice", check.id);
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-./".contains(c);
            assert!(check.id.contains('/') && check.id.chars().all(plain));
            assert!(
                !check.steps.is_empty() && !check.page.is_empty(),
                "{}",
                check.id
            );
            assert!(!check.rule.ends_with('.'), "{}", check.id);
            assert!(check.keys.len() <= 2, "{}", check.id);
        }
        assert!(seen.len() > 80, "{}", seen.len());
    }
}
