//! CPF, the Brazilian taxpayer number.
//!
//! Must not exist with wrong check digits, nor print its digits.

use std::str::FromStr;

use zeroize::Zeroize;

use crate::person::personal::{redacted, stored_as_text};
use crate::person::typed_marks::{decimal, is_between_digits};
use crate::unseen::unseen;

const DIGITS: usize = 11;

/// A CPF with valid check digits.
///
/// Parsed from eleven digits of any script, with or without dots, hyphens and blanks between them,
/// as in the usual form `000.000.000-00` and as people type and copy it; sent as eleven digits, the
/// form of `subject.code` on the Onboarding page. Eleven equal digits pass the arithmetic but are
/// never issued, and are refused.
///
/// ```
/// use idcloud_model::Cpf;
///
/// let cpf: Cpf = "529.982.247-25".parse()?;
/// assert_eq!(cpf.expose(), "52998224725");
/// assert_eq!(format!("{cpf:?} {cpf}"), "Cpf(redacted) [redacted]");
/// assert!("529.982.247-26".parse::<Cpf>().is_err());
/// # Ok::<(), idcloud_model::CpfError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
// On the heap: moving the digits themselves would leave copies on the stack, which nothing wipes.
pub struct Cpf(Box<[u8; DIGITS]>);

impl Cpf {
    /// The eleven digits. Personal data: never log them.
    #[must_use]
    pub fn expose(&self) -> &str {
        // Only ASCII digits are ever stored, so the fallback is unreachable.
        str::from_utf8(&*self.0).unwrap_or_default()
    }
}

redacted!(Cpf);
stored_as_text!(Cpf);

impl Drop for Cpf {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// Why a text is not a CPF. Never holds the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CpfError {
    /// Not eleven digits, alone or with blanks, dots and hyphens between them.
    #[error("a CPF has eleven digits, alone or as 000.000.000-00")]
    Form,
    /// It holds an invisible character, as copied texts do.
    #[error("a character that cannot be seen (U+{:04X}) stands in the CPF", u32::from(*.0))]
    Unseen(char),
    /// Eleven equal digits.
    #[error("a CPF of eleven equal digits is never issued")]
    Repeated,
    /// The last two digits do not follow from the first nine.
    #[error("the CPF's check digits do not match its first nine digits")]
    CheckDigits,
}

impl FromStr for Cpf {
    type Err = CpfError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = || unseen(text).map_or(CpfError::Form, CpfError::Unseen);
        let mut cpf = Self::of_digits(text.trim()).ok_or_else(form)?;
        let [body @ .., first_check, second_check] = &*cpf.0;
        if cpf.0.iter().all(|digit| digit == second_check) {
            return Err(CpfError::Repeated);
        }
        let first = check_digit(body.iter());
        let second = check_digit(body.iter().chain([&first]));
        if (first, second) != (*first_check, *second_check) {
            return Err(CpfError::CheckDigits);
        }
        for digit in &mut *cpf.0 {
            *digit += b'0';
        }
        Ok(cpf)
    }
}

impl Cpf {
    /// The eleven digits as numbers, without the marks between them; a longer number that contains
    /// a CPF is none.
    fn of_digits(text: &str) -> Option<Self> {
        let mut cpf = Self(Box::new([0; DIGITS]));
        let mut place = cpf.0.iter_mut();
        for c in text.chars().filter(|c| !is_between_digits(*c)) {
            *place.next()? = decimal(c)?;
        }
        place.next().is_none().then_some(cpf)
    }
}

