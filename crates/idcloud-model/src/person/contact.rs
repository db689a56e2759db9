//! Other data of a subject: name, e-mail, phone, gender, and the caller's own reference.
//!
//! Must not print any of it.

use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::person::personal::{Text, personal_text, redacted, stored_as_text};
use crate::person::typed_marks::{decimal, is_between_digits};
use crate::unseen::is_unseen;

/// A person's name: visible characters, no control characters.
///
/// Surrounding white space is dropped, and a run of blanks inside becomes one: the first generation
/// of the API refuses two ("cannot contain two spaces between the names", page of `post-process`),
/// and no later page withdraws that.
#[derive(Clone)]
pub struct PersonName {
    /// The name that is sent.
    text: Zeroizing<String>,
    /// The name that was given, if it differs.
    given: Option<Zeroizing<String>>,
}

impl PersonName {
    /// The name as it is sent. Personal data: never log it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The name as it was given, without the space around it. Personal data: never log it.
    #[must_use]
    pub fn as_given(&self) -> &str {
        self.given.as_ref().unwrap_or(&self.text)
    }
}

/// Two names are equal if the same text is sent for them.
impl PartialEq for PersonName {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for PersonName {}

redacted!(PersonName);
stored_as_text!(PersonName);

/// The name is empty, holds nothing visible, or holds control characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name has something that can be seen and no control characters")]
pub struct PersonNameError;

impl FromStr for PersonName {
    type Err = PersonNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if !text.chars().any(|c| !c.is_whitespace() && !is_unseen(c))
            || text.chars().any(char::is_control)
        {
            return Err(PersonNameError);
        }
        let given = || Zeroizing::new(text.to_owned());
        if !has_run_of_blanks(text) {
            return Ok(Self {
                text: given(),
                given: None,
            });
        }
        // Allocated at once: a buffer that grows leaves unwiped pieces of the name behind.
        let mut single = Zeroizing::new(String::with_capacity(text.len()));
        for word in text.split_whitespace() {
            if !single.is_empty() {
                single.push(' ');
            }
            single.push_str(word);
        }
        Ok(Self {
            text: single,
            given: Some(given()),
        })
    }
}

fn has_run_of_blanks(text: &str) -> bool {
    let mut before = false;
    text.chars().any(|c| {
        let is_run = before && c.is_whitespace();
        before = c.is_whitespace();
        is_run
    })
}

personal_text! {
    /// An e-mail address: one `@` with text on both sides, no white space.
    ///
    /// Deliberately shallow: only delivery proves an address, and IDCloud publishes no rule.
    Email
}

/// The text has no single `@` with text on both sides, or has white space or invisible characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an e-mail address has one @ with something on both sides and no white space")]
pub struct EmailError;

impl FromStr for Email {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let shaped = text.split_once('@').is_some_and(|(local, host)| {
            !local.is_empty() && !host.is_empty() && !host.contains('@')
        });
        let is_no_part = |c: char| c.is_whitespace() || c.is_control() || is_unseen(c);
        if !shaped || text.chars().any(is_no_part) {
            return Err(EmailError);
        }
        Ok(Self(text.to_owned().into()))
    }
}

/// A phone number with its country code, in digits: `5511900000000`, `14155552671`.
///
/// With `+` it is kept as it is (E.164: at most 15 digits); `(0)`, which is dialled only within the
/// country, is refused. Without `+` it is a Brazilian number: an area code in use and eight digits,
/// or nine that begin with 9 as mobile numbers do. `55` is added if it is missing. Digits of all
/// scripts are accepted. Blanks, hyphens, dots and brackets are dropped, because the documents show
/// digits alone (parameter specification) and E.164 (newest reference) for the same member.
///
/// ```
/// use idcloud_model::Phone;
///
/// for text in ["+55 (11) 90000-0000", "(11) 90000-0000", "11900000000"] {
///     let phone: Phone = text.parse()?;
///     assert_eq!(phone.expose(), "5511900000000");
/// }
/// assert_eq!("+1 415 555 2671".parse::<Phone>()?.expose(), "14155552671");
/// # Ok::<(), idcloud_model::PhoneError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Phone(Zeroizing<String>);

impl Phone {
    /// The digits. Personal data: never log them.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

redacted!(Phone);

/// With a `+`: without it, the digits of another country's number would not parse back.
impl Serialize for Phone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("+{}", self.expose()))
    }
}

