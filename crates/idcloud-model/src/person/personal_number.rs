//! Finds persons' numbers in texts that should hold none: references, ids, names of machines.
//!
//! Must not miss a number in any form in which a person writes one, nor repeat it.

use std::ops::Range;

use zeroize::Zeroizing;

use crate::person::birth_date;
use crate::person::typed_marks::{decimal, is_letter_or_number};
use crate::{Cpf, Curp};

/// The kind of a person's number in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PersonalNumber {
    /// A valid CPF.
    Cpf,
    /// A valid CURP.
    Curp,
}

impl PersonalNumber {
    /// The first person's number in `text`.
    ///
    /// A CPF is eleven digits of any script with valid check digits, in one group or in several,
    /// however they are split: characters between them that are neither letter nor number are
    /// skipped (`529.982.247-25`, `52998224/725`, `5_2_9…`). No further digit touches the first or
    /// the last group. Other groups may stand before and after.
    ///
    /// Groups that are a date (`20261130`, `2026-11-30`, `30/11/2026`) and a time right after one
    /// do not count, and neither do digits within a UUID or another run of 32 or more hexadecimal
    /// digits and hyphens with a letter among them, unless hyphens separate them. So no UUID and no
    /// ISO 8601 time with its day is taken for a CPF; of other texts in which some groups have
    /// eleven digits together, one in a hundred is, by chance.
    ///
    /// A CURP is eighteen letters and digits that form a valid one, anywhere in the text and with
    /// any characters between them.
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

/// Adjacent digits.
struct Group {
    /// Their position, in bytes.
    place: Range<usize>,
    digits: Zeroizing<Vec<u8>>,
    /// Whether neither letter nor number separates them from the group before.
    follows: bool,
}

impl Group {
    /// Its value, if it has at most four digits.
    fn number(&self) -> u16 {
        self.part(0..self.digits.len())
    }

