//! IDCloud's error codes, and the catalogue of their meanings, causes and remedies.
//!
//! Must not match a code by its message: messages come in two languages and change without notice.

use core::fmt;
use core::ops::RangeInclusive;
use std::borrow::Cow;

use crate::catalogue::generated::error_codes::ERROR_CODES;
use crate::catalogue::language::{Language, Text};

/// An error code as IDCloud sent it, known to the catalogue or not.
///
/// Codes of the API have five digits (`20507`); codes of the identity server are three numbers with
/// dots between them (`1.2.7`). Anything else is not a code: gateways put numbers of their own
/// (`403`, `1020`) in the same place, and this type must carry no other text of an answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErrorCode(Cow<'static, str>);

impl ErrorCode {
    /// The longest text, in bytes, that is taken for a code.
    pub const MAX_LEN: usize = 8;

    /// Parses a code; spaces around it are ignored. `None` if the text cannot be a code.
    ///
    /// A code of the catalogue is accepted, and so is any text of the same form: five digits, or
    /// three numbers of one or two digits with dots between them. The catalogue has one code of
    /// three digits, 510.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(entry) = CatalogueEntry::find(text) {
            return Some(Self::known(entry.code));
        }
        has_form(text).then(|| Self(Cow::Owned(text.to_owned())))
    }

    /// A code of the catalogue.
    pub(crate) const fn known(code: &'static str) -> Self {
        Self(Cow::Borrowed(code))
    }

    /// The code's text, as on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its catalogue entry; `None` for a code that this version does not know.
    #[must_use]
    pub fn entry(&self) -> Option<&'static CatalogueEntry> {
        CatalogueEntry::find(&self.0)
    }
}

/// Whether a text has the form of published codes.
fn has_form(text: &str) -> bool {
    let mut parts = text.split('.');
    let number = |part: &str, digits: RangeInclusive<usize>| {
        digits.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(code), None, None, None) => number(code, 5..=5),
        (Some(one), Some(two), Some(three), None) => {
            [one, two, three].iter().all(|part| number(part, 1..=2))
        }
        _ => false,
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The catalogue's entry of one error code.
///
/// The message is IDCloud's own; meaning, cause and remedy are this project's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CatalogueEntry {
    pub(crate) code: &'static str,
    pub(crate) http_status: &'static [u16],
    pub(crate) endpoints: &'static [Endpoint],
    pub(crate) messages: &'static [&'static str],
    pub(crate) meaning: Text,
    pub(crate) cause: Text,
    pub(crate) remedy: Text,
    pub(crate) retry: RetryClass,
    pub(crate) actor: Actor,
    pub(crate) source: &'static str,
}

impl CatalogueEntry {
    /// Every documented code, sorted by its text.
    #[must_use]
    pub fn all() -> &'static [Self] {
        ERROR_CODES
    }

    fn find(code: &str) -> Option<&'static Self> {
        let index = ERROR_CODES
            .binary_search_by(|entry| entry.code.cmp(code))
            .ok()?;
        ERROR_CODES.get(index)
    }

    /// The code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        ErrorCode::known(self.code)
    }

    /// The HTTP statuses that it is documented with, the usual one first; empty if none is
    /// published.
    #[must_use]
    pub const fn http_status(&self) -> &'static [u16] {
        self.http_status
    }

    /// The endpoints that answer it.
    #[must_use]
    pub const fn endpoints(&self) -> &'static [Endpoint] {
        self.endpoints
    }

    /// The usual message, verbatim; `None` if none is published.
    #[must_use]
    pub fn message(&self) -> Option<&'static str> {
        self.messages.first().copied()
    }

    /// Every published message, verbatim, the usual one first.
    #[must_use]
    pub const fn messages(&self) -> &'static [&'static str] {
        self.messages
    }

    /// What the code means.
    #[must_use]
    pub const fn meaning(&self, language: Language) -> &'static str {
        self.meaning.in_language(language)
    }

    /// What causes it.
    #[must_use]
    pub const fn cause(&self, language: Language) -> &'static str {
        self.cause.in_language(language)
    }

    /// What to do.
    #[must_use]
    pub const fn remedy(&self, language: Language) -> &'static str {
        self.remedy.in_language(language)
    }

    /// What may be repeated.
    #[must_use]
    pub const fn retry(&self) -> RetryClass {
        self.retry
    }

    /// Who must act.
    #[must_use]
    pub const fn actor(&self) -> Actor {
        self.actor
    }

    /// The page that publishes the code, in words.
    #[must_use]
    pub const fn source(&self) -> &'static str {
        self.source
    }
}

/// An operation of the API, as far as the catalogue distinguishes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// The identity server's token endpoint.
    Token,
    /// Creating a process of any kind.
    CreateProcess,
    /// Reading a process.
    Process,
    /// Reading a process with the person's data (v2).
    ProcessDetails,
    /// Looking up documents that can be reused.
    ReusableDocuments,
}

