//! A rate of tax.

use serde::{Deserialize, Serialize};

use super::Invalid;

/// A rate of tax in parts per million: 88 750 is 8.875 %. Percent would not do, because rates have up to four decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaxRate(u32);

impl TaxRate {
    /// No tax.
    pub const ZERO: Self = Self(0);
    /// All of it.
    pub const WHOLE_PPM: u32 = 1_000_000;

    /// Checks a rate.
    ///
    /// # Errors
    /// It is more than the whole.
    pub const fn parse(parts_per_million: u32) -> Result<Self, Invalid> {
        if parts_per_million > Self::WHOLE_PPM {
            return Err(Self::REFUSED);
        }
        Ok(Self(parts_per_million))
    }

    /// Checks a rate as it was told.
    ///
    /// # Errors
    /// It is less than nothing, or more than the whole.
    pub fn of(parts_per_million: i64) -> Result<Self, Invalid> {
        u32::try_from(parts_per_million).map_or(Err(Self::REFUSED), Self::parse)
    }

    const REFUSED: Invalid = Invalid("must be from 0 to 1000000 parts per million");

    /// The rate in parts per million.
    #[must_use]
    pub const fn ppm(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_nothing_to_the_whole() {
        assert_eq!(TaxRate::parse(0), Ok(TaxRate::ZERO));
        assert_eq!(TaxRate::parse(88_750).map(TaxRate::ppm), Ok(88_750));
        assert!(TaxRate::parse(1_000_000).is_ok());
        assert!(TaxRate::parse(1_000_001).is_err());
    }
}
