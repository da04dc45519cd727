//! The hash chain. Each commit carries the hash of the previous commit, so a changed, missing or inserted commit is
//! detected.

use std::fmt;

use aws_lc_rs::digest::{Context, SHA256, SHA256_OUTPUT_LEN};

/// The SHA-256 of a commit. It covers the previous commit's hash, and so all earlier commits of the stream.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CommitHash([u8; SHA256_OUTPUT_LEN]);

impl CommitHash {
    /// The previous hash in a stream's first commit.
    pub const GENESIS: Self = Self([0; SHA256_OUTPUT_LEN]);

    /// Hashes a commit's parts in order. Each part is preceded by its length, so that no two commits share an
    /// encoding.
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

    /// Parses 64 hexadecimal digits. Returns `None` for any other text.
    ///
    /// ```
    /// use event_store::CommitHash;
    ///
    /// assert_eq!(CommitHash::from_hex(&"0".repeat(64)), Some(CommitHash::GENESIS));
    /// assert_eq!(CommitHash::from_hex("not a hash"), None);
    /// ```
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut hash = [0; SHA256_OUTPUT_LEN];
        hex::decode_to_slice(text, &mut hash).ok()?;
        Some(Self(hash))
    }

    pub(crate) const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for CommitHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; SHA256_OUTPUT_LEN * 2];
        hex::encode_to_slice(self.0, &mut text).map_err(|_| fmt::Error)?;
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for CommitHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CommitHash({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_reads_back_from_its_text() {
        let hash = CommitHash::of(&[b"one", b"two"]);
        assert_eq!(CommitHash::from_hex(&hash.to_string()), Some(hash));
        assert_eq!(CommitHash::from_hex("zz"), None);
        assert_eq!(CommitHash::from_hex(&"+1".repeat(32)), None);
        assert_eq!(CommitHash::from_hex(&"g".repeat(64)), None);
    }

    #[test]
    fn where_one_part_ends_and_the_next_begins_matters() {
        assert_ne!(CommitHash::of(&[b"ab", b"c"]), CommitHash::of(&[b"a", b"bc"]));
    }
}
