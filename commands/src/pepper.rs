//! The installation's secret. The log holds keyed hashes of e-mail addresses, idempotency keys and requests, so that
//! nobody without the secret can test a guess.

use std::fmt;

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::values::{Email, EmailHash, Identifier, IdentifierHash};

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

    /// The hash of an identifier. Its label keeps it apart from those of addresses and keys.
    pub(crate) fn identifier_hash(&self, identifier: &Identifier) -> IdentifierHash {
        let parts: [&[u8]; 3] = [
            b"identifier",
            identifier.system().as_bytes(),
            identifier.value().as_bytes(),
        ];
        let whole = hmac::sign(&self.0, &joined(&parts));
        let mut hash = [0; IdentifierHash::BYTES];
        hash.copy_from_slice(&whole.as_ref()[..IdentifierHash::BYTES]);
        IdentifierHash::new(hash)
    }

    /// The tag of a key or request.
    pub(crate) fn tag(&self, text: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(&hmac::sign(&self.0, text).as_ref()[..TAG_BYTES])
    }
}

/// Joins parts in order. A length before each part makes the encoding unique.
pub(crate) fn joined(parts: &[&[u8]]) -> Vec<u8> {
    let mut text = Vec::new();
    for part in parts {
        text.extend_from_slice(&(part.len() as u64).to_be_bytes());
        text.extend_from_slice(part);
    }
    text
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

    #[test]
    fn an_identifier_is_known_by_its_system_and_its_value() {
        let hash = |pepper, system, value| {
            Pepper::new(pepper).identifier_hash(&Identifier::parse(system, value).expect("an identifier"))
        };
        assert_eq!(hash("a", "urn:mrn", "A-17"), hash("a", "urn:mrn", " A-17 "));
        assert_ne!(hash("a", "urn:mrn", "A-17"), hash("a", "urn:mrn", "a-17"));
        assert_ne!(hash("a", "urn:mrn", "A-17"), hash("a", "urn:mr", "nA-17"));
        assert_ne!(hash("a", "urn:mrn", "A-17"), hash("b", "urn:mrn", "A-17"));
    }
}