impl<'de> Deserialize<'de> for Phone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Text(text) = Deserialize::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// The text is neither a number with its country code nor a Brazilian one with its area code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a phone number begins with + and its country code, or with a Brazilian area code")]
pub struct PhoneError;

/// The area codes in use (ANATEL).
const AREA_CODES: [&str; 67] = [
    "11", "12", "13", "14", "15", "16", "17", "18", "19", "21", "22", "24", "27", "28", "31", "32",
    "33", "34", "35", "37", "38", "41", "42", "43", "44", "45", "46", "47", "48", "49", "51", "53",
    "54", "55", "61", "62", "63", "64", "65", "66", "67", "68", "69", "71", "73", "74", "75", "77",
    "79", "81", "82", "83", "84", "85", "86", "87", "88", "89", "91", "92", "93", "94", "95", "96",
    "97", "98", "99",
];

const BRAZIL: &str = "55";

impl FromStr for Phone {
    type Err = PhoneError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let is_mark = |c: char| matches!(c, '(' | ')') || is_between_digits(c);
        let marked = text.trim_start_matches(is_mark);
        let international = marked.strip_prefix('+');
        // Allocated at once: a buffer that grows leaves digits in memory that nothing wipes.
        let mut number = Zeroizing::new(String::with_capacity(text.len() + BRAZIL.len()));
        for c in international
            .unwrap_or(marked)
            .chars()
            .filter(|c| !is_mark(*c))
        {
            number.push(char::from(b'0' + decimal(c).ok_or(PhoneError)?));
        }
        if international.is_none() && is_brazilian(&number) {
            number.insert_str(0, BRAZIL);
        }
        let is_valid = match (international, number.strip_prefix(BRAZIL)) {
            (Some(_), Some(home)) => matches!(home.len(), 10 | 11),
            (Some(_), None) => (7..=15).contains(&number.len()) && !number.starts_with('0'),
            (None, home) => home.is_some_and(is_brazilian),
        };
        if is_valid && !has_bracketed_zero(marked) {
            Ok(Self(number))
        } else {
            Err(PhoneError)
        }
    }
}

/// Whether these ten or eleven digits are an area code and a number.
fn is_brazilian(digits: &str) -> bool {
    let area = digits.get(..2).unwrap_or_default();
    let is_mobile = digits.get(2..3) == Some("9");
    AREA_CODES.contains(&area) && (digits.len() == 10 || digits.len() == 11 && is_mobile)
}

/// Whether a zero stands alone in brackets: it is dialled only within the country.
fn has_bracketed_zero(text: &str) -> bool {
    text.split('(').skip(1).any(|behind| {
        let inner = behind.split(')').next().unwrap_or_default();
        let mut digits = inner.chars().filter(|c| !is_between_digits(*c));
        digits.next().and_then(decimal) == Some(0) && digits.next().is_none()
    })
}

personal_text! {
    /// The caller's own id of a person, `subject.clientReference`: 1 to 256 characters, no white
    /// space.
    ClientReference
}

/// The reference is empty, longer than 256 characters, or has white space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a client reference has 1 to 256 characters and no white space")]
pub struct ClientReferenceError;

impl FromStr for ClientReference {
    type Err = ClientReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let length = text.chars().count();
        if length == 0
            || length > crate::catalogue::limits::MAX_CLIENT_REFERENCE_CHARS
            || text.chars().any(|c| c.is_whitespace() || c.is_control())
        {
            return Err(ClientReferenceError);
        }
        Ok(Self(text.to_owned().into()))
    }
}

personal_text! {
    /// `M` or `F`, the two values that IDCloud accepts.
    Gender
}

/// The text is neither `M` nor `F`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a gender is M or F")]
pub struct GenderError;

