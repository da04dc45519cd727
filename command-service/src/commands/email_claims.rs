//! The ids that e-mail claims go by: a keyed hash, so that the log never spells an address out and nobody without the
//! key can test a guess.

use std::fmt;

use aws_lc_rs::hmac;
use domain::values::Email;

/// The secret that keys the hashes. Changing it makes every held address look free.
pub(crate) struct EmailPepper(hmac::Key);

impl EmailPepper {
    pub(crate) fn new(pepper: &str) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, pepper.as_bytes()))
    }

    /// The id of the claim on an address.
    pub(crate) fn claim_id(&self, email: &Email) -> String {
        let tag = hmac::sign(&self.0, email.normalised().as_bytes());
        tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for EmailPepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailPepper(********)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mailbox_has_one_claim_and_another_pepper_another() {
        let id = |pepper, email| EmailPepper::new(pepper).claim_id(&Email::parse(email).expect("an address"));
        assert_eq!(id("a", "John@example.com"), id("a", "john@EXAMPLE.com"));
        assert_ne!(id("a", "john@example.com"), id("a", "jane@example.com"));
        assert_ne!(id("a", "john@example.com"), id("b", "john@example.com"));
        assert_eq!(id("a", "john@example.com").len(), 64);
    }
}
