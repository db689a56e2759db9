//! A birth date in IDCloud's format: `yyyy-MM-dd`.
//!
//! Must not accept a day that the calendar does not have.

use std::str::FromStr;

use crate::person::personal::personal_text;

personal_text! {
    /// A day that exists, as `yyyy-MM-dd` (ISO 8601; the Onboarding page's form of
    /// `subject.birthDate`).
    ///
    /// ```
    /// use idcloud_model::BirthDate;
    ///
    /// assert!("1990-02-28".parse::<BirthDate>().is_ok());
    /// assert!("1990-02-29".parse::<BirthDate>().is_err());
    /// ```
    BirthDate
}

/// The text is not an existing day as `yyyy-MM-dd`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a birth date is an existing day as yyyy-MM-dd")]
pub struct BirthDateError;

impl FromStr for BirthDate {
    type Err = BirthDateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let mut parts = text.split('-');
        let mut number = |width: usize| {
            parts
                .next()
                .filter(|part| part.len() == width && part.bytes().all(|b| b.is_ascii_digit()))
                .and_then(|part| part.parse::<u16>().ok())
                .ok_or(BirthDateError)
        };
        let (year, month, day) = (number(4)?, number(2)?, number(2)?);
        let small = |value: u16| u8::try_from(value).map_err(|_| BirthDateError);
        if parts.next().is_some() || !exists(year, small(month)?, small(day)?) {
            return Err(BirthDateError);
        }
        Ok(Self(text.to_owned().into()))
    }
}

/// Whether the Gregorian calendar has this day.
pub(crate) fn exists(year: u16, month: u8, day: u8) -> bool {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let last = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return false,
    };
    (1..=last).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days() {
        for (text, valid) in [
            ("2000-02-29", true),
            ("1900-02-29", false),
            ("1999-12-31", true),
            ("1999-13-01", false),
            ("1999-04-31", false),
            ("1999-00-10", false),
            ("99-01-01", false),
            ("31/12/1999", false),
            ("1999-12-31-", false),
            ("", false),
        ] {
            assert_eq!(text.parse::<BirthDate>().is_ok(), valid, "{text}");
        }
    }
}