impl FromStr for Gender {
    type Err = GenderError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim() {
            "M" | "m" => Ok(Self("M".to_owned().into())),
            "F" | "f" => Ok(Self("F".to_owned().into())),
            _ => Err(GenderError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones() {
        for (text, expected) in [
            ("551972557070", Some("551972557070")),
            ("+5511974749090", Some("5511974749090")),
            ("55 11 97474-9090", Some("5511974749090")),
            ("11974749090", Some("5511974749090")),
            ("(11) 97474-9090", Some("5511974749090")),
            ("(11) 3474-9090", Some("551134749090")),
            ("1134749090", Some("551134749090")),
            ("+55\u{a0}11\u{a0}97474\u{2011}9090", Some("5511974749090")),
            ("(+55) 11 97474.9090", Some("5511974749090")),
            ("+1 415 555 2671", Some("14155552671")),
            ("+34 612 345 678", Some("34612345678")),
            ("+598 94 123 456", Some("59894123456")),
            ("+52 55 1234 5678", Some("525512345678")),
            ("+44 20 7946 0000", Some("442079460000")),
            ("+39 (06) 1234 5678", Some("390612345678")),
            ("+55 (11) 97474-9090", Some("5511974749090")),
            ("１１９７４７４－９０９０", Some("5511974749090")),
            ("+290 23456", Some("29023456")),
            ("+123456789012345", Some("123456789012345")),
            // An unused area code, no mobile number, trunk and exit zeros, too short and too long.
            ("(20) 97474-9090", None),
            ("(10) 3474-9090", None),
            ("(11) 87474-9090", None),
            ("14155552671", None),
            // Twelve or thirteen digits of another country need their +, and a zero that is dialled
            // only within the country is no digit from abroad.
            ("52 55 1234 5678", None),
            ("442079460000", None),
            ("55 20 97474-9090", None),
            ("55 11 87474-9090", None),
            ("+44 (0)20 7946 0000", None),
            ("+44 ( 0 ) 20 7946 0000", None),
            ("+49(0)30 123456", None),
            ("+55 (0) 11 97474-9090", None),
            ("+55 (0) 11 97474-909", None),
            ("0 11 97474-9090", None),
            ("011974749090", None),
            ("0055119747490", None),
            ("974749090", None),
            ("97474-9090", None),
            ("+055119747490", None),
            ("+55 11 7474-909", None),
            ("+12345", None),
            ("+1234567890123456", None),
            ("++5511974749090", None),
            ("5511+974749090", None),
            ("55119747490901", None),
            ("+55 11 97474-9090 r. 12", None),
            ("+55 11 97474\u{200b}9090", None),
            ("5511974x49090", None),
            ("", None),
        ] {
            let parsed = text.parse::<Phone>();
            assert_eq!(parsed.as_ref().ok().map(Phone::expose), expected, "{text}");
            // A stored number parses back, whatever its country.
            if let Ok(phone) = parsed {
                let stored = serde_json::to_string(&phone).unwrap();
                assert_eq!(
                    serde_json::from_str::<Phone>(&stored).unwrap(),
                    phone,
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn others() {
        assert!("  ".parse::<PersonName>().is_err());
        assert!("A\nB".parse::<PersonName>().is_err());
        for invisible in [
            "\u{200b}",
            "\u{feff}\u{200d}",
            "\u{a0}\u{2060}",
            "\u{ad} \u{3164}",
        ] {
            assert!(invisible.parse::<PersonName>().is_err(), "{invisible:?}");
        }
        assert!("\u{200e}A\u{200b}".parse::<PersonName>().is_ok());
        assert_eq!(" Ana ".parse::<PersonName>().unwrap().expose(), "Ana");
        for (given, sent) in [
            ("Ana  Maria", "Ana Maria"),
            (" Ana \u{a0} Maria   Silva ", "Ana Maria Silva"),
            ("Ana Maria", "Ana Maria"),
            ("Ana\u{a0}Maria", "Ana\u{a0}Maria"),
        ] {
            let name: PersonName = given.parse().unwrap();
            assert_eq!((name.expose(), name.as_given()), (sent, given.trim()));
            assert_eq!(name, sent.parse().unwrap());
            assert_eq!(serde_json::to_value(&name).unwrap(), sent);
            assert!(!format!("{name:?}{name}").contains("Ana"));
        }
        for bad in ["", "a", "@b", "a@", "a@b@c", "a b@c"] {
            assert!(bad.parse::<Email>().is_err(), "{bad}");
        }
        assert!("a@b".parse::<Email>().is_ok());
        assert!("x".repeat(256).parse::<ClientReference>().is_ok());
        assert!("x".repeat(257).parse::<ClientReference>().is_err());
        assert!("a b".parse::<ClientReference>().is_err());
        assert_eq!("f".parse::<Gender>().unwrap().expose(), "F");
        assert!("X".parse::<Gender>().is_err());
    }
}
