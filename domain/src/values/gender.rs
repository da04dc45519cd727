//! Administrative gender.

use super::codes::codes;

codes! {
    /// Administrative gender, with the codes of FHIR's `administrative-gender`.
    Gender {
        /// Male.
        Male = "male";
        /// Female.
        Female = "female";
        /// Other than male or female.
        Other = "other";
        /// Asked, but not known.
        Unknown = "unknown";
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::Invalid;

    #[test]
    fn codes_round_trip_and_other_texts_are_refused() {
        for gender in Gender::ALL {
            assert_eq!(Gender::parse(gender.code()), Ok(*gender));
        }
        assert_eq!(
            Gender::parse("Male"),
            Err(Invalid("must be one of male, female, other, unknown"))
        );
    }
}
