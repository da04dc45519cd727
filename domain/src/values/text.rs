//! Texts with a purpose and a length: names, addresses, reasons, notes.

use serde::{Deserialize, Serialize};

use super::{
    Invalid,
    unicode::{composed, has_invisible},
};

/// Declares a text type: trimmed, in the composed normal form, not empty, at most so many characters, no control characters
/// but line breaks where the text may have several lines, and what else is checked of it.
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
            /// It is empty, too long, or holds characters that it must not hold.
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

/// A name or a term: all of it is visible to a reader.
fn visible(text: &str) -> Result<(), Invalid> {
    if has_invisible(text) {
        return Err(Invalid("must not contain invisible characters"));
    }
    Ok(())
}

/// A dose: a minus sign stands between two numbers or within a word, and never before the first.
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
    /// A person's name, as one display text (FHIR `HumanName.text`).
    Name, at most 200 characters, ONE_LINE, visible
);
text!(
    /// A postal address, as one display text (FHIR `Address.text`).
    Address, at most 500 characters, MANY_LINES
);
text!(
    /// A practitioner's field of work.
    Specialty, at most 200 characters, ONE_LINE, visible
);
text!(
    /// Why something is done, in the words of the person who does it.
    Reason, at most 500 characters, ONE_LINE
);
text!(
    /// Free text beside an appointment or a prescription.
    Notes, at most 4000 characters, MANY_LINES
);
text!(
    /// What a medicine is called.
    MedicineName, at most 200 characters, ONE_LINE, visible
);
text!(
    /// How much of a medicine is taken at a time, such as `500 mg`.
    Dosage, at most 200 characters, ONE_LINE, dose
);
text!(
    /// How long a medicine is taken, such as `3 days`.
    TreatmentDuration, at most 200 characters, ONE_LINE, visible
);
text!(
    /// How a medicine is taken, such as `after meals`.
    Instructions, at most 1000 characters, MANY_LINES
);
text!(
    /// What a line of an invoice is for.
    LineDescription, at most 200 characters, ONE_LINE, visible
);
text!(
    /// What tells one payment from every other: the payer's or the provider's reference. It is the payment's
    /// idempotency key.
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
    fn texts_that_look_equal_are_equal() {
        assert_eq!(Name::parse("Jose\u{301}"), Name::parse("Jos\u{e9}"));
        assert_eq!(Notes::parse("Jose\u{301}"), Notes::parse("Jos\u{e9}"));
        assert_eq!(
            Name::parse("Jo\u{200B}hn"),
            Err(Invalid("must not contain invisible characters"))
        );
        assert!(Name::parse("\u{200B}").is_err(), "a name is seen");
        assert!(
            Notes::parse("\u{1F469}\u{200D}\u{2695}\u{FE0F}").is_ok(),
            "a sign of several parts"
        );
    }

    #[test]
    fn row_12_no_dosage_is_less_than_nothing() {
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
