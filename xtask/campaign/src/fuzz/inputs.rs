//! Fuzz inputs: known texts with a few changes, or random bytes.
//!
//! Must not depend on how they are used.

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::{Index, select};

/// The most changes to one input.
const CHANGES: usize = 8;

/// One of the texts with a few changes, or random bytes.
pub(super) fn inputs(texts: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let text = select(texts).prop_map(bytes);
    let changed = (text, vec((any::<Index>(), change()), 0..CHANGES)).prop_map(
        |(mut bytes, changes): (Vec<u8>, _)| {
            for (place, change) in changes {
                let place: Index = place;
                let at = place.index(bytes.len() + 1);
                match change {
                    Change::Insert(more) => drop(bytes.splice(at..at, more)),
                    Change::Remove(count) => {
                        let end = bytes.len().min(at + count);
                        drop(bytes.drain(at..end));
                    }
                    Change::Cut => bytes.truncate(at),
                    Change::Replace(by) => {
                        if let Some(byte) = bytes.get_mut(at) {
                            *byte = by;
                        }
                    }
                }
            }
            bytes
        },
    );
    prop_oneof![9 => changed, 1 => vec(any::<u8>(), 0..400)]
}

/// The bytes of a text: characters up to U+00FF are bytes.
pub(super) fn bytes(text: &str) -> Vec<u8> {
    text.chars()
        .filter_map(|one| u8::try_from(one).ok())
        .collect()
}

#[derive(Clone, Debug)]
enum Change {
    Insert(Vec<u8>),
    Remove(usize),
    Cut,
    Replace(u8),
}

fn change() -> impl Strategy<Value = Change> {
    let words = select(
        &[
            "{",
            "}",
            "[",
            "]",
            "\"",
            ":",
            ",",
            "null",
            "-1",
            "1e999",
            "\\u0000",
            "99999999999999999999",
            "true",
            "\"id\":",
            "é",
            "=",
            "-----",
            ".",
            "%",
            "\r\n",
        ][..],
    );
    prop_oneof![
        4 => any::<u8>().prop_map(Change::Replace),
        2 => words.prop_map(|word| Change::Insert(word.as_bytes().to_vec())),
        1 => vec(any::<u8>(), 0..6).prop_map(Change::Insert),
        2 => (1_usize..12).prop_map(Change::Remove),
        1 => Just(Change::Cut),
    ]
}
