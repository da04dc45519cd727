//! Texts with a purpose and a length: names, addresses, reasons, notes.

use serde::{Deserialize, Serialize};

use super::Invalid;

/// Declares a text type: trimmed, not empty, at most so many characters, no control characters but line breaks where
/// the text may have several lines.
macro_rules! text {
    ($(#[$meta:meta])* $name:ident, at most $most:literal characters, $lines:ident) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Trims and checks a text.
            ///
            /// # Errors
            /// It is empty, too long, or holds control characters.
            pub fn parse(text: &str) -> Result<Self, Invalid> {
                let text = text.trim();
                if text.is_empty() {
                    return Err(Invalid("must not be empty"));
                }
                if text.chars().count() > $most {
                    return Err(Invalid(concat!("must be at most ", $most, " characters")));
                }
                if text.chars().any(|c| c.is_control() && !($lines && matches!(c, '\n' | '\r' | '\t'))) {
                    return Err(Invalid("must not contain control characters"));
                }
                Ok(Self(text.to_owned()))
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

text!(
    /// A person's name, as one display text (FHIR `HumanName.text`).
    Name, at most 200 characters, ONE_LINE
);
text!(
    /// A postal address, as one display text (FHIR `Address.text`).
    Address, at most 500 characters, MANY_LINES
);
text!(
    /// A practitioner's field of work.
    Specialty, at most 200 characters, ONE_LINE
);
text!(
    /// Why something is done, in the words of whoever does it.
    Reason, at most 500 characters, ONE_LINE
);
text!(
    /// Free text beside an appointment or a prescription.
    Notes, at most 4000 characters, MANY_LINES
);
text!(
    /// What a medicine is called.
    MedicineName, at most 200 characters, ONE_LINE
);
text!(
    /// How much of a medicine is taken at a time, such as `500 mg`.
    Dosage, at most 200 characters, ONE_LINE
);
text!(
    /// How long a medicine is taken, such as `3 days`.
    TreatmentDuration, at most 200 characters, ONE_LINE
);
text!(
    /// How a medicine is taken, such as `after meals`.
    Instructions, at most 1000 characters, MANY_LINES
);
text!(
    /// What a line of an invoice is for.
    LineDescription, at most 200 characters, ONE_LINE
);
text!(
    /// What tells one payment from every other: the payer's or the provider's reference. It is the payment's
    /// idempotency key.
    PaymentReference, at most 255 characters, ONE_LINE
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
}
