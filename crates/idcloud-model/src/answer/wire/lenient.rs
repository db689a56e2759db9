//! Repairs an answer that the JSON reader refused: its character set, and values that no reader can
//! represent.
//!
//! Must not repair a value into a known one: an unrepresentable value becomes a text that no
//! evidence has.

use std::borrow::Cow;

use serde_json::Value;
use zeroize::Zeroizing;

/// The deepest nesting that is read: the JSON reader's own limit is 128.
const DEEPEST: usize = 100;
/// Replaces a value that was nested too deeply.
const TOO_DEEP: &str = "\"nested too deeply\"";

/// An answer that can be read now, or the part of it that arrived.
pub(super) struct Mended {
    /// One object. Of an answer that was cut off, the members that arrived completely.
    pub(super) text: Zeroizing<String>,
    /// Nothing was cut off, and nothing follows.
    pub(super) is_whole: bool,
}

/// Repairs `bytes`; `None` if they are not the start of an object with a complete member.
pub(super) fn mend(bytes: &[u8]) -> Option<Mended> {
    let text = Zeroizing::new(decoded(bytes).into_owned());
    let mut mending = Mending {
        rest: text.trim_start_matches(super::BYTE_ORDER_MARK).trim_start(),
        out: String::with_capacity(text.len() + 64),
        closers: Vec::new(),
        next: Next::Value,
        arrived: 0,
    };
    let is_closed = mending.run().is_some();
    let is_whole = is_closed && mending.rest.trim().is_empty();
    let mut out = Zeroizing::new(mending.out);
    if !is_closed {
        if mending.arrived == 0 {
            return None;
        }
        out.truncate(mending.arrived);
        out.push('}');
    }
    Some(Mended {
        text: out,
        is_whole,
    })
}

/// The text in its character set: UTF-8, UTF-16, or Latin-1 for bytes that are not UTF-8.
fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    let wide = |from_bytes: fn([u8; 2]) -> u16, bytes: &[u8]| {
        let units = bytes.chunks_exact(2);
        let units = units.map(|unit| from_bytes(unit.try_into().unwrap_or_default()));
        let text =
            char::decode_utf16(units).map(|read| read.unwrap_or(char::REPLACEMENT_CHARACTER));
        Cow::Owned(text.collect())
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(u16::from_le_bytes, rest),
        [0xfe, 0xff, rest @ ..] => wide(u16::from_be_bytes, rest),
        [b'{', 0, ..] => wide(u16::from_le_bytes, bytes),
        [0, b'{', ..] => wide(u16::from_be_bytes, bytes),
        _ => match str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => Cow::Owned(latin_1(bytes)),
        },
    }
}

/// Decodes each byte that is not UTF-8 as a character of its own.
fn latin_1(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 64);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| char::from(*byte)));
    }
    text
}

struct Mending<'a> {
    rest: &'a str,
    out: String,
    /// The closing brackets of the open values.
    closers: Vec<char>,
    /// The tokens that may come next.
    next: Next,
    /// Where the last complete member of the outermost object ends.
    arrived: usize,
}

/// The tokens that JSON allows next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// A member's name.
    Name,
    /// A member's name, or the end of an object without any.
    NameOrEnd,
    /// The colon behind a name.
    Colon,
    /// A value.
    Value,
    /// A value, or the end of a list without any.
    ValueOrEnd,
    /// A comma, or the end of the list or object.
    CommaOrEnd,
}

