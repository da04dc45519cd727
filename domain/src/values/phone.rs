//! A telephone number.

use serde::{Deserialize, Serialize};

use super::Invalid;

/// A telephone number, as it was given: registries hold too many spellings to force one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Phone(String);

impl Phone {
    /// Checks a number: 5 to 20 digits (15 of E.164 and an extension), with the usual separators.
    ///
    /// # Errors
    /// It has too few or too many digits, or holds something else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        let digits = text.chars().filter(char::is_ascii_digit).count();
        let known = text.chars().all(|c| c.is_ascii_digit() || "+-.()/ x#".contains(c));
        if !known || !(5..=20).contains(&digits) || text.len() > 40 {
            return Err(Invalid("must be a telephone number of 5 to 20 digits"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The number as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_number() {
        for good in ["+1-555-0102", "(508) 753-1928", "030/123456", "+49 30 123456 x12"] {
            assert!(Phone::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "1234", "call me", "+1-555-CALL", "123456789012345678901"] {
            assert!(Phone::parse(bad).is_err(), "{bad}");
        }
    }
}
