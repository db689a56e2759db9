//! Fuzzes all external inputs for a given time.
//!
//! Must not report a finding without a way to repeat it: a target and an input are enough.

mod base64_text;
mod inputs;
mod seeds;
mod simulated;
mod targets;
mod webhook_request;

use std::fmt::Write as _;
use std::time::Duration;

use idcloud_http::{Clock as _, SystemClock};
use proptest::test_runner::{Config, FileFailurePersistence, TestCaseError, TestError, TestRunner};

use crate::Failure;
use targets::{MARKER, Read, TARGETS, Target};

/// How many inputs a target gets in its turn.
const TURN: u32 = 500;

/// What to fuzz.
pub(crate) enum Plan {
    /// Every target in turn, for this many seconds.
    Seconds(u64),
    /// One input of one target.
    Once {
        /// The target's name.
        target: String,
        /// The input, as [`fuzz`] printed it.
        input: String,
    },
}

/// Fuzzes; true if nothing was found.
pub(crate) fn fuzz(plan: &Plan, say: &mut dyn FnMut(&str)) -> Result<bool, Failure> {
    match plan {
        Plan::Seconds(seconds) => Ok(for_seconds(TARGETS, *seconds, say)),
        Plan::Once { target, input } => again(target, input, say),
    }
}

fn for_seconds(targets: &[Target], seconds: u64, say: &mut dyn FnMut(&str)) -> bool {
    let clock = SystemClock::new();
    let end = clock.instant() + Duration::from_secs(seconds);
    let mut turns = 0_u64;
    while turns == 0 || clock.instant() < end {
        for target in targets {
            let config = Config {
                cases: TURN,
                failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
                ..Config::default()
            };
            let tried = TestRunner::new(config).run(&inputs::inputs(target.texts), |input| {
                judged(target, &input).map_err(TestCaseError::fail)
            });
            let name = target.name;
            match tried {
                Ok(()) => {}
                Err(TestError::Fail(reason, input)) => {
                    say(&format!(
                        "{name}: {reason}\n  input: {}\n  again: cargo xtask fuzz --target {name} --input {}",
                        input.escape_ascii(),
                        to_hex(&input)
                    ));
                    return false;
                }
                Err(TestError::Abort(reason)) => {
                    say(&format!("{name}: given up: {reason}"));
                    return false;
                }
            }
        }
        turns += 1;
    }
    let inputs = turns * u64::from(TURN);
    say(&format!(
        "{} targets, {inputs} inputs each: nothing panicked, nothing was shown, and nothing was taken for what it is not",
        targets.len()
    ));
    true
}

fn judged(target: &Target, input: &[u8]) -> Result<(), String> {
    let shown = match target.read {
        Read::Shown(read) => read(input),
        Read::Checked(read) => read(input)?,
    };
    if shown.contains(MARKER) {
        return Err("what was given is shown".to_owned());
    }
    Ok(())
}

/// Tries one input again. A panic is not caught.
fn again(name: &str, input: &str, say: &mut dyn FnMut(&str)) -> Result<bool, Failure> {
    let names = || TARGETS.iter().map(|target| target.name);
    let target = TARGETS
        .iter()
        .find(|target| target.name == name)
        .ok_or_else(|| {
            let known: Vec<&str> = names().collect();
            format!("no target {name}; there are {}", known.join(", "))
        })?;
    let input = from_hex(input).ok_or("an input is written in hexadecimal digits")?;
    match judged(target, &input) {
        Ok(()) => {
            say(&format!("{name}: nothing found"));
            Ok(true)
        }
        Err(reason) => {
            say(&format!("{name}: {reason}"));
            Ok(false)
        }
    }
}

fn to_hex(input: &[u8]) -> String {
    let mut text = String::with_capacity(input.len() * 2);
    for byte in input {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    // A shell easily drops an empty argument.
    if text.is_empty() {
        "-".clone_into(&mut text);
    }
    text
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if text == "-" {
        return Some(Vec::new());
    }
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| {
            let digits = str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?;
            u8::from_str_radix(digits, 16).ok()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The unchanged texts give no findings; otherwise their changes would not be worth trying.
    #[test]
    fn every_target_takes_its_own_texts() {
        for target in TARGETS {
            for text in target.texts {
                let found = judged(target, &inputs::bytes(text));
                assert_eq!(found, Ok(()), "{}: {text}", target.name);
            }
        }
    }

    #[test]
    fn every_target_has_a_name_of_its_own_that_a_shell_takes() {
        for (number, target) in TARGETS.iter().enumerate() {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(target.name.chars().all(plain), "{}", target.name);
            let same = TARGETS.iter().position(|other| other.name == target.name);
            assert_eq!(same, Some(number));
        }
    }

    #[test]
    fn an_input_survives_being_told() {
        for input in [&b""[..], b"\0", b"a\xff \n"] {
            assert_eq!(from_hex(&to_hex(input)).as_deref(), Some(input));
        }
        for not in ["a", "0g", "é"] {
            assert_eq!(from_hex(not), None);
        }
    }

    /// A panic, a leaked marker and a broken property are each found, and reported with the input
    /// that repeats them.
    #[test]
    fn what_is_wrong_is_found_and_told() {
        let panics = |input: &[u8]| {
            assert!(!input.contains(&b'{'), "a panic");
            Ok(String::new())
        };
        let shows = |input: &[u8]| Ok(String::from_utf8_lossy(input).into_owned());
        let breaks = |_: &[u8]| Err("a property".to_owned());
        for (read, reason) in [
            (panics as fn(&[u8]) -> _, "a panic"),
            (shows, "what was given is shown"),
            (breaks, "a property"),
        ] {
            let target = Target {
                name: "made-up",
                texts: &["{Markername"],
                read: Read::Checked(read),
            };
            let mut told = String::new();
            let held = for_seconds(&[target], 0, &mut |line| told.push_str(line));
            assert!(!held && told.contains(reason), "{told}");
            let (_, hex) = told.split_once("--target made-up --input ").unwrap();
            assert!(from_hex(hex).is_some(), "{told}");
        }
    }
}
