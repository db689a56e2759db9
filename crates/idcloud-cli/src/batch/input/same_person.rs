//! Finds people who stand in more than one row of an input: each row is a process of its own, and
//! billed.
//!
//! Must not keep a CPF or CURP: each person is a keyed hash of eight bytes, and the key exists only
//! during the run.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::hash::{BuildHasher as _, RandomState};

use idcloud_model::SubjectCode;

/// How many people a note lists by their lines.
const SHOWN: usize = 3;

/// Counts people with more than one row.
#[derive(Default)]
pub(crate) struct SamePerson {
    /// The first line of each person, and whether the person was seen again.
    seen: HashMap<u64, (u32, bool)>,
    hasher: RandomState,
    people: usize,
    rows: usize,
    shown: Vec<(u32, u32)>,
}

impl SamePerson {
    /// Adds a good row, on this line.
    pub(crate) fn see(&mut self, code: &SubjectCode, line: u64) {
        let person = self.hasher.hash_one(code.expose());
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        let Some((first, again)) = self.seen.get_mut(&person) else {
            self.seen.insert(person, (line, false));
            return;
        };
        self.rows += 1;
        if !std::mem::replace(again, true) {
            self.people += 1;
            self.rows += 1;
            if self.shown.len() < SHOWN {
                self.shown.push((*first, line));
            }
        }
    }

    /// The note that is printed before anything is sent; `None` if everybody has one row.
    pub(crate) fn note(&self) -> Option<String> {
        let who = match self.people {
            0 => return None,
            1 => "1 person stands".to_owned(),
            people => format!("{people} people stand"),
        };
        let mut text = format!(
            "note: {who} in more than one row ({} rows), and each row is billed by itself; for instance",
            self.rows
        );
        for (place, (first, second)) in self.shown.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            let _ = write!(text, "{comma} lines {first} and {second}");
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No second payment without a warning: each person is counted once, rows are all counted, and
    /// the first people are listed.
    #[test]
    fn people_are_counted_over_references() {
        let code = |text: &str| text.parse::<SubjectCode>().unwrap();
        let (one, other) = (code("529.982.247-25"), code("11144477735"));
        let mut people = SamePerson::default();
        people.see(&one, 2);
        people.see(&other, 3);
        assert_eq!(people.note(), None);
        people.see(&code("52998224725"), 4);
        people.see(&one, 5);
        assert_eq!(
            people.note().as_deref(),
            Some(
                "note: 1 person stands in more than one row (3 rows), and each row is billed by itself; for instance lines 2 and 4"
            )
        );
        people.see(&other, 9);
        let note = people.note().unwrap();
        assert!(
            note.contains("2 people stand in more than one row (5 rows)"),
            "{note}"
        );
        assert!(note.ends_with("lines 2 and 4, lines 3 and 9"), "{note}");
    }
}