impl Endpoint {
    /// Every endpoint.
    pub const ALL: &'static [Self] = &[
        Self::Token,
        Self::CreateProcess,
        Self::Process,
        Self::ProcessDetails,
        Self::ReusableDocuments,
    ];

    /// The endpoint's name in kebab case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::CreateProcess => "create-process",
            Self::Process => "process",
            Self::ProcessDetails => "process-details",
            Self::ReusableDocuments => "reusable-documents",
        }
    }

    /// Method and path, with `{…}` for what varies.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Token => "POST /oauth2/token",
            Self::CreateProcess => "POST /processes/v1",
            Self::Process => "GET /processes/v1/{processId}",
            Self::ProcessDetails => "GET /processes/v2/{processId}",
            Self::ReusableDocuments => "GET /documents/v1",
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What may be repeated after a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RetryClass {
    /// The same request would be refused again: something must be changed first.
    Never,
    /// One more assertion, newly signed.
    NewAssertion,
    /// Once more with a new access token.
    FreshToken,
    /// Only with a new capture, which makes a new billable process.
    NewCapture,
    /// The same lookup may succeed a little later.
    Later,
    /// Lookups and token requests may be repeated; a create may have run, so it may not.
    ReadsOnly,
}

impl RetryClass {
    /// The class's name in kebab case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::NewAssertion => "new-assertion",
            Self::FreshToken => "fresh-token",
            Self::NewCapture => "new-capture",
            Self::Later => "later",
            Self::ReadsOnly => "reads-only",
        }
    }
}

impl fmt::Display for RetryClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who must act after a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Actor {
    /// The author of the calling program.
    Developer,
    /// The person in charge of credentials, keys, clocks and networks.
    Operator,
    /// The person who is being verified.
    Person,
    /// Unico's project manager or support.
    Unico,
    /// No person: this client does what is needed.
    Nobody,
}

impl Actor {
    /// The actor's name in kebab case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Developer => "developer",
            Self::Operator => "operator",
            Self::Person => "person",
            Self::Unico => "unico",
            Self::Nobody => "nobody",
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_a_published_form_and_nothing_else_travels_as_a_code() {
        let published = CatalogueEntry::all().iter().map(|entry| entry.code);
        for code in published.chain(["20999", "1.9.30", " 99999 "]) {
            let parsed = ErrorCode::parse(code).unwrap_or_else(|| panic!("{code}"));
            assert_eq!(parsed.as_str(), code.trim());
            assert!(parsed.as_str().len() <= ErrorCode::MAX_LEN, "{code}");
        }
        for text in [
            "",
            ".",
            "0",
            "3",
            "16",
            "403",
            "511",
            "0000",
            "1020",
            "-1020",
            "123456",
            "0x4e21",
            "ACCESS_DENIED",
            "E10201",
            "1.",
            "1.2",
            "1..2",
            "-1",
            "20507x",
            "O CPF",
            "1234567",
            "11144477735",
            "111.444.777",
            "1.2.333",
            "1.2.3.4.5",
            "2 0507",
        ] {
            assert_eq!(ErrorCode::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_catalogue_is_sorted_so_that_every_code_is_found() {
        assert!(ERROR_CODES.is_sorted_by(|one, other| one.code < other.code));
        for entry in CatalogueEntry::all() {
            assert_eq!(entry.code().entry(), Some(entry));
        }
    }

    /// Every code on the published pages has its texts, in both languages.
    #[test]
    fn every_documented_code_is_explained() {
        let onboarding = [
            "20900", "20807", "20507", "20506", "20505", "20009", "20006", "20005", "20004",
            "20003", "20002", "20001", "10508", "10507", "10506", "30017", "10502", "10501",
            "10201", "99999", "20023", "50001",
        ];
        let first_generation = ["40004", "510", "10700", "20502", "20503"];
        let identity = [
            "1.0.1", "1.0.14", "1.1.1", "1.2.4", "1.2.5", "1.2.6", "1.2.7", "1.2.11", "1.2.14",
            "1.2.18", "1.2.19", "1.2.20", "1.2.21", "1.2.22", "1.3.1", "1.3.2",
        ];
        let all = onboarding.iter().chain(&first_generation).chain(&identity);
        for code in all.clone() {
            let entry = ErrorCode::parse(code)
                .unwrap()
                .entry()
                .unwrap_or_else(|| panic!("{code} is missing"));
            for language in Language::ALL.iter().copied() {
                for text in [
                    entry.meaning(language),
                    entry.cause(language),
                    entry.remedy(language),
                ] {
                    assert!(
                        text.ends_with('.') && text.len() > 5,
                        "{code} {language}: {text}"
                    );
                }
            }
            assert!(
                !entry.endpoints().is_empty() && !entry.source().is_empty(),
                "{code}"
            );
        }
        assert_eq!(CatalogueEntry::all().len(), all.count());
    }

    /// Never pay twice: no text of a code that leaves a create ambiguous may suggest sending it
    /// again.
    #[test]
    fn server_failures_of_a_create_are_never_repeatable() {
        for entry in CatalogueEntry::all() {
            let server = entry.http_status().iter().any(|status| *status >= 500);
            if server && entry.retry() != RetryClass::FreshToken {
                assert_eq!(entry.retry(), RetryClass::ReadsOnly, "{}", entry.code());
            }
        }
    }
}
