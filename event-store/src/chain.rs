//! The hash chain: every event carries the hash of its aggregate's previous event, so a changed, missing or inserted
//! event shows.

use std::fmt;

use aws_lc_rs::digest::{Context, SHA256, SHA256_OUTPUT_LEN};

/// The SHA-256 of an event and, through the hash it carries, of all events of its aggregate before it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventHash([u8; SHA256_OUTPUT_LEN]);

impl EventHash {
    /// What an aggregate's first event carries: there is nothing before it.
    pub const GENESIS: Self = Self([0; SHA256_OUTPUT_LEN]);

    /// Hashes an event's parts in order. Each is preceded by its length, so that no two events share an encoding.
    pub(crate) fn of(parts: &[&[u8]]) -> Self {
        let mut context = Context::new(&SHA256);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut hash = [0; SHA256_OUTPUT_LEN];
        hash.copy_from_slice(context.finish().as_ref());
        Self(hash)
    }

    /// Reads 64 hexadecimal digits. Answers nothing when the text is something else.
    ///
    /// ```
    /// use event_store::EventHash;
    ///
    /// assert_eq!(EventHash::from_hex(&"0".repeat(64)), Some(EventHash::GENESIS));
    /// assert_eq!(EventHash::from_hex("not a hash"), None);
    /// ```
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        if text.len() != SHA256_OUTPUT_LEN * 2 || !text.is_ascii() {
            return None;
        }
        let mut hash = [0; SHA256_OUTPUT_LEN];
        for (byte, digits) in hash.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self(hash))
    }

    pub(crate) const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for EventHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; SHA256_OUTPUT_LEN * 2];
        for (digits, byte) in text.chunks_exact_mut(2).zip(self.0) {
            digits.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for EventHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventHash({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_reads_back_from_its_text() {
        let hash = EventHash::of(&[b"one", b"two"]);
        assert_eq!(EventHash::from_hex(&hash.to_string()), Some(hash));
        assert_eq!(EventHash::from_hex("zz"), None);
        assert_eq!(EventHash::from_hex(&"g".repeat(64)), None);
    }

    #[test]
    fn where_one_part_ends_and_the_next_begins_matters() {
        assert_ne!(EventHash::of(&[b"ab", b"c"]), EventHash::of(&[b"a", b"bc"]));
    }
}
