//! A tax rate.

use serde::{Deserialize, Serialize};

use super::Invalid;

/// A tax rate in parts per million: 88 750 is 8.875 %. Rates have up to four decimals of a percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaxRate(u32);

impl TaxRate {
    /// No tax.
    pub const ZERO: Self = Self(0);
    /// 100 % in parts per million.
    pub const WHOLE_PPM: u32 = 1_000_000;

    /// Checks a rate.
    ///
    /// # Errors
    /// The rate exceeds 100 %.
    pub const fn parse(parts_per_million: u32) -> Result<Self, Invalid> {
        if parts_per_million > Self::WHOLE_PPM {
            return Err(Self::REFUSED);
        }
        Ok(Self(parts_per_million))
    }

    /// Checks a rate from outside.
    ///
    /// # Errors
    /// The rate is negative or exceeds 100 %.
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
    fn accepts_0_to_100_percent() {
        assert_eq!(TaxRate::parse(0), Ok(TaxRate::ZERO));
        assert_eq!(TaxRate::parse(88_750).map(TaxRate::ppm), Ok(88_750));
        assert!(TaxRate::parse(1_000_000).is_ok());
        assert!(TaxRate::parse(1_000_001).is_err());
    }
}