impl Mending<'_> {
    /// Reads one object to its end; `None` if it has no end, or breaks JSON's rules before.
    fn run(&mut self) -> Option<()> {
        if !self.rest.starts_with('{') {
            return None;
        }
        loop {
            self.rest = self.rest.trim_start();
            let next = self.rest.chars().next()?;
            let is_value = matches!(self.next, Next::Value | Next::ValueOrEnd);
            match (next, self.next) {
                ('{' | '[', _) if is_value && self.closers.len() >= DEEPEST => {
                    self.skip()?;
                    self.out.push_str(TOO_DEEP);
                    self.next = Next::CommaOrEnd;
                }
                ('{', _) if is_value => self.open('}', Next::NameOrEnd),
                ('[', _) if is_value => self.open(']', Next::ValueOrEnd),
                ('}', Next::NameOrEnd | Next::CommaOrEnd)
                | (']', Next::ValueOrEnd | Next::CommaOrEnd) => {
                    if self.closers.pop() != Some(next) {
                        return None;
                    }
                    self.take(next);
                    if self.closers.is_empty() {
                        return Some(());
                    }
                    self.next = Next::CommaOrEnd;
                    self.value_ended();
                }
                (':', Next::Colon) => {
                    self.take(next);
                    self.next = Next::Value;
                }
                (',', Next::CommaOrEnd) => {
                    // A number ends where the next member begins.
                    self.value_ended();
                    self.take(next);
                    let is_object = self.closers.last() == Some(&'}');
                    self.next = if is_object { Next::Name } else { Next::Value };
                }
                ('"', Next::Name | Next::NameOrEnd) => {
                    self.string()?;
                    self.next = Next::Colon;
                }
                ('"', _) if is_value => {
                    self.string()?;
                    self.next = Next::CommaOrEnd;
                    self.value_ended();
                }
                (_, _) if is_value => {
                    self.word()?;
                    self.next = Next::CommaOrEnd;
                }
                _ => return None,
            }
        }
    }

    fn take(&mut self, next: char) {
        self.out.push(next);
        self.rest = self.rest.get(next.len_utf8()..).unwrap_or_default();
    }

    fn open(&mut self, closer: char, next: Next) {
        let opener = if closer == '}' { '{' } else { '[' };
        self.closers.push(closer);
        self.next = next;
        self.take(opener);
    }

    fn value_ended(&mut self) {
        if self.closers.len() == 1 {
            self.arrived = self.out.len();
        }
    }

    /// A string, with replacements for what the reader would refuse: lone surrogates, control
    /// characters, invalid escapes.
    fn string(&mut self) -> Option<()> {
        let end = end_of_string(self.rest)?;
        let (text, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        if serde_json::from_str::<Value>(text).is_ok() {
            self.out.push_str(text);
            return Some(());
        }
        let inner = text.get(1..text.len() - 1)?;
        self.out.push('"');
        let mut chars = inner.chars();
        while let Some(next) = chars.next() {
            match next {
                '\\' => {
                    let escaped = chars.next()?;
                    match escaped {
                        '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' => {
                            self.out.extend(['\\', escaped]);
                        }
                        // Surrogate pairs are lost together with lone ones: no known value holds
                        // any.
                        'u' => {
                            let digits = chars.as_str().get(..4);
                            let read =
                                digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
                            if read.is_some() {
                                chars.nth(3);
                            }
                            let read = read.and_then(char::from_u32);
                            self.push_plain(read.unwrap_or(char::REPLACEMENT_CHARACTER));
                        }
                        other => self.push_plain(other),
                    }
                }
                other => self.push_plain(other),
            }
        }
        self.out.push('"');
        Some(())
    }

    fn push_plain(&mut self, text: char) {
        match text {
            '"' | '\\' => self.out.extend(['\\', text]),
            control if u32::from(control) < 0x20 => self.out.push(' '),
            other => self.out.push(other),
        }
    }

    /// A number, `true`, `false` or `null`. A number that no reader can represent becomes a text.
    fn word(&mut self) -> Option<()> {
        let is_end =
            |c: char| c.is_whitespace() || matches!(c, ',' | ':' | '{' | '}' | '[' | ']' | '"');
        let end = self.rest.find(is_end)?;
        let (word, rest) = self.rest.split_at_checked(end)?;
        let is_number = word.starts_with(|c: char| c.is_ascii_digit() || c == '-')
            && word
                .bytes()
                .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
        if serde_json::from_str::<Value>(word).is_ok() {
            self.out.push_str(word);
        } else if is_number || matches!(word, "NaN" | "Infinity" | "-Infinity") {
            self.out.push('"');
            self.out.push_str(word);
            self.out.push('"');
        } else {
            return None;
        }
        self.rest = rest;
        Some(())
    }

    /// Skips a whole value.
    fn skip(&mut self) -> Option<()> {
        let mut open = 0_usize;
        loop {
            let next = self.rest.chars().next()?;
            let mut taken = next.len_utf8();
            match next {
                '{' | '[' => open += 1,
                '}' | ']' => open -= 1,
                '"' => taken = end_of_string(self.rest)?,
                _ => {}
            }
            self.rest = self.rest.get(taken..)?;
            if open == 0 {
                return Some(());
            }
        }
    }
}

