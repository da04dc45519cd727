//! The number of refills of a prescription.

use serde::{Deserialize, Serialize};

use super::Invalid;

/// A number of refills: 0 to 99.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Refills(u8);

impl Refills {
    /// No refills.
    pub const NONE: Self = Self(0);

    /// Checks a number of refills.
    ///
    /// # Errors
    /// The number is negative or exceeds 99.
    pub fn parse(number: impl TryInto<u8>) -> Result<Self, Invalid> {
        match number.try_into() {
            Ok(number) if number <= 99 => Ok(Self(number)),
            _ => Err(Invalid("must be a whole number from 0 to 99")),
        }
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// One refill fewer: `None` if there are none.
    #[must_use]
    pub fn one_less(self) -> Option<Self> {
        self.0.checked_sub(1).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_0_to_99() {
        assert_eq!(Refills::parse(0), Ok(Refills::NONE));
        assert!(Refills::parse(99).is_ok());
        assert_eq!(Refills::parse(100), Err(Invalid("must be a whole number from 0 to 99")));
        assert!(Refills::parse(-1_i64).is_err());
        assert_eq!(Refills::NONE.one_less(), None);
    }
}
