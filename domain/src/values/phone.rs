//! A telephone number.

use serde::{Deserialize, Serialize};

use super::{Invalid, unicode::composed};

/// A telephone number as the user gave it. Registries hold too many spellings to force one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Phone(String);

impl Phone {
    /// Checks a number: 5 to 20 digits (15 of E.164 and an extension) with the usual separators. An extension is
    /// normalised to an `x` before its digits, and the scheme of a `tel:` URI is dropped.
    ///
    /// # Errors
    /// The number has too few or too many digits, or contains other characters.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = with_plain_extension(&composed(text));
        let digits = text.chars().filter(char::is_ascii_digit).count();
        let known = text.chars().all(|c| c.is_ascii_digit() || "+-.()/ x#".contains(c));
        if !known || !(5..=20).contains(&digits) || text.len() > 40 {
            return Err(Invalid("must be a telephone number of 5 to 20 digits"));
        }
        Ok(Self(text))
    }

    /// The number as the user gave it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The spellings of an extension, longer ones first.
const EXTENSIONS: [&str; 5] = [";ext=", "extension", "extn.", "ext.", "ext"];

fn with_plain_extension(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let text = if lower.starts_with("tel:") {
        text.get(4..).unwrap_or_default()
    } else {
        text
    };
    let lower = text.to_ascii_lowercase();
    let found = EXTENSIONS.iter().find_map(|word| Some((lower.find(word)?, word.len())));
    let Some((at, length)) = found else {
        return text.to_owned();
    };
    let (number, extension) = (text.get(..at), text.get(at + length..));
    format!(
        "{} x{}",
        number.unwrap_or_default().trim_end_matches([' ', ',', ';']),
        extension.unwrap_or_default().trim()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_numbers_and_refuses_other_texts() {
        for good in ["+1-555-0102", "(508) 753-1928", "030/123456", "+49 30 123456 x12"] {
            assert!(Phone::parse(good).is_ok(), "{good}");
        }
        for (told, kept) in [
            ("555-1234 ext. 5", "555-1234 x5"),
            ("555-1234 Ext 5", "555-1234 x5"),
            ("555-1234, extension 12", "555-1234 x12"),
            ("tel:+1-201-555-0123;ext=7", "+1-201-555-0123 x7"),
            ("tel:+1-201-555-0123", "+1-201-555-0123"),
        ] {
            assert_eq!(Phone::parse(told).expect("a number").as_str(), kept, "row 11: {told}");
        }
        for bad in [
            "555-1234 ext. ext. 5",
            "555-1234 ext. five",
            "",
            "1234",
            "call me",
            "+1-555-CALL",
            "123456789012345678901",
        ] {
            assert!(Phone::parse(bad).is_err(), "{bad}");
        }
    }
}
