//! CPF, the Brazilian taxpayer number.
//!
//! A `Cpf` must never exist with wrong check digits, nor print its digits.

use std::str::FromStr;

use zeroize::Zeroize;

use crate::personal::{redacted, stored_as_text};
use crate::typed_marks::{is_between_digits, unseen};

const DIGITS: usize = 11;

/// A CPF whose check digits are right.
///
/// Read from eleven digits, with or without dots, hyphens and blanks between them, as the usual form `000.000.000-00` has them and as people
/// type and copy it; sent as eleven digits, which is how the Onboarding page asks for `subject.code`. Eleven equal digits pass the arithmetic but are never issued, and are refused.
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
// On the heap: each move of the digits themselves would leave a copy on the stack, which nothing wipes.
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
    /// An unseen character stands in it, as in texts that were copied.
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
    /// The eleven digits as numbers, whatever marks stand between them; a longer number with a CPF inside is none.
    fn of_digits(text: &str) -> Option<Self> {
        let mut cpf = Self(Box::new([0; DIGITS]));
        let mut place = cpf.0.iter_mut();
        for c in text.chars().filter(|c| !is_between_digits(*c)) {
            let digit = u8::try_from(c).ok().filter(u8::is_ascii_digit)?;
            *place.next()? = digit - b'0';
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
            ("٥٢٩٩٨٢٢٤٧٢٥", Err(CpfError::Form)),
        ] {
            let parsed = text.parse::<Cpf>();
            assert_eq!(
                parsed.as_ref().map(Cpf::expose),
                expected.as_ref().copied(),
                "{text:?}"
            );
        }
    }

    /// Nothing personal leaks, and a stored value comes back as it was.
    #[test]
    fn redacted_and_stored() {
        let cpf: Cpf = "52998224725".parse().unwrap();
        assert!(!format!("{cpf:?}{cpf}{cpf:#?}").contains('5'));
        let stored = serde_json::to_string(&cpf).unwrap();
        assert_eq!(serde_json::from_str::<Cpf>(&stored).unwrap(), cpf);
        assert!(serde_json::from_str::<Cpf>("\"52998224720\"").is_err());
    }
}
