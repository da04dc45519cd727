//! Administrative gender.

use serde::{Deserialize, Serialize};

use super::Invalid;

/// Administrative gender, with the codes of FHIR's `administrative-gender`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Gender {
    /// Male.
    Male,
    /// Female.
    Female,
    /// Other than male or female.
    Other,
    /// Asked and not known.
    Unknown,
}

impl Gender {
    /// Reads a FHIR code.
    ///
    /// # Errors
    /// It is none of the four codes.
    pub fn parse(code: &str) -> Result<Self, Invalid> {
        match code {
            "male" => Ok(Self::Male),
            "female" => Ok(Self::Female),
            "other" => Ok(Self::Other),
            "unknown" => Ok(Self::Unknown),
            _ => Err(Invalid("must be one of male, female, other, unknown")),
        }
    }

    /// The FHIR code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Male => "male",
            Self::Female => "female",
            Self::Other => "other",
            Self::Unknown => "unknown",
        }
    }
}
