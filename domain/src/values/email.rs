//! An e-mail address.

use serde::{Deserialize, Serialize};

use super::{
    Invalid,
    unicode::{compatible, composed, has_invisible},
};

/// An e-mail address as the user gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// Checks an address: one `@`, a local part of at most 64 characters, a domain with a dot, and at most 254
    /// characters in total (RFC 5321 §4.5.3.1). Quoted local parts and address literals are not accepted.
    ///
    /// # Errors
    /// The text is not such an address.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const REFUSED: Invalid = Invalid("must be an e-mail address such as name@example.org");
        let text = &composed(text);
        let (local, domain) = text.rsplit_once('@').ok_or(REFUSED)?;
        let dots_are_well_placed = |part: &str| part.split('.').all(|label| !label.is_empty());
        let local_is_fine = local.len() <= 64
            && dots_are_well_placed(local)
            && local
                .chars()
                .all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c));
        let domain_is_fine = domain.contains('.')
            && dots_are_well_placed(domain)
            && domain
                .split('.')
                .all(|label| !label.starts_with('-') && !label.ends_with('-'))
            && domain.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '.');
        let is_known = idna::domain_to_ascii(domain).is_ok();
        if text.len() > 254 || !local_is_fine || !domain_is_fine || !is_known || has_invisible(text) {
            return Err(REFUSED);
        }
        Ok(Self(text.to_owned()))
    }

    /// The address as the user gave it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The normal form, in which two spellings of one mailbox are equal: the domain in ASCII (IDNA), and all of it in
    /// lower case. Local parts are formally case-sensitive, but no provider in use distinguishes people by case, and
    /// front desks type both.
    #[must_use]
    pub fn normalised(&self) -> String {
        let whole = compatible(&self.0).to_lowercase();
        match whole.rsplit_once('@') {
            Some((local, domain)) => {
                let domain = idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_owned());
                format!("{local}@{domain}")
            }
            None => whole,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_addresses_and_refuses_other_texts() {
        for good in [
            "john@example.com",
            "a.b+tag@mail.example.org",
            "  padded@example.org ",
            "josé@exämple.org",
        ] {
            assert!(Email::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "john",
            "@example.com",
            "john@",
            "john@host",
            "a@b@example..com",
            ".a@b.org",
            "a b@c.org",
            "a@-b.org",
        ] {
            assert!(Email::parse(bad).is_err(), "{bad}");
        }
        assert!(Email::parse(&format!("{}@example.org", "x".repeat(65))).is_err());
    }

    #[test]
    fn two_spellings_of_one_mailbox_are_equal_once_normalised() {
        let a = Email::parse("John@Example.com").expect("an address");
        let b = Email::parse("john@example.COM").expect("an address");
        assert_eq!(a.normalised(), b.normalised());
    }

    #[test]
    fn row_4_spellings_of_one_idna_domain_are_equal() {
        let normalised = |text: &str| Email::parse(text).expect("an address").normalised();
        for same in [
            "a@b\u{fc}cher.example",
            "a@xn--bcher-kva.example",
            "a@bu\u{308}cher.example",
            "A@B\u{dc}CHER.example",
            "a@\u{ff42}\u{fc}cher.example",
            "\u{ff41}@b\u{fc}cher.example",
        ] {
            assert_eq!(normalised(same), "a@xn--bcher-kva.example", "{same}");
        }
        assert!(Email::parse("a@xn--zz.example").is_err(), "not a valid domain");
    }
}
