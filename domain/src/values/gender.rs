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
        /// Asked and not known.
        Unknown = "unknown";
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::Invalid;

    #[test]
    fn a_code_reads_and_writes_back_to_itself_and_nothing_else_is_one() {
        for gender in Gender::ALL {
            assert_eq!(Gender::parse(gender.code()), Ok(*gender));
        }
        assert_eq!(
            Gender::parse("Male"),
            Err(Invalid("must be one of male, female, other, unknown"))
        );
    }
}
