//! A person's code for fraud risk classification only.
//!
//! Must not be convertible into a CPF or CURP, nor print itself.

use std::str::FromStr;

use crate::person::personal::personal_text;
use crate::unseen::is_unseen;

/// The longest code that the newest contract accepts elsewhere (`duiValue`).
const MOST_CHARS: usize = 320;

personal_text! {
    /// An e-mail address, a telephone number or the number of another document: the forms of
    /// `subject.code` for fraud risk classification only ("government ID, email, phone number,
    /// etc.", page of that capability).
    ///
    /// A CPF or CURP is a [`SubjectCode`](crate::SubjectCode): this type does not convert into one.
    ///
    /// ```
    /// use idcloud_model::RiskCode;
    ///
    /// let code: RiskCode = "person@mail.example".parse()?;
    /// assert_eq!(format!("{code:?} {code}"), "RiskCode(redacted) [redacted]");
    /// # Ok::<(), idcloud_model::RiskCodeError>(())
    /// ```
    ///
    /// ```compile_fail
    /// fn subject(code: idcloud_model::RiskCode) -> idcloud_model::Subject {
    ///     idcloud_model::Subject::new(code)
    /// }
    /// ```
    RiskCode
}

/// The text is empty, longer than 320 characters, or has white space or invisible characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a code for fraud risk classification has 1 to 320 characters, all of them visible")]
pub struct RiskCodeError;

impl FromStr for RiskCode {
    type Err = RiskCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let is_code = (1..=MOST_CHARS).contains(&text.chars().count())
            && !text
                .chars()
                .any(|c| c.is_whitespace() || c.is_control() || is_unseen(c));
        if is_code {
            Ok(Self(text.to_owned().into()))
        } else {
            Err(RiskCodeError)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        for (text, is_code) in [
            ("person@mail.example", true),
            (" +5511900000000 ", true),
            ("AB-123456", true),
            ("", false),
            (" ", false),
            ("two words", false),
            ("a\u{200b}b", false),
            ("a\nb", false),
        ] {
            assert_eq!(text.parse::<RiskCode>().is_ok(), is_code, "{text:?}");
        }
        assert!("x".repeat(320).parse::<RiskCode>().is_ok());
        assert!("x".repeat(321).parse::<RiskCode>().is_err());
    }
}
