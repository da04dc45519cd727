//! How often a prescription can be filled again.

use serde::{Deserialize, Serialize};

use super::Invalid;

/// A number of refills: never less than none, at most 99.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Refills(u8);

impl Refills {
    /// None.
    pub const NONE: Self = Self(0);

    /// Checks a number.
    ///
    /// # Errors
    /// It is less than none, or more than 99.
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

    /// One less; nothing where there is none.
    #[must_use]
    pub fn one_less(self) -> Option<Self> {
        self.0.checked_sub(1).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_none_to_ninety_nine_and_never_less() {
        assert_eq!(Refills::parse(0), Ok(Refills::NONE));
        assert!(Refills::parse(99).is_ok());
        assert_eq!(Refills::parse(100), Err(Invalid("must be a whole number from 0 to 99")));
        assert!(Refills::parse(-1_i64).is_err());
        assert_eq!(Refills::NONE.one_less(), None);
    }
}
