//! What else is said of a subject: name, e-mail, phone, gender, and the caller's own reference.
//!
//! Must never print any of it.

use std::str::FromStr;

use zeroize::Zeroizing;

use crate::personal::personal_text;

personal_text! {
    /// A person's name: something that can be seen, no control characters; surrounding space is dropped.
    PersonName
}

/// The name is empty, holds nothing that can be seen, or holds control characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name has something that can be seen and no control characters")]
pub struct PersonNameError;

impl FromStr for PersonName {
    type Err = PersonNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if !text.chars().any(is_visible) || text.chars().any(char::is_control) {
            return Err(PersonNameError);
        }
        Ok(Self(text.to_owned().into()))
    }
}

/// Whether a character leaves a trace on paper: no white space, no control, and none of Unicode's blank or zero-width ones.
///
/// Names may hold such characters, as joiners and direction marks; a name of nothing else would be sent as if it were one.
fn is_visible(c: char) -> bool {
    let blank = matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}');
    !blank && !c.is_whitespace() && !c.is_control()
}

personal_text! {
    /// An e-mail address: one `@` with something on both sides, no white space.
    ///
    /// Deliberately shallow: only delivery proves an address, and IDCloud publishes no rule.
    Email
}

/// The text has no single `@` with something on both sides, or has white space.
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
        if !shaped || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(EmailError);
        }
        Ok(Self(text.to_owned().into()))
    }
}

personal_text! {
    /// A phone number with country code: 12 or 13 digits, such as `551130000000` or `5511900000000`.
    ///
    /// E.164 (`+5511900000000`) and the usual spaces, hyphens and brackets are accepted and dropped, because the
    /// documents show digits alone (parameter specification) and E.164 (newest reference) for the same member.
    ///
    /// ```
    /// use idcloud_model::Phone;
    ///
    /// let phone: Phone = "+55 (11) 90000-0000".parse()?;
    /// assert_eq!(phone.expose(), "5511900000000");
    /// # Ok::<(), idcloud_model::PhoneError>(())
    /// ```
    Phone
}

/// The text is not 12 or 13 digits with country code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a phone number has 12 or 13 digits with its country code")]
pub struct PhoneError;

impl FromStr for Phone {
    type Err = PhoneError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        // Reserved at once: a buffer that grows leaves digits behind where nobody wipes them.
        let mut digits = Zeroizing::new(String::with_capacity(text.len()));
        digits.extend(
            text.strip_prefix('+')
                .unwrap_or(text)
                .chars()
                .filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.')),
        );
        if !matches!(digits.len(), 12 | 13) || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(PhoneError);
        }
        Ok(Self(digits))
    }
}

personal_text! {
    /// The caller's own id of a person, `subject.clientReference`: 1 to 256 characters, no white space.
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
            || length > crate::limits::MAX_CLIENT_REFERENCE_CHARS
            || text.chars().any(|c| c.is_whitespace() || c.is_control())
        {
            return Err(ClientReferenceError);
        }
        Ok(Self(text.to_owned().into()))
    }
}

personal_text! {
    /// `M` or `F`, the two values that IDCloud takes.
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
            ("11974749090", None),
            ("55119747490901", None),
            ("5511974x49090", None),
            ("", None),
        ] {
            let parsed = text.parse::<Phone>();
            assert_eq!(parsed.as_ref().ok().map(Phone::expose), expected, "{text}");
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
