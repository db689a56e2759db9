//! Identifiers and secrets drawn from a seed, so that a transcript can be repeated.
//! Must not be used outside a simulation: the seed reveals them all.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Draws identifiers from one seed.
#[derive(Clone, Debug)]
pub(crate) struct Ids(fastrand::Rng);

impl Ids {
    /// Starts at `seed`; `stream` separates several series of one seed.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed ^ stream.rotate_left(32)))
    }

    /// A random UUID (version 4) in lower case.
    pub(crate) fn uuid(&mut self) -> String {
        uuid_of(self.0.u128(..))
    }

    /// 32 random bytes.
    pub(crate) fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.0.fill(&mut bytes);
        bytes
    }

    /// A random text of 43 base64url characters.
    pub(crate) fn secret(&mut self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes())
    }
}

/// A UUID of version 4 from `bits`, in lower case.
pub(crate) fn uuid_of(bits: u128) -> String {
    const VERSION: u128 = 0x4 << 76;
    const VARIANT: u128 = 0b10 << 62;
    let bits = bits & !(0xf << 76) & !(0b11 << 62) | VERSION | VARIANT;
    let hex = format!("{bits:032x}");
    let mut uuid = String::with_capacity(36);
    for (position, digit) in hex.chars().enumerate() {
        if matches!(position, 8 | 12 | 16 | 20) {
            uuid.push('-');
        }
        uuid.push(digit);
    }
    uuid
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same seed gives the same identifiers; another stream gives others.
    #[test]
    fn repeats_itself() {
        let draw = |seed, stream| {
            let mut ids = Ids::new(seed, stream);
            [ids.uuid(), ids.secret(), ids.uuid()]
        };
        assert_eq!(draw(7, 1), draw(7, 1));
        assert_ne!(draw(7, 1), draw(8, 1));
        assert_ne!(draw(7, 1), draw(7, 2));
    }

    /// Process ids look like IDCloud's: a version 4 UUID.
    #[test]
    fn uuids_are_version_4() {
        let uuid = Ids::new(1, 0).uuid();
        assert_eq!(uuid.len(), 36);
        let parts: Vec<_> = uuid.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert_eq!(&uuid[14..15], "4");
        assert!(matches!(&uuid[19..20], "8" | "9" | "a" | "b"));
    }
}
