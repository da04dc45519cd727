//! One-time codes by the clock (TOTP, RFC 6238), as authenticator apps make them: six digits, for 30 seconds, by
//! HMAC-SHA-1, which is the only algorithm that every app supports.

use aws_lc_rs::hmac;
use chrono::{DateTime, Utc};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The length of a secret, as the standard recommends.
const SECRET_LEN: usize = 20;
const STEP_SECONDS: i64 = 30;
/// How many steps a clock may be wrong by.
const TOLERANCE: i64 = 1;
const DIGITS: usize = 6;
/// What an app shows beside the account.
const ISSUER: &str = "Anamnesis";

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A secret that a person's app shares.
pub(crate) struct Secret([u8; SECRET_LEN]);

impl From<&[u8; 32]> for Secret {
    /// Keys are stored with 32 bytes; the first ones are the secret.
    fn from(seed: &[u8; 32]) -> Self {
        let mut secret = [0; SECRET_LEN];
        secret.copy_from_slice(&seed[..SECRET_LEN]);
        Self(secret)
    }
}

impl Secret {
    /// The step whose code this is, if it is a code of now or of a moment ago.
    pub(crate) fn step_of(&self, code: &str, now: DateTime<Utc>) -> Option<i64> {
        let current = now.timestamp().div_euclid(STEP_SECONDS);
        let digits = code.len() == DIGITS && code.bytes().all(|byte| byte.is_ascii_digit());
        let code: u32 = code.parse().ok().filter(|_| digits)?;
        (current - TOLERANCE..=current + TOLERANCE).find(|step| self.code(*step) == code)
    }

    /// The code of a step.
    pub(crate) fn code(&self, step: i64) -> u32 {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let tag = tag.as_ref();
        let offset = usize::from(tag.last().copied().unwrap_or_default() & 0x0f);
        let word = tag.iter().skip(offset).take(4);
        let word = word.fold(0_u32, |word, byte| (word << 8) | u32::from(*byte));
        (word & 0x7fff_ffff) % 10_u32.pow(DIGITS as u32)
    }

    /// The secret for typing it into an app.
    pub(crate) fn text(&self) -> String {
        let bits = self
            .0
            .iter()
            .flat_map(|byte| (0..8).rev().map(move |bit| (byte >> bit) & 1));
        let bits: Vec<u8> = bits.collect();
        let letter = |five: &[u8]| char::from(BASE32[five.iter().fold(0, |n, bit| n * 2 + usize::from(*bit))]);
        bits.chunks(5).map(letter).collect()
    }

    /// The secret for a QR code.
    pub(crate) fn uri(&self, account: &str) -> String {
        let account = utf8_percent_encode(account, NON_ALPHANUMERIC);
        let secret = self.text();
        format!("otpauth://totp/{ISSUER}:{account}?secret={secret}&issuer={ISSUER}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> Secret {
        Secret(*b"12345678901234567890")
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn the_codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, of which six digits are used.
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(secret().step_of(code, at(seconds)), Some(seconds / 30), "{seconds}");
        }
    }

    #[test]
    fn a_code_is_valid_one_step_early_and_late_and_no_longer() {
        let valid = |seconds| secret().step_of("287082", at(seconds)).is_some();
        assert!(valid(0) && valid(30) && valid(89));
        assert!(!valid(90));
        for other in ["", "28708", "2870820", "+87082", "28708a", "２８７０８２"] {
            assert_eq!(secret().step_of(other, at(59)), None, "{other}");
        }
    }

    #[test]
    fn an_app_reads_the_secret() {
        assert_eq!(secret().text(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(
            secret().uri("ada@clinic.example"),
            "otpauth://totp/Anamnesis:ada%40clinic%2Eexample?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Anamnesis"
        );
    }
}
