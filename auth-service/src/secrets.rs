//! Random secrets: tokens and one-time passwords. Only hashes of them are stored.

use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac, rand,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::AuthError;

/// What refresh tokens begin with, so that tools that look for leaked secrets recognise them.
pub(crate) const REFRESH_PREFIX: &str = "anr_";

/// Digits and letters that are not mistaken for each other.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
const GROUP_CHARS: usize = 5;

/// 256 random bits.
pub(crate) fn random() -> Result<[u8; 32], AuthError> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| AuthError::Crypto("no random numbers are available"))?;
    Ok(bytes)
}

/// A new token.
pub(crate) fn token(prefix: &str) -> Result<String, AuthError> {
    Ok(written(prefix, &random()?))
}

/// The hash by which a token is stored and found. A token is random, so a fast hash is enough.
pub(crate) fn hash(token: &str) -> Vec<u8> {
    digest(&SHA256, token.as_bytes()).as_ref().to_vec()
}

/// The token that follows a refresh token. The same token always gets the same successor, although only
/// hashes are stored.
pub(crate) fn successor(rotation_key: &[u8], token: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, rotation_key);
    written(REFRESH_PREFIX, hmac::sign(&key, token.as_bytes()).as_ref())
}

/// A password of 100 random bits that can be read aloud.
pub(crate) fn one_time_password() -> Result<String, AuthError> {
    readable(4)
}

/// A recovery code of 75 random bits.
pub(crate) fn recovery_code() -> Result<String, AuthError> {
    readable(3)
}

/// Groups of five characters, of five bits each.
fn readable(groups: usize) -> Result<String, AuthError> {
    let random = random()?;
    let letters = random.map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
    let groups = letters.chunks(GROUP_CHARS).take(groups);
    let groups: Vec<String> = groups.map(|group| group.iter().collect()).collect();
    Ok(groups.join("-"))
}

fn written(prefix: &str, bytes: &[u8]) -> String {
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_passwords_never_repeat() {
        assert_ne!(token("x_").unwrap(), token("x_").unwrap());
        let (one, other) = (one_time_password().unwrap(), one_time_password().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.len(), 23);
        assert_eq!(one.matches('-').count(), 3);
    }

    #[test]
    fn a_successor_depends_on_the_token_and_on_the_key() {
        let (key, token) = (random().unwrap(), token(REFRESH_PREFIX).unwrap());
        let next = successor(&key, &token);
        assert_eq!(next, successor(&key, &token));
        assert_ne!(next, successor(&random().unwrap(), &token));
        assert_ne!(next, successor(&key, &next));
        assert_ne!(hash(&next), hash(&token));
    }
}