/// The modulo-11 digit that follows `digits`: weights fall from `len + 1` to 2.
fn check_digit<'a>(digits: impl DoubleEndedIterator<Item = &'a u8>) -> u8 {
    let sum: u32 = digits
        .rev()
        .zip(2_u32..)
        .map(|(digit, weight)| u32::from(*digit) * weight)
        .sum();
    // A remainder of ten counts as zero. The value is below ten, so it fits.
    u8::try_from(sum * 10 % 11 % 10).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A verdict cannot be misread: of the hundred endings of nine digits, exactly one is a CPF.
    #[test]
    fn one_ending_in_a_hundred_is_valid() {
        for start in (0..1_000_000_000_u64).step_by(7_654_321) {
            let valid: Vec<String> = (0..100)
                .map(|end| format!("{start:09}{end:02}"))
                .filter(|text| text.parse::<Cpf>().is_ok())
                .collect();
            let repeated = start % 111_111_111 == 0;
            assert_eq!(valid.len(), usize::from(!repeated), "{start:09}: {valid:?}");
        }
    }

    #[test]
    fn forms() {
        for (text, expected) in [
            ("52998224725", Ok("52998224725")),
            (" 529.982.247-25 ", Ok("52998224725")),
            ("12345678909", Ok("12345678909")),
            ("11111111111", Err(CpfError::Repeated)),
            ("111.111.111-11", Err(CpfError::Repeated)),
            ("52998224724", Err(CpfError::CheckDigits)),
            ("", Err(CpfError::Form)),
            ("5299822472", Err(CpfError::Form)),
            ("529982247255", Err(CpfError::Form)),
            ("529-982-247.25", Ok("52998224725")),
            ("529.982.24725", Ok("52998224725")),
            ("529982247-25", Ok("52998224725")),
            ("529 982 247 25", Ok("52998224725")),
            ("529.982.247\u{2013}25", Ok("52998224725")),
            ("529.982.247\u{2011}25", Ok("52998224725")),
            ("529\u{a0}982\u{202f}247\u{2212}25", Ok("52998224725")),
            ("529,982,247-25", Err(CpfError::Form)),
            ("529.982.247=25", Err(CpfError::Form)),
            ("529.982.247/25", Err(CpfError::Form)),
            (
                "\u{202a}529.982.247-25\u{202c}",
                Err(CpfError::Unseen('\u{202a}')),
            ),
            ("529.982.247\u{200b}-25", Err(CpfError::Unseen('\u{200b}'))),
            ("\u{feff}52998224725", Err(CpfError::Unseen('\u{feff}'))),
            ("52998224725\0\0\0", Err(CpfError::Unseen('\0'))),
            ("٥٢٩٩٨٢٢٤٧٢٥", Ok("52998224725")),
            ("۵۲۹.۹۸۲.۲۴۷-۲۵", Ok("52998224725")),
            ("५२९ ९८२ २४७ २५", Ok("52998224725")),
            ("５２９．９８２．２４７－２５", Ok("52998224725")),
            ("𝟓𝟐𝟗𝟗𝟖𝟐𝟐𝟒𝟕𝟐𝟓", Ok("52998224725")),
            ("𝟻𝟸𝟿98２２4725", Ok("52998224725")),
            ("⁵²⁹98222472⁵", Err(CpfError::Form)),
            ("⑤2998224725", Err(CpfError::Form)),
            ("五2998224725", Err(CpfError::Form)),
            ("\u{332}52998224725", Err(CpfError::Unseen('\u{332}'))),
            ("529\u{2800}98224725", Err(CpfError::Unseen('\u{2800}'))),
        ] {
            let parsed = text.parse::<Cpf>();
            assert_eq!(
                parsed.as_ref().map(Cpf::expose),
                expected.as_ref().copied(),
                "{text:?}"
            );
        }
    }

    /// Every mark that python-stdnum 2.2 accepts between the digits of a CPF, and every digit that
    /// it converts to ASCII.
    #[test]
    fn marks_and_digits_of_python_stdnum() {
        let hyphens = "-\u{af}\u{2d7}\u{58a}\u{5be}\u{1680}\u{180a}\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\
            \u{203e}\u{2043}\u{207b}\u{208b}\u{2212}\u{23af}\u{23ba}\u{23bb}\u{23bc}\u{23bd}\u{23e4}\u{fe63}\u{ff0d}\
            \u{ffe3}";
        let dots = ".\u{b7}\u{2d9}\u{387}\u{6d4}\u{701}\u{702}\u{830}\u{f0b}\u{f0c}\u{16eb}\u{2022}\u{2024}\u{2027}\
            \u{2219}\u{22c5}\u{2e31}\u{2e33}\u{3002}\u{30fb}\u{fbb2}\u{fbb3}\u{fe52}\u{ff0e}\u{ff65}\u{10101}\
            \u{1091f}\u{10a50}";
        let spaces = " \u{a0}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\
            \u{200a}\u{202f}\u{205f}\u{3000}";
        for mark in [hyphens, dots, spaces].concat().chars() {
            let text = format!("529{mark}982{mark}247{mark}25");
            assert!(text.parse::<Cpf>().is_ok(), "{mark:?}");
        }
        for zero in ['０', '𝟎', '𝟘', '𝟢', '𝟬', '𝟶', '٠', '۰', '०'] {
            let digits = "52998224725".chars().map(|digit| {
                char::from_u32(u32::from(zero) + u32::from(digit) - u32::from('0')).unwrap()
            });
            let cpf: Cpf = digits.collect::<String>().parse().unwrap();
            assert_eq!(cpf.expose(), "52998224725", "{zero}");
        }
        for mark in ",/:*'_+=x".chars() {
            let text = format!("529{mark}982{mark}247{mark}25");
            assert_eq!(text.parse::<Cpf>(), Err(CpfError::Form), "{mark:?}");
        }
    }

    /// Nothing personal leaks, and a stored value parses back unchanged.
    #[test]
    fn redacted_and_stored() {
        let cpf: Cpf = "52998224725".parse().unwrap();
        assert!(!format!("{cpf:?}{cpf}{cpf:#?}").contains('5'));
        let stored = serde_json::to_string(&cpf).unwrap();
        assert_eq!(serde_json::from_str::<Cpf>(&stored).unwrap(), cpf);
        assert!(serde_json::from_str::<Cpf>("\"52998224720\"").is_err());
    }
}
