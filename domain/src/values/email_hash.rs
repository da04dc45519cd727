//! The hash of an e-mail address.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};

use super::Invalid;

/// A keyed hash of an e-mail address in its normal form. Equal addresses have equal hashes. Without the key, nobody can
/// derive an address from a hash or test a guess. The text form has 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct EmailHash([u8; 32]);

impl EmailHash {
    /// Wraps the bytes of a hash.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads a hash: 64 hexadecimal digits, with lower-case letters.
    ///
    /// # Errors
    /// The text has another form.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const REFUSED: Invalid = Invalid("must be 64 hexadecimal digits");
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(REFUSED);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            for digit in pair {
                let value = match digit {
                    b'0'..=b'9' => digit - b'0',
                    b'a'..=b'f' => digit - b'a' + 10,
                    _ => return Err(REFUSED),
                };
                *byte = *byte << 4 | value;
            }
        }
        Ok(Self(bytes))
    }

    /// The bytes of the hash.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for EmailHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for EmailHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmailHash({self})")
    }
}

impl From<EmailHash> for String {
    fn from(hash: EmailHash) -> Self {
        let mut text = Self::with_capacity(64);
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{hash}");
        text
    }
}

impl TryFrom<String> for EmailHash {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_round_trips_through_its_text() {
        let text = "00ff10".to_owned() + &"a9".repeat(29);
        let hash = EmailHash::parse(&text).expect("a hash");
        assert_eq!(hash.to_string(), text);
        assert_eq!(String::from(hash), text);
        assert_eq!(EmailHash::new(*hash.as_bytes()), hash);
        assert_eq!(&hash.as_bytes()[..4], [0x00, 0xff, 0x10, 0xa9]);
    }

    #[test]
    fn refuses_other_texts() {
        for bad in [
            "",
            "ab",
            &"a".repeat(63),
            &"a".repeat(65),
            &"A".repeat(64),
            &"é".repeat(32),
        ] {
            assert!(EmailHash::parse(bad).is_err(), "{bad}");
        }
    }
}