/// Where the string at the start of `text` ends, quotes included.
fn end_of_string(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(text: &str) -> Option<(String, bool)> {
        let mended = mend(text.as_bytes())?;
        assert!(
            serde_json::from_str::<Value>(&mended.text).is_ok(),
            "{text}: {}",
            &*mended.text
        );
        Some((mended.text.as_str().to_owned(), mended.is_whole))
    }

    /// An unrepresentable value becomes a text, and everything beside it stays unchanged.
    #[test]
    fn values_that_cannot_be_kept() {
        for (text, whole) in [
            (
                r#"{"a":1e999,"b":-1E+999}"#,
                r#"{"a":"1e999","b":"-1E+999"}"#,
            ),
            (r#"{"a":NaN,"b":01}"#, r#"{"a":"NaN","b":"01"}"#),
            (
                r#"{"a":"\ud800","b":"x\udc00y"}"#,
                "{\"a\":\"\u{fffd}\",\"b\":\"x\u{fffd}y\"}",
            ),
            ("{\"a\":\"x\ny\"}", r#"{"a":"x y"}"#),
            (r#"{"a":"\x\ud800\"\\"}"#, "{\"a\":\"x\u{fffd}\\\"\\\\\"}"),
            (r#" {"a" : [1, 2] } "#, r#"{"a":[1,2]}"#),
        ] {
            assert_eq!(mended(text), Some((whole.to_owned(), true)), "{text}");
        }
        let deep = format!(
            r#"{{"x":{}{},"a":1}}"#,
            "[".repeat(5_000),
            "]".repeat(5_000)
        );
        let (text, is_whole) = mended(&deep).unwrap();
        assert!(is_whole && text.ends_with(r#","a":1}"#) && text.contains("too deeply"));
    }

    /// Of an answer that was cut off the complete members remain, and no half value.
    #[test]
    fn what_was_cut_off() {
        for (text, arrived) in [
            (r#"{"a":"x","b":12"#, Some(r#"{"a":"x"}"#)),
            (r#"{"a":"x","b":12,"#, Some(r#"{"a":"x","b":12}"#)),
            (r#"{"a":"x""#, Some(r#"{"a":"x"}"#)),
            (r#"{"a":{"b":[1]},"c":{"d":"e""#, Some(r#"{"a":{"b":[1]}}"#)),
            (r#"{"a":"x","#, Some(r#"{"a":"x"}"#)),
            (r#"{"a":"x", <html>"#, Some(r#"{"a":"x"}"#)),
            (r#"{"a":"x"] "#, Some(r#"{"a":"x"}"#)),
            // What arrived ends where JSON's rules are broken.
            (r#"{"a":"x","b":3,}"#, Some(r#"{"a":"x","b":3}"#)),
            (r#"{"a":"x",,"b":3}"#, Some(r#"{"a":"x"}"#)),
            (r#"{"a":"x" "b":3}"#, Some(r#"{"a":"x"}"#)),
            (r#"{"a":"x";"b":3}"#, Some(r#"{"a":"x"}"#)),
            (r#"{"a":"x","b"3}"#, Some(r#"{"a":"x"}"#)),
            (r#"{"a":"x","b"::3}"#, Some(r#"{"a":"x"}"#)),
            (r#"{"a":"x","b":}"#, Some(r#"{"a":"x"}"#)),
            (r#"{"a":"x","b":3 4}"#, Some(r#"{"a":"x"}"#)),
            (r#"{"a":"x","b":[1,]}"#, Some(r#"{"a":"x"}"#)),
            (r#"{"a":"x","b":{"c":1,}}"#, Some(r#"{"a":"x"}"#)),
            (r#"{"a":"x","b":{1:2}}"#, Some(r#"{"a":"x"}"#)),
            (r#"{"a":"x",b:3}"#, Some(r#"{"a":"x"}"#)),
            (r#"{"a":"x",'b':3}"#, Some(r#"{"a":"x"}"#)),
            (r#"{"a":"x",7}"#, Some(r#"{"a":"x"}"#)),
            (r#"{"a":"x","b"}"#, Some(r#"{"a":"x"}"#)),
            (r#"{,"a":"x"}"#, None),
            (r#"{"a" "x"}"#, None),
            (r#"{"a":"x""#, Some(r#"{"a":"x"}"#)),
            (r#"{"a":"x"#, None),
            (r#"{"a""#, None),
            (r#"{"a":"#, None),
            ("{", None),
            ("[", None),
            ("<html>", None),
            ("", None),
        ] {
            let expected = arrived.map(|text| (text.to_owned(), false));
            assert_eq!(mended(text), expected, "{text}");
        }
        let (text, is_whole) = mended(r#"{"a":1}{"b":2}"#).unwrap();
        assert_eq!((text.as_str(), is_whole), (r#"{"a":1}"#, false));
    }

    #[test]
    fn character_sets() {
        let text = "{\"a\":\"S\u{e3}o\"}";
        let latin: Vec<u8> = text
            .chars()
            .map(|c| u8::try_from(u32::from(c)).unwrap())
            .collect();
        let wide = |to: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(to).collect::<Vec<u8>>();
        let marked = |mark: &[u8], bytes: Vec<u8>| [mark, &bytes].concat();
        for bytes in [
            latin,
            text.as_bytes().to_vec(),
            marked(b"\xef\xbb\xbf", text.into()),
            marked(b"\xff\xfe", wide(u16::to_le_bytes)),
            marked(b"\xfe\xff", wide(u16::to_be_bytes)),
            wide(u16::to_le_bytes),
            wide(u16::to_be_bytes),
        ] {
            assert_eq!(&*mend(&bytes).unwrap().text, text, "{bytes:?}");
        }
    }
}
