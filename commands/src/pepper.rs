//! The installation's secret. The log holds keyed hashes of e-mail addresses, idempotency keys and requests, so that
//! nobody without the secret can test a guess.

use std::fmt;

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::values::{Email, EmailHash};

/// The length of the tags of keys and requests, in bytes.
const TAG_BYTES: usize = 16;

/// The secret of the keyed hashes. After a change of the secret, all addresses look free and all keys unused.
pub(crate) struct Pepper(hmac::Key);

impl Pepper {
    pub(crate) fn new(pepper: &str) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, pepper.as_bytes()))
    }

    /// The keyed hash of an address.
    pub(crate) fn hash(&self, email: &Email) -> EmailHash {
        let mut hash = [0; 32];
        hash.copy_from_slice(hmac::sign(&self.0, email.normalised().as_bytes()).as_ref());
        EmailHash::new(hash)
    }

    /// The tag of a key or request.
    pub(crate) fn tag(&self, text: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(&hmac::sign(&self.0, text).as_ref()[..TAG_BYTES])
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pepper(********)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mailbox_has_one_hash_per_pepper() {
        let hash = |pepper, email| Pepper::new(pepper).hash(&Email::parse(email).expect("an address"));
        assert_eq!(hash("a", "John@example.com"), hash("a", "john@EXAMPLE.com"));
        assert_ne!(hash("a", "john@example.com"), hash("a", "jane@example.com"));
        assert_ne!(hash("a", "john@example.com"), hash("b", "john@example.com"));
    }
}
