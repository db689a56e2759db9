//! CURP, the Mexican population registry code.
//!
//! Must not exist with a wrong structure or check digit, nor print itself.

use std::str::FromStr;

use crate::person::personal::personal_text;
use crate::unseen::unseen;

personal_text! {
    /// A CURP: eighteen characters with a valid structure and check digit, held in capitals.
    ///
    /// ```
    /// use idcloud_model::Curp;
    ///
    /// let curp: Curp = "hegg560427mvzrrl04".parse()?;
    /// assert_eq!(curp.expose(), "HEGG560427MVZRRL04");
    /// assert_eq!(format!("{curp:?}"), "Curp(redacted)");
    /// # Ok::<(), idcloud_model::CurpError>(())
    /// ```
    Curp
}

/// Why a text is not a CURP. Never holds the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CurpError {
    /// Not eighteen characters in the order of a CURP.
    #[error(
        "a CURP has four letters, a date as six digits, H, M or X, a state of two letters, three consonants, a letter or digit, and a digit"
    )]
    Form,
    /// It holds an invisible character, as copied texts do.
    #[error("a character that cannot be seen (U+{:04X}) stands in the CURP", u32::from(*.0))]
    Unseen(char),
    /// The month and day cannot occur.
    #[error("the CURP's birth date does not exist")]
    BirthDate,
    /// The last digit does not follow from the first seventeen characters.
    #[error("the CURP's check digit does not match its first seventeen characters")]
    CheckDigit,
}

/// The thirty-two states and `NE` for a birth abroad.
const STATES: [&[u8; 2]; 33] = [
    b"AS", b"BC", b"BS", b"CC", b"CH", b"CL", b"CM", b"CS", b"DF", b"DG", b"GR", b"GT", b"HG",
    b"JC", b"MC", b"MN", b"MS", b"NE", b"NL", b"NT", b"OC", b"PL", b"QR", b"QT", b"SL", b"SP",
    b"SR", b"TC", b"TL", b"TS", b"VZ", b"YN", b"ZS",
];

impl FromStr for Curp {
    type Err = CurpError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(unseen) = unseen(text) {
            return Err(CurpError::Unseen(unseen));
        }
        let text = zeroize::Zeroizing::new(text.trim().to_ascii_uppercase());
        let code: &[u8; 18] = text.as_bytes().try_into().map_err(|_| CurpError::Form)?;
        let [
            name @ ..,
            y1,
            y2,
            m1,
            m2,
            d1,
            d2,
            sex,
            s1,
            s2,
            c1,
            c2,
            c3,
            homonym,
            check,
        ] = code;
        let date = [*y1, *y2, *m1, *m2, *d1, *d2];
        let form = name.iter().all(u8::is_ascii_uppercase)
            && date.iter().all(u8::is_ascii_digit)
            && matches!(sex, b'H' | b'M' | b'X')
            && STATES.contains(&&[*s1, *s2])
            && [c1, c2, c3].into_iter().all(|byte| is_consonant(*byte))
            && (homonym.is_ascii_uppercase() || homonym.is_ascii_digit())
            && check.is_ascii_digit();
        if !form {
            return Err(CurpError::Form);
        }
        let two = |tens: u8, ones: u8| (tens - b'0') * 10 + (ones - b'0');
        // A digit in the seventeenth place means a birth before 2000, a letter one from 2000 on.
        let century = if homonym.is_ascii_digit() { 1900 } else { 2000 };
        let year = century + u16::from(two(*y1, *y2));
        if !crate::person::birth_date::exists(year, two(*m1, *m2), two(*d1, *d2)) {
            return Err(CurpError::BirthDate);
        }
        if check_digit(code) != *check {
            return Err(CurpError::CheckDigit);
        }
        Ok(Self(text))
    }
}

fn is_consonant(byte: u8) -> bool {
    byte.is_ascii_uppercase() && !matches!(byte, b'A' | b'E' | b'I' | b'O' | b'U')
}

/// The check digit as an ASCII digit: weights fall from 18 to 2 over an alphabet of 37 characters
/// in which Ñ, never written, still has a place.
fn check_digit(code: &[u8; 18]) -> u8 {
    let sum: u32 = code
        .iter()
        .zip((2..=18_u32).rev())
        .map(|(byte, weight)| sign_value(*byte) * weight)
        .sum();
    u8::try_from((10 - sum % 10) % 10).unwrap_or_default() + b'0'
}

fn sign_value(byte: u8) -> u32 {
    match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        b'A'..=b'N' => u32::from(byte - b'A') + 10,
        // Ñ stands between N and O.
        _ => u32::from(byte.saturating_sub(b'A')) + 11,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The four test subjects of the Trust sandbox page have a valid form.
    #[test]
    fn sandbox_subjects_are_valid() {
        for code in [
            "HEWW580907HGRSHL05",
            "BAWB700219HNLTYR01",
            "IIFA830702HDFGNN06",
            "PASP901014HDFRPT03",
        ] {
            assert_eq!(code.parse::<Curp>().map(|_| ()), Ok(()), "{code}");
        }
    }

    /// Exactly one last digit in ten is right.
    #[test]
    fn one_check_digit_in_ten() {
        let valid: Vec<_> = (0..10)
            .filter(|digit| format!("HEGG560427MVZRRL0{digit}").parse::<Curp>().is_ok())
            .collect();
        assert_eq!(valid, [4]);
    }

    #[test]
    fn refusals() {
        for (code, error) in [
            ("", CurpError::Form),
            ("HEGG560427MVZRRL0", CurpError::Form),
            ("HEGG560427AVZRRL04", CurpError::Form),
            ("HEGG560427\u{200b}MVZRRL04", CurpError::Unseen('\u{200b}')),
            ("HEGG560427MZZRRL04", CurpError::Form),
            ("HEGG560427MVZRAL04", CurpError::Form),
            ("HEGG561327MVZRRL04", CurpError::BirthDate),
            ("HEGG560427MVZRRL05", CurpError::CheckDigit),
        ] {
            assert_eq!(code.parse::<Curp>().map(|_| ()), Err(error), "{code}");
        }
    }
}