    /// The value of some of its digits, at most four.
    fn part(&self, range: Range<usize>) -> u16 {
        let digits = self.digits.get(range).unwrap_or_default();
        digits.iter().fold(0, |number: u16, digit| {
            number.wrapping_mul(10).wrapping_add(u16::from(*digit))
        })
    }
}

fn groups(text: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut follows = false;
    for (at, sign) in text.char_indices() {
        let end = at + sign.len_utf8();
        let Some(digit) = decimal(sign) else {
            follows &= !is_letter_or_number(sign);
            continue;
        };
        match groups.last_mut() {
            Some(group) if group.place.end == at => {
                group.digits.push(digit);
                group.place.end = end;
            }
            _ => {
                // Allocated at once: a buffer that grows leaves digits behind.
                let mut digits = Zeroizing::new(Vec::with_capacity(text.len() - at));
                digits.push(digit);
                groups.push(Group {
                    place: at..end,
                    digits,
                    follows,
                });
            }
        }
        follows = true;
    }
    groups
}

fn holds_cpf(text: &str) -> bool {
    let groups = groups(text);
    let mut rest = groups.as_slice();
    while !rest.is_empty() {
        let moment = moment(text, rest);
        if moment == 0 && begins_with_cpf(text, rest) {
            return true;
        }
        rest = rest.get(moment.max(1)..).unwrap_or_default();
    }
    false
}

/// Whether the first of these groups form a CPF together.
fn begins_with_cpf(text: &str, groups: &[Group]) -> bool {
    let mut digits = Zeroizing::new(String::with_capacity(DIGITS));
    for (at, group) in groups.iter().enumerate() {
        let rest = groups.get(at..).unwrap_or_default();
        let is_apart = at > 0 && (!group.follows || moment(text, rest) > 0);
        if is_apart || digits.len() + group.digits.len() > DIGITS {
            return false;
        }
        digits.extend(group.digits.iter().map(|digit| char::from(b'0' + digit)));
        if digits.len() == DIGITS {
            let ends = groups.first().into_iter().chain([group]);
            return digits.parse::<Cpf>().is_ok()
                && !ends.into_iter().any(|end| is_random(text, &end.place));
        }
    }
    false
}

/// How many of the first groups are a date, with the time right after it.
fn moment(text: &str, groups: &[Group]) -> usize {
    let date = match groups {
        [day, ..] if day.digits.len() == 8 => usize::from(is_basic_date(day)),
        [first, second, third, ..] => {
            let between = |a: &Group, b: &Group| text.get(a.place.end..b.place.start);
            let sign = between(first, second);
            let is_date = matches!(sign, Some("-" | "/" | "."))
                && sign == between(second, third)
                && match [first, second, third].map(|group| group.digits.len()) {
                    [4, 2, 2] => is_date(first.number(), second.number(), third.number()),
                    [2, 2, 4] => {
                        is_date(third.number(), second.number(), first.number())
                            || is_date(third.number(), first.number(), second.number())
                    }
                    _ => false,
                };
            if is_date { 3 } else { 0 }
        }
        _ => 0,
    };
    let Some(last) = date.checked_sub(1).and_then(|last| groups.get(last)) else {
        return 0;
    };
    let behind = groups.get(date..).unwrap_or_default();
    date + time_behind(text, last, behind)
}

/// How many of the groups are a time (`23:59`, `23:59:59.123`, `235959`), one character after a
/// date (a blank, a hyphen, `T`).
fn time_behind(text: &str, date: &Group, groups: &[Group]) -> usize {
    let between = |a: &Group, b: &Group| text.get(a.place.end..b.place.start).unwrap_or_default();
    let is_two = |group: &Group, end: u16| group.digits.len() == 2 && group.number() < end;
    let length = match groups {
        [time, ..] if time.digits.len() == 6 && is_basic_time(time) => 1,
        [hour, minute, rest @ ..]
            if is_two(hour, 24) && is_two(minute, 60) && between(hour, minute) == ":" =>
        {
            let has_second = rest
                .first()
                .is_some_and(|second| is_two(second, 61) && between(minute, second) == ":");
            2 + usize::from(has_second)
        }
        _ => 0,
    };
    let is_behind = groups
        .first()
        .is_some_and(|first| between(date, first).chars().count() == 1);
    let Some(last) = groups
        .get(..length)
        .and_then(<[Group]>::last)
        .filter(|_| is_behind)
    else {
        return 0;
    };
    let has_fraction = groups.get(length).is_some_and(|fraction| {
        matches!(between(last, fraction), "." | ",") && fraction.digits.len() <= 9
    });
    length + usize::from(has_fraction)
}

fn is_basic_time(group: &Group) -> bool {
    group.part(0..2) < 24 && group.part(2..4) < 60 && group.part(4..6) < 61
}

fn is_basic_date(group: &Group) -> bool {
    is_date(group.part(0..4), group.part(4..6), group.part(6..8))
}

/// Whether the day exists, in the years that such texts may name.
fn is_date(year: u16, month: u16, day: u16) -> bool {
    let small = |number: u16| u8::try_from(number).unwrap_or_default();
    (1900..2100).contains(&year) && birth_date::exists(year, small(month), small(day))
}

/// Whether the digits at `place` are part of an id or a digest.
fn is_random(text: &str, place: &Range<usize>) -> bool {
    let part_of = |sign: &char| sign.is_ascii_hexdigit() || *sign == '-';
    let before = text.get(..place.start).unwrap_or_default();
    let from = text.get(place.start..).unwrap_or_default();
    let after = text.get(place.end..).unwrap_or_default();
    let run = || {
        let left = before.chars().rev().take_while(part_of);
        left.chain(from.chars().take_while(part_of))
    };
    // In a UUID or a digest another digit or letter always touches eleven digits; digits that stand
    // apart were added.
    let touched = |sign: char| sign.is_ascii_hexdigit();
    (before.ends_with(touched) || after.starts_with(touched))
        && run().filter(char::is_ascii_hexdigit).count() >= RANDOM
        && run().any(|sign| sign.is_ascii_alphabetic())
}

/// Whether the text holds a valid CURP, whatever surrounds it: nothing else has its form.
fn holds_curp(text: &str) -> bool {
    const LENGTH: usize = 18;
    let mut signs = Zeroizing::new(Vec::with_capacity(text.len()));
    // Another letter is represented by a character that no CURP has.
    signs.extend(
        text.chars()
            .filter(|sign| is_letter_or_number(*sign))
            .map(|sign| {
                let digit = decimal(sign).map(|digit| b'0' + digit);
                digit
                    .or_else(|| u8::try_from(sign).ok().filter(u8::is_ascii))
                    .unwrap_or(b'?')
            }),
    );
    signs.windows(LENGTH).any(|window| {
        window.iter().take(4).all(u8::is_ascii_alphabetic)
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
            "52998224-725",
            "5299-82-24-725",
            "5299.8224.725",
            "29 98:22:47.255",
            "5299822/4725",
            "5-2998224725",
            "5299822472-5",
            "5__2998 (2247) «25»",
            "5\u{332}2998\u{332}224725",
            "5299\u{180a}8224725",
            "52998224-725-2026-11-30",
            "2026-11-30 52998-224725",
            "20261130-52998224725",
            "2026-11-30T23:59:59Z-5299-8224-725",
            "1-52998224-725-2",
            "19991301-038",
            "1999-13-01-038",
            "2026-11/01-072",
            "30 23:00:59.074",
            "12:34:56-789-09",
            "５２９９８２２４-725",
            "٥٢٩٩٨٢٢٤٧-٢٥",
            "𝟓𝟐𝟗𝟗.𝟖𝟐𝟐𝟒.𝟕𝟐𝟓",
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
            "HEGG-560427-MVZRRL-04",
            "hegg 560427 mvz rrl 04",
            "HEGG/56.04.27/MVZRRL_04",
            "HEGG５６０４２７MVZRRL04",
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
            "52998224x725",
            "5299é8224725",
            "5299½8224725",
            "1-152998224-725",
            "52998224-7255",
            "11111111111",
            "80371b2a-3ac7-432e-866d-57fe37896ac6",
            "80371b2a-3ac7-432e-866d-52998224725a",
            "80371b2a-3ac7-432e-a529-98224725ac6b",
            "a80371b2a3ac7432e866d52998224725a",
            "HEGG560427MVZRRL05",
            // Their check digits would match, but they are dates.
            "20261101-072",
            "2026-11-01-072",
            "2026/11/01 072",
            "30/01/2026-026",
            "01.30.2026-026",
            "2026-11-30 23:00:59.074",
            "2026-11-30T23:00:59.074",
            "2026-11-30T23:00:59.074Z",
            "order-2026-11-30_23:00:59,074-1",
            "2026-11-30-000123",
        ] {
            assert_eq!(PersonalNumber::find_in(text), None, "{text}");
        }
    }

    /// A reference, or the id of a paid process, is not refused by chance: random ids and times
    /// hold no CPF.
    #[test]
    fn chance_makes_no_number_in_ids_and_times() {
        const TRIES: u64 = 10_000;
        // SplitMix64, so that every run tries the same values.
        let mut state = 1_u64;
        let mut random = |below: u64| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            (mixed ^ (mixed >> 31)) % below
        };
        let mut found = std::collections::BTreeMap::<&str, u32>::new();
        for _ in 0..TRIES {
            let (high, low) = (random(u64::MAX), random(u64::MAX));
            let hex = format!("{high:016x}{low:016x}");
            let uuid = [
                &hex[..8],
                &hex[8..12],
                &hex[12..16],
                &hex[16..20],
                &hex[20..],
            ]
            .join("-");
            let day = format!(
                "{}-{:02}-{:02}",
                1990 + random(60),
                1 + random(12),
                1 + random(28)
            );
            let time = format!("{:02}:{:02}:{:02}", random(24), random(60), random(60));
            let nanos = format!("{:09}", random(1_000_000_000));
            let digits = 1 + usize::try_from(random(9)).unwrap();
            let fraction = &nanos[..digits];
            let (basic_day, basic_time) = (day.replace('-', ""), time.replace(':', ""));
            for (name, text) in [
                ("uuid", uuid.clone()),
                ("uuid in capitals", format!("{{{uuid}}}").to_uppercase()),
                ("digest", format!("sha256:{hex}")),
                ("time", format!("{day}T{time}.{fraction}Z")),
                ("time with zone", format!("{day}T{time}.{fraction}-03:00")),
                ("time with blank", format!("{day} {time}.{fraction}+0300")),
                ("time without seconds", format!("{day} {}", &time[..5])),
                (
                    "basic time",
                    format!("{basic_day}T{basic_time}.{fraction}-03"),
                ),
                (
                    "basic time with hyphen",
                    format!("{basic_day}-{basic_time}"),
                ),
                ("serial of a day", format!("{basic_day}-{}", &nanos[..3])),
                (
                    "serial of a day with hyphens",
                    format!("{day}-{}", &nanos[..6]),
                ),
            ] {
                let count = found.entry(name).or_default();
                *count += u32::from(PersonalNumber::find_in(&text).is_some());
            }
            let eleven = format!("{}-{}", 3_000_000 + random(7_000_000), &nanos[..4]);
            let count = found.entry("eleven digits").or_default();
            *count += u32::from(PersonalNumber::find_in(&eleven).is_some());
        }
        let by_chance = found.remove("eleven digits").unwrap();
        assert!(found.values().all(|count| *count == 0), "{found:?}");
        assert!((60..140).contains(&by_chance), "{by_chance} of {TRIES}");
    }
}
