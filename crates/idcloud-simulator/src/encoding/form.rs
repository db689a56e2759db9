//! Parses `application/x-www-form-urlencoded` bodies, as the token endpoint takes them.
//!
//! Must not keep a value longer than its request.

/// The name and value pairs of `body` in order; `None` if an escape is broken or the text is not
/// UTF-8.
pub(crate) fn parse(body: &[u8]) -> Option<Vec<(String, String)>> {
    if body.is_empty() {
        return Some(Vec::new());
    }
    body.split(|&byte| byte == b'&')
        .map(|pair| {
            let cut = pair
                .iter()
                .position(|&byte| byte == b'=')
                .unwrap_or(pair.len());
            let (name, value) = pair.split_at(cut);
            Some((
                decode(name)?,
                decode(value.strip_prefix(b"=").unwrap_or(value))?,
            ))
        })
        .collect()
}

fn decode(text: &[u8]) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(&byte) = rest.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => hex(*rest.next()?)? * 16 + hex(*rest.next()?)?,
            other => other,
        });
    }
    String::from_utf8(decoded).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Escapes, plus signs and empty values are parsed as browsers write them.
    #[test]
    fn reads_pairs() {
        let pairs = parse(b"grant_type=urn%3aietf%3Aparams&a=b+c&empty=&bare").unwrap();
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        assert_eq!(
            pairs,
            [
                ("grant_type", "urn:ietf:params"),
                ("a", "b c"),
                ("empty", ""),
                ("bare", "")
            ]
        );
    }

    /// A broken escape is refused.
    #[test]
    fn refuses_broken_escapes() {
        for body in ["a=%", "a=%4", "a=%zz", "a=%ff"] {
            assert!(parse(body.as_bytes()).is_none(), "{body}");
        }
    }
}
