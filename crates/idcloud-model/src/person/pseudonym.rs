//! Keyed pseudonyms: one person always gives the same text, which cannot be traced back without the
//! key.
//!
//! Must not be made without a key: a CPF is one of a billion, and a plain hash of it is reversed in
//! seconds.

use std::fmt;

use hmac::{HmacReset, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::SubjectCode;

/// Makes pseudonyms under one secret key (HMAC-SHA-256).
///
/// ```
/// use idcloud_model::{Cpf, PseudonymKey, SubjectCode};
///
/// // 32 bytes from your secret store; never a constant as here.
/// let key = PseudonymKey::new([7; 32]);
/// let cpf: Cpf = "529.982.247-25".parse()?;
/// let code = SubjectCode::from(cpf);
/// assert_eq!(key.pseudonym(&code), key.pseudonym(&code));
/// assert_ne!(key.pseudonym(&code), PseudonymKey::new([8; 32]).pseudonym(&code));
/// # Ok::<(), idcloud_model::CpfError>(())
/// ```
#[derive(Clone)]
pub struct PseudonymKey(Zeroizing<[u8; 32]>);

impl PseudonymKey {
    /// A key of 32 bytes from a cryptographic source. Anyone who has it can reverse the pseudonyms
    /// by trying every CPF.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self(Zeroizing::new(key))
    }

    /// The pseudonym of a CPF or CURP.
    #[must_use]
    pub fn pseudonym(&self, code: &SubjectCode) -> Pseudonym {
        // The kind goes in first, so that a CPF and a CURP never share a pseudonym.
        let kind: &[u8] = match code {
            SubjectCode::Cpf(_) => b"cpf\0",
            SubjectCode::Curp(_) => b"curp\0",
        };
        let mut mac = <HmacReset<Sha256>>::new(&(*self.0).into_block());
        mac.update(kind);
        mac.update(code.expose().as_bytes());
        // In place: `finalize` moves the state, and leaves the number in memory that nothing wipes.
        Pseudonym(mac.finalize_reset().into_bytes().into())
    }
}

impl fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PseudonymKey(redacted)")
    }
}

/// A keyed pseudonym: 64 hexadecimal digits. Fit for logs and joins.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pseudonym([u8; 32]);

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pseudonym({self})")
    }
}

trait IntoBlock {
    /// The key, padded with zeros to the hash's block size as HMAC does with any short key (RFC
    /// 2104).
    fn into_block(self) -> hmac::digest::Key<HmacReset<Sha256>>;
}

impl IntoBlock for [u8; 32] {
    fn into_block(self) -> hmac::digest::Key<HmacReset<Sha256>> {
        let mut block = hmac::digest::Key::<HmacReset<Sha256>>::default();
        for (place, byte) in block.iter_mut().zip(self) {
            *place = byte;
        }
        block
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cpf, Curp};

    /// The value of an independent implementation (Python's hmac), so that pseudonyms stay joinable
    /// across versions and languages.
    #[test]
    fn known_value() {
        let key = PseudonymKey::new([7; 32]);
        let cpf: Cpf = "52998224725".parse().unwrap();
        assert_eq!(
            key.pseudonym(&cpf.into()).to_string(),
            "8b5a63a6e4710cbfc2783b88700ad9b4c9c7e1a78bbf91474df863a339a9d9e8"
        );
        let curp: Curp = "HEGG560427MVZRRL04".parse().unwrap();
        let text = format!("{:?} {:?}", key, key.pseudonym(&curp.into()));
        assert!(!text.contains("HEGG") && !text.contains("7, 7"));
    }
}
