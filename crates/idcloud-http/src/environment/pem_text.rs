//! Normalizes PEM as files, variables and secret stores deliver it, for a parser.
//!
//! Must not change a character of the base64 between the lines, nor show one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use idcloud_model::{SavedTextError, saved_text};
use zeroize::Zeroizing;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// Why a text holds no readable PEM. Never holds any of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PemFault {
    /// It is UTF-16.
    Utf16,
    /// It is not text: perhaps the DER that PEM encodes.
    Binary,
    /// It is base64 without the `BEGIN` and `END` lines.
    Bare,
    /// It has no `BEGIN` line.
    Absent,
    /// A block has no `END` line of its own.
    Unended,
    /// A block holds something other than base64.
    Foreign,
    /// A block's base64 was cut, or characters of it are missing.
    CutShort,
}

impl PemFault {
    /// The fault, worded as a rule.
    pub(crate) const fn rule(self) -> &'static str {
        match self {
            Self::Utf16 => "it is in UTF-16; save it as UTF-8",
            Self::Binary => {
                "it is not text; if it is DER, `openssl pkey -inform DER` makes PEM of it"
            }
            Self::Bare => "it is base64 without the lines -----BEGIN …----- and -----END …-----",
            Self::Absent => "it holds no PEM: there is no line -----BEGIN …-----",
            Self::Unended => "it is cut short: the line -----END …----- is missing",
            Self::Foreign => {
                "it is broken: something else than base64 stands between BEGIN and END"
            }
            Self::CutShort => {
                "it is broken: its base64 was cut short, or characters of it are lost"
            }
        }
    }
}

/// The blocks of a PEM text, each with its lines restored.
///
/// It undoes what variables, YAML, JSON and shells do to the text: a byte order mark, quotes around
/// it, `\n` as two characters, blanks or nothing instead of line ends, indentation, and base64 of
/// the whole.
///
/// # Errors
/// There is no block, or one cannot be read.
pub(crate) fn tidy(bytes: &[u8]) -> Result<Zeroizing<String>, PemFault> {
    let text = match saved_text(bytes) {
        Ok(text) => text,
        Err(SavedTextError::Utf16) => return Err(PemFault::Utf16),
        // Bundles of certificates have comments in any character set between their blocks.
        Err(_) => {
            let text = Zeroizing::new(String::from_utf8_lossy(bytes).into_owned());
            return if text.contains(BEGIN) {
                blocks(&text)
            } else {
                Err(PemFault::Binary)
            };
        }
    };
    if text.contains(BEGIN) {
        return blocks(text);
    }
    // A variable with one line is often the base64 of the whole file.
    let decoded = decoded(text).ok_or(PemFault::Absent)?;
    match str::from_utf8(&decoded) {
        Ok(inner) if inner.contains(BEGIN) => blocks(inner),
        // The first byte of every DER key and certificate.
        _ if decoded.first() == Some(&0x30) => Err(PemFault::Bare),
        _ => Err(PemFault::Absent),
    }
}

fn blocks(text: &str) -> Result<Zeroizing<String>, PemFault> {
    // Allocated at once, with a line end for each 64 characters: a buffer that grows leaves pieces
    // of the key behind.
    let mut tidied = Zeroizing::new(String::with_capacity(text.len() + text.len() / 32 + 256));
    let mut rest = text;
    while let Some((_, begun)) = rest.split_once(BEGIN) {
        let (label, begun) = begun.split_once(DASHES).ok_or(PemFault::Unended)?;
        let (body, behind) = begun.split_once(END).ok_or(PemFault::Unended)?;
        let (ended, behind) = behind.split_once(DASHES).ok_or(PemFault::Unended)?;
        if ended != label {
            return Err(PemFault::Unended);
        }
        rest = behind;
        tidied.extend([BEGIN, label, DASHES, "\n"]);
        if body.contains(':') {
            // Header lines, as old encrypted keys have them: the label's reader reports them.
            tidied.extend([body.trim(), "\n"]);
        } else {
            lines(&digits(body)?, &mut tidied);
        }
        tidied.extend([END, label, DASHES, "\n"]);
    }
    Ok(tidied)
}

/// The base64 of a block without white space, whether white space is literal or escaped as `\n`.
fn digits(body: &str) -> Result<Zeroizing<String>, PemFault> {
    let mut digits = Zeroizing::new(String::with_capacity(body.len()));
    let mut characters = body.chars();
    while let Some(character) = characters.next() {
        match character {
            'A'..='Z' | 'a'..='z' | '0'..='9' | '+' | '/' | '=' => digits.push(character),
            '\\' => match characters.next() {
                Some('n' | 'r' | 't') => {}
                // JSON may escape a slash; a shell's line continuation ends with a backslash.
                Some('/') => digits.push('/'),
                Some(space) if space.is_whitespace() => {}
                // `\\n`: escaped twice.
                Some('\\') => {
                    if !matches!(characters.next(), Some('n' | 'r' | 't')) {
                        return Err(PemFault::Foreign);
                    }
                }
                _ => return Err(PemFault::Foreign),
            },
            space if space.is_whitespace() => {}
            _ => return Err(PemFault::Foreign),
        }
    }
    if digits.len().is_multiple_of(4) && !digits.trim_end_matches('=').contains('=') {
        Ok(digits)
    } else {
        Err(PemFault::CutShort)
    }
}

