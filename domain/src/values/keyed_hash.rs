//! Hashes of values that must not be stored in clear.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Invalid, text_form::text_form};

/// A keyed hash of a value in its normal form. Equal values have equal hashes. Without the key, nobody can derive a value
/// from a hash or test a guess. The text form has two hexadecimal digits for each byte.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct KeyedHash<const LENGTH: usize>([u8; LENGTH]);

/// The hash of an e-mail address.
pub type EmailHash = KeyedHash<32>;

/// The hash of an identifier: of its system and its value.
pub type IdentifierHash = KeyedHash<16>;

impl<const LENGTH: usize> KeyedHash<LENGTH> {
    /// How many bytes it has.
    pub const BYTES: usize = LENGTH;

    /// Wraps the bytes of a hash.
    #[must_use]
    pub const fn new(bytes: [u8; LENGTH]) -> Self {
        Self(bytes)
    }

    /// Reads a hash: hexadecimal digits, with lower-case letters.
    ///
    /// # Errors
    /// The text has another form or length.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const REFUSED: Invalid = Invalid("must be two hexadecimal digits for each byte of a hash");
        let digits = text.as_bytes();
        if digits.len() != 2 * LENGTH {
            return Err(REFUSED);
        }
        let mut bytes = [0; LENGTH];
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
    pub const fn as_bytes(&self) -> &[u8; LENGTH] {
        &self.0
    }
}

impl<const LENGTH: usize> fmt::Display for KeyedHash<LENGTH> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl<const LENGTH: usize> fmt::Debug for KeyedHash<LENGTH> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyedHash({self})")
    }
}

text_form!([const LENGTH: usize] KeyedHash<LENGTH>);

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
        assert!(IdentifierHash::parse(&"a".repeat(32)).is_ok());
        assert!(IdentifierHash::parse(&"a".repeat(64)).is_err());
    }
}
