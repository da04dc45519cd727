//! Bounded texts: names, addresses, reasons, notes.

use serde::{Deserialize, Serialize};

use super::{
    Invalid,
    unicode::{composed, has_invisible},
};

/// Declares a text type. Its values are trimmed, in Unicode normal form C, not empty, and bounded in length. Control
/// characters are refused, except line breaks and tabs in a multi-line text. A type can add a check of its own.
macro_rules! text {
    ($(#[$meta:meta])* $name:ident, at most $most:literal characters, $lines:ident $(, $check:ident)?) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Trims and checks a text.
            ///
            /// # Errors
            /// The text is empty, too long, or contains characters that are not allowed.
            pub fn parse(text: &str) -> Result<Self, Invalid> {
                let text = composed(text);
                if text.is_empty() {
                    return Err(Invalid("must not be empty"));
                }
                if text.chars().count() > $most {
                    return Err(Invalid(concat!("must be at most ", $most, " characters")));
                }
                if text.chars().any(|c| c.is_control() && !($lines && matches!(c, '\n' | '\r' | '\t'))) {
                    return Err(Invalid("must not contain control characters"));
                }
                $($check(&text)?;)?
                Ok(Self(text))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

const ONE_LINE: bool = false;
const MANY_LINES: bool = true;

/// Refuses invisible characters in a name or term.
fn visible(text: &str) -> Result<(), Invalid> {
    if has_invisible(text) {
        return Err(Invalid("must not contain invisible characters"));
    }
    Ok(())
}

/// Refuses a minus sign before the first number of a dose. Between numbers or within a word, the sign is allowed.
fn dose(text: &str) -> Result<(), Invalid> {
    visible(text)?;
    let is_minus = |c: char| matches!(c, '-' | '\u{2212}');
    let is_negative = text.match_indices(is_minus).any(|(at, minus)| {
        let before = text.get(..at).unwrap_or_default().trim_end().chars().next_back();
        let after = text
            .get(at + minus.len()..)
            .unwrap_or_default()
            .trim_start()
            .chars()
            .next();
        !before.is_some_and(char::is_alphanumeric) && after.is_some_and(|c| c.is_ascii_digit())
    });
    if is_negative {
        return Err(Invalid("must not be a negative amount"));
    }
    Ok(())
}

text!(
    /// A person's name as display text (FHIR `HumanName.text`).
    Name, at most 200 characters, ONE_LINE, visible
);
text!(
    /// A postal address as display text (FHIR `Address.text`).
    Address, at most 500 characters, MANY_LINES
);
text!(
    /// A practitioner's specialty.
    Specialty, at most 200 characters, ONE_LINE, visible
);
text!(
    /// A reason in the words of the person who acts.
    Reason, at most 500 characters, ONE_LINE
);
text!(
    /// Notes on an appointment or a prescription.
    Notes, at most 4000 characters, MANY_LINES
);
text!(
    /// The name of a medicine.
    MedicineName, at most 200 characters, ONE_LINE, visible
);
text!(
    /// The dose of a medicine, such as `500 mg`.
    Dosage, at most 200 characters, ONE_LINE, dose
);
text!(
    /// The duration of a treatment, such as `3 days`.
    TreatmentDuration, at most 200 characters, ONE_LINE, visible
);
text!(
    /// Instructions for taking a medicine, such as `after meals`.
    Instructions, at most 1000 characters, MANY_LINES
);
text!(
    /// The description of an invoice line.
    LineDescription, at most 200 characters, ONE_LINE, visible
);
text!(
    /// The payer's or the provider's reference of a payment. It is the payment's idempotency key.
    PaymentReference, at most 255 characters, ONE_LINE, visible
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_trimmed_and_bounded() {
        assert_eq!(Name::parse("  Ada Ruiz ").expect("a plain name").as_str(), "Ada Ruiz");
        assert_eq!(Name::parse("   "), Err(Invalid("must not be empty")));
        assert!(Name::parse(&"x".repeat(200)).is_ok());
        assert_eq!(
            Name::parse(&"x".repeat(201)),
            Err(Invalid("must be at most 200 characters"))
        );
        assert_eq!(
            Name::parse("Ada\0Ruiz"),
            Err(Invalid("must not contain control characters"))
        );
        assert_eq!(
            Name::parse("Ada\nRuiz"),
            Err(Invalid("must not contain control characters"))
        );
        assert!(Notes::parse("first line\nsecond line").is_ok());
    }

    #[test]
    fn texts_that_look_the_same_are_equal() {
        assert_eq!(Name::parse("Jose\u{301}"), Name::parse("Jos\u{e9}"));
        assert_eq!(Notes::parse("Jose\u{301}"), Notes::parse("Jos\u{e9}"));
        assert_eq!(
            Name::parse("Jo\u{200B}hn"),
            Err(Invalid("must not contain invisible characters"))
        );
        assert!(Name::parse("\u{200B}").is_err(), "a name needs visible characters");
        assert!(
            Notes::parse("\u{1F469}\u{200D}\u{2695}\u{FE0F}").is_ok(),
            "an emoji of several characters"
        );
    }

    #[test]
    fn row_12_a_dosage_is_not_negative() {
        for bad in ["-5 mg", "\u{2212}5 mg", " - 5 mg", "(-5 mg)"] {
            assert_eq!(
                Dosage::parse(bad),
                Err(Invalid("must not be a negative amount")),
                "{bad}"
            );
        }
        for good in ["500 mg", "5-10 mg", "5 - 10 mg", "vitamin B-12 1 mg"] {
            assert!(Dosage::parse(good).is_ok(), "{good}");
        }
    }
}