fn lines(digits: &str, to: &mut String) {
    let mut rest = digits;
    while !rest.is_empty() {
        let (line, behind) = rest.split_at_checked(64).unwrap_or((rest, ""));
        to.extend([line, "\n"]);
        rest = behind;
    }
}

/// The bytes of a text that is only base64, quoted or not.
fn decoded(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut digits = Zeroizing::new(String::with_capacity(text.len()));
    let unquoted = text.trim().trim_matches(['"', '\'']);
    digits.extend(unquoted.chars().filter(|c| !c.is_whitespace()));
    let digits = digits.trim_end_matches('=');
    let mut bytes = Zeroizing::new(vec![0; base64::decoded_len_estimate(digits.len())]);
    let length = STANDARD_NO_PAD.decode_slice(digits, &mut bytes).ok()?;
    bytes.truncate(length);
    (!bytes.is_empty()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    const DIGITS: &str =
        "MIIBVgIBADANBgkqhkiG9w0BAQEFAASCAUAwggE8AgEAAkEAx+/AAAAAAAAAAAAAAAAAAAAAAA==";

    fn pem() -> String {
        let (first, second) = DIGITS.split_at(64);
        format!("-----BEGIN PRIVATE KEY-----\n{first}\n{second}\n-----END PRIVATE KEY-----\n")
    }

    /// However the text was passed on, the key in it is the same key.
    #[test]
    fn what_variables_and_files_do_to_it_is_undone() {
        let pem = pem();
        let (first, second) = DIGITS.split_at(64);
        for mangled in [
            pem.clone(),
            format!("\u{feff}{pem}"),
            pem.replace('\n', "\r\n"),
            pem.replace('\n', "\r"),
            pem.replace('\n', "\\n"),
            pem.replace('\n', "\\r\\n"),
            pem.replace('\n', "\\\\n"),
            pem.replace('\n', " "),
            pem.replace('\n', ""),
            format!("\"{}\"", pem.replace('\n', "\\n")),
            format!("'{pem}'"),
            format!(
                "{{\"key\": \"{}\"}}",
                pem.replace('/', "\\/").replace('\n', "\\n")
            ),
            format!("    {}", pem.replace('\n', "\n    ")),
            pem.replace('\n', "\\\n"),
            format!("Bag Attributes\n  name: x\n{pem}"),
            format!("-----BEGIN PRIVATE KEY-----{first}\u{a0}{second}-----END PRIVATE KEY-----"),
            STANDARD.encode(&pem),
            format!("\"{}\"\n", STANDARD.encode(&pem).trim_end_matches('=')),
        ] {
            assert_eq!(tidy(mangled.as_bytes()).as_deref(), Ok(&pem), "{mangled}");
        }
    }

    /// Comments between the blocks of a bundle may be in any character set.
    #[test]
    fn comments_do_no_harm() {
        let pem = pem();
        let bundle = [
            b"# Autoridade Jo\xe3o\n",
            pem.as_bytes(),
            b"# \xe3\n",
            pem.as_bytes(),
        ]
        .concat();
        assert_eq!(tidy(&bundle).as_deref(), Ok(&pem.repeat(2)));
    }

    /// A fault that cannot be undone is reported by its cause.
    #[test]
    fn the_rest_is_told_by_its_cause() {
        let pem = pem();
        let utf16: Vec<u8> = pem.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let cut = pem.rfind("-----END").unwrap_or_default();
        for (bytes, fault) in [
            (utf16, PemFault::Utf16),
            (b"\x30\x82\x04\xbd\x02\x01\xff".to_vec(), PemFault::Binary),
            (DIGITS.into(), PemFault::Bare),
            ("not a key".into(), PemFault::Absent),
            ("{\"key\": 1}".into(), PemFault::Absent),
            (STANDARD.encode("not a key").into(), PemFault::Absent),
            (pem[..cut].into(), PemFault::Unended),
            (
                pem.replace("END PRIVATE", "END PUBLIC").into(),
                PemFault::Unended,
            ),
            (pem.replace("MIIB", "M*IB").into(), PemFault::Foreign),
            (pem.replace("MIIB", "M\\IB").into(), PemFault::Foreign),
            (pem.replace("MIIB", "MIB").into(), PemFault::CutShort),
            (pem.replace("MIIB", "MI==").into(), PemFault::CutShort),
            (pem.replace('+', " ").into(), PemFault::CutShort),
        ] {
            assert_eq!(tidy(&bytes).map(|_| ()), Err(fault));
        }
    }
}
