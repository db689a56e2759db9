//! The languages of this project's explanations.
//!
//! Must not translate wire values: they stay as IDCloud sends them.

use core::fmt;
use core::str::FromStr;

/// A language of explanations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Language {
    /// English, `en`.
    #[default]
    English,
    /// Brazilian Portuguese, `pt`.
    Portuguese,
}

impl Language {
    /// Every language, in the order of the reference pages.
    pub const ALL: &'static [Self] = &[Self::English, Self::Portuguese];

    /// The language's two-letter tag.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Portuguese => "pt",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    /// Parses `en` or `pt`, in any case and with or without a region (`pt-BR`, `en_US`).
    fn from_str(tag: &str) -> Result<Self, Self::Err> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL
            .iter()
            .copied()
            .find(|language| primary.eq_ignore_ascii_case(language.as_str()))
            .ok_or(UnknownLanguage)
    }
}

/// A language tag that is neither `en` nor `pt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a language of the explanations: use en or pt")]
pub struct UnknownLanguage;

/// One text in every language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) en: &'static str,
    pub(crate) pt: &'static str,
}

impl Text {
    /// The text in one language.
    pub(crate) const fn in_language(&self, language: Language) -> &'static str {
        match language {
            Language::English => self.en,
            Language::Portuguese => self.pt,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_with_region_and_in_any_case() {
        assert_eq!("pt-BR".parse(), Ok(Language::Portuguese));
        assert_eq!("EN_us".parse(), Ok(Language::English));
        assert_eq!("es".parse::<Language>(), Err(UnknownLanguage));
        assert_eq!("".parse::<Language>(), Err(UnknownLanguage));
    }
}
