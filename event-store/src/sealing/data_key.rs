//! The data key of one person: AES-256-GCM with a random nonce for every value.

use std::fmt;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    rand,
};

/// The length of a key in bytes.
pub(crate) const KEY_LEN: usize = 32;

/// A cryptographic operation failed. It deliberately gives no details.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CryptoFault;

impl From<aws_lc_rs::error::Unspecified> for CryptoFault {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self
    }
}

/// Encrypts and decrypts values: the nonce, then the ciphertext, then the tag.
pub(crate) struct DataKey(RandomizedNonceKey);

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(..)")
    }
}

/// Generates the bytes of a new key.
pub(crate) fn generate() -> Result<[u8; KEY_LEN], CryptoFault> {
    let mut bytes = [0; KEY_LEN];
    rand::fill(&mut bytes)?;
    Ok(bytes)
}

impl DataKey {
    pub(crate) fn new(bytes: &[u8; KEY_LEN]) -> Result<Self, CryptoFault> {
        Ok(Self(RandomizedNonceKey::new(&AES_256_GCM, bytes)?))
    }

    pub(crate) fn encrypt(&self, binding: &[u8], value: &[u8]) -> Result<Vec<u8>, CryptoFault> {
        let mut ciphertext = value.to_vec();
        let nonce = self.0.seal_in_place_append_tag(Aad::from(binding), &mut ciphertext)?;
        let mut encrypted = nonce.as_ref().to_vec();
        encrypted.append(&mut ciphertext);
        Ok(encrypted)
    }

    pub(crate) fn decrypt(&self, binding: &[u8], encrypted: &[u8]) -> Result<Vec<u8>, CryptoFault> {
        let (nonce, ciphertext) = encrypted.split_at_checked(NONCE_LEN).ok_or(CryptoFault)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce)?;
        let mut value = ciphertext.to_vec();
        let length = self.0.open_in_place(nonce, Aad::from(binding), &mut value)?.len();
        value.truncate(length);
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> DataKey {
        DataKey::new(&generate().expect("random")).expect("a key")
    }

    #[test]
    fn what_was_encrypted_is_decrypted_and_twice_is_not_the_same() {
        let key = key();
        let (one, other) = (key.encrypt(b"here", b"Ada"), key.encrypt(b"here", b"Ada"));
        let (one, other) = (one.expect("encrypted"), other.expect("encrypted"));
        assert_ne!(one, other);
        for encrypted in [one, other] {
            assert_eq!(key.decrypt(b"here", &encrypted), Ok(b"Ada".to_vec()));
        }
    }

    #[test]
    fn another_key_another_place_or_another_byte_is_refused() {
        let (key, another) = (key(), self::key());
        let encrypted = key.encrypt(b"here", b"Ada").expect("encrypted");
        assert_eq!(another.decrypt(b"here", &encrypted), Err(CryptoFault));
        assert_eq!(key.decrypt(b"there", &encrypted), Err(CryptoFault));
        for index in 0..encrypted.len() {
            let mut changed = encrypted.clone();
            changed[index] ^= 1;
            assert_eq!(key.decrypt(b"here", &changed), Err(CryptoFault), "byte {index}");
        }
        for length in 0..encrypted.len() {
            assert_eq!(
                key.decrypt(b"here", &encrypted[..length]),
                Err(CryptoFault),
                "{length} bytes"
            );
        }
    }
}
