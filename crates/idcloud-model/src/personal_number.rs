//! Numbers of persons in texts that should hold none: references, ids, names of machines.
//!
//! Must find a number in every form in which a person writes one, and must never repeat it.

use zeroize::Zeroizing;

use crate::{Cpf, Curp};

/// A number of a person that stands in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PersonalNumber {
    /// A valid CPF.
    Cpf,
    /// A valid CURP.
    Curp,
}

impl PersonalNumber {
    /// The first number of a person that stands in `text`.
    ///
    /// A CPF is eleven ASCII digits with right check digits that no further digit touches. Signs between
    /// them are passed over where they part the digits as a CPF is written (`529.982.247-25`, each of the
    /// signs or none), and where they part them into groups of one, two or three (`5.2.9…`,
    /// `52 998 224 725`). Longer groups are dates and serial numbers: `20261129-001` is taken for one.
    ///
    /// Within a UUID, or another run of 32 or more hexadecimal digits and hyphens with a letter among them,
    /// a CPF counts only if hyphens set it apart, because chance makes CPFs there. Eighteen letters and
    /// digits that are a valid CURP count wherever they stand.
    #[must_use]
    pub fn find_in(text: &str) -> Option<Self> {
        if holds_cpf(text) {
            return Some(Self::Cpf);
        }
        holds_curp(text).then_some(Self::Curp)
    }
}

/// A run of this many hexadecimal digits is an id or a digest.
const RANDOM: usize = 32;

const DIGITS: usize = 11;

fn holds_cpf(text: &str) -> bool {
    let mut before = None;
    text.char_indices().any(|(at, first)| {
        let begins =
            first.is_ascii_digit() && !before.is_some_and(|sign: char| sign.is_ascii_digit());
        before = Some(first);
        let Some((before, rest)) = text.split_at_checked(at).filter(|_| begins) else {
            return false;
        };
        leading_cpf(rest).is_some_and(|after| !is_random(before, rest, after))
    })
}

/// What follows a valid CPF at the start of the text.
fn leading_cpf(text: &str) -> Option<&str> {
    let mut digits = Zeroizing::new(String::with_capacity(DIGITS));
    // After how many digits a sign stands.
    let mut parted = Vec::new();
    let mut rest = text;
    while digits.len() < DIGITS {
        let sign = rest.chars().next()?;
        if sign.is_ascii_digit() {
            digits.push(sign);
            rest = rest.get(1..)?;
        } else {
            let next = rest.trim_start_matches(|sign: char| !sign.is_alphanumeric());
            // Something must have been passed over, and a digit must follow.
            if next.len() == rest.len() || !next.starts_with(|next: char| next.is_ascii_digit()) {
                return None;
            }
            parted.push(digits.len());
            rest = next;
        }
    }
    let ends = !rest.starts_with(|next: char| next.is_ascii_digit());
    (ends && is_written_so(&parted) && digits.parse::<Cpf>().is_ok()).then_some(rest)
}

/// Whether a CPF may be parted after so many digits.
fn is_written_so(parted: &[usize]) -> bool {
    let as_printed = parted.iter().all(|after| matches!(after, 3 | 6 | 9));
    let ends = parted.iter().copied().chain([DIGITS]);
    let begins = [0].into_iter().chain(parted.iter().copied());
    let groups: Vec<usize> = ends.zip(begins).map(|(end, begin)| end - begin).collect();
    as_printed
        || match groups.as_slice() {
            // The first or the last may be what is left over.
            [first, inner @ .., last] => inner.first().is_some_and(|size| {
                *size <= 3
                    && inner.iter().chain([first, last]).all(|group| group <= size)
                    && inner.iter().all(|group| group == size)
            }),
            _ => false,
        }
}

/// Whether what stands between `before` and `after` is part of an id or a digest.
fn is_random(before: &str, rest: &str, after: &str) -> bool {
    let part_of = |sign: &char| sign.is_ascii_hexdigit() || *sign == '-';
    let found = rest.len() - after.len();
    let run = || {
        let left = before.chars().rev().take_while(part_of);
        let right = rest.chars().take_while(part_of);
        left.chain(right)
    };
    let reaches = rest.chars().take_while(part_of).count() >= found;
    // In a UUID or a digest another digit or letter always touches eleven digits; what stands beside one by itself was put there.
    let touched = |sign: char| sign.is_ascii_hexdigit();
    reaches
        && (before.ends_with(touched) || after.starts_with(touched))
        && run().filter(char::is_ascii_hexdigit).count() >= RANDOM
        && run().any(|sign| sign.is_ascii_alphabetic())
}

/// Whether a valid CURP stands in the text, whatever stands around it: nothing else has its form.
fn holds_curp(text: &str) -> bool {
    const LENGTH: usize = 18;
    text.as_bytes().windows(LENGTH).any(|window| {
        window.iter().all(u8::is_ascii_alphanumeric)
            && window.iter().take(4).all(u8::is_ascii_alphabetic)
            && str::from_utf8(window).is_ok_and(|text| text.parse::<Curp>().is_ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing personal leaks: a number is found in every form in which a person writes it.
    #[test]
    fn numbers_are_found() {
        for text in [
            "52998224725",
            "529.982.247-25",
            "order 529.982.247-25!",
            "529 982 247 25",
            "529..982--247//25",
            "529 – 982 – 247 – 25",
            "529.982.24725",
            "529982247-25",
            "5.2.9.9.8.2.2.4.7.2.5",
            "5 2 9 9 8 2 2 4 7 2 5",
            "7.5.2.9.9.8.2.2.4.7.2.5",
            "52.99.82.24.72.5",
            "5.29.98.22.47.25",
            "52.998.224.725",
            "cpf52998224725x",
            "2026-52998224725-1",
            "ção52998224725ção",
            "Zuleica-Sentinela_52998224725",
            "80371b2a-3ac7-432e-866d-57fe37896ac6-52998224725",
            "52998224725-80371b2a-3ac7-432e-866d-57fe37896ac6",
        ] {
            assert_eq!(
                PersonalNumber::find_in(text),
                Some(PersonalNumber::Cpf),
                "{text}"
            );
        }
        for text in [
            "HEGG560427MVZRRL04",
            "x/hegg560427mvzrrl04",
            "XHEGG560427MVZRRL041",
        ] {
            assert_eq!(
                PersonalNumber::find_in(text),
                Some(PersonalNumber::Curp),
                "{text}"
            );
        }
    }

    #[test]
    fn other_numbers_are_not() {
        for text in [
            "",
            "1",
            "order-1041",
            "52998224724",
            "529982247255",
            "152998224725",
            "5299.8224.725",
            "52998224-725",
            "5299-82-24-725",
            "29 98:22:47.255",
            "11111111111",
            "80371b2a-3ac7-432e-866d-57fe37896ac6",
            "80371b2a-3ac7-432e-866d-52998224725a",
            "80371b2a-3ac7-432e-a529-98224725ac6b",
            "a80371b2a3ac7432e866d52998224725a",
            "HEGG560427MVZRRL05",
        ] {
            assert_eq!(PersonalNumber::find_in(text), None, "{text}");
        }
    }
}
