//! What is prescribed.

use serde::{Deserialize, Serialize};

use super::{Dosage, Instructions, Invalid, MedicineName, TreatmentDuration};

/// The concept identifier of a medicine in RxNorm (RxCUI).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RxNormCode(String);

impl RxNormCode {
    /// Checks an identifier: 1 to 8 digits, the first of which is not zero.
    ///
    /// # Errors
    /// It is not such a number.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        let digits = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
        if !digits || text.len() > 8 || text.starts_with('0') {
            return Err(Invalid("must be an RxNorm identifier of 1 to 8 digits"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The identifier.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One medicine, and how it is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Medicine {
    /// What it is called.
    pub name: MedicineName,
    /// How much is taken at a time.
    pub dosage: Dosage,
    /// How long it is taken.
    pub duration: TreatmentDuration,
    /// How it is taken.
    pub instructions: Instructions,
    /// What RxNorm calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rx_norm_code: Option<RxNormCode>,
}

/// The medicines of one prescription: at least one, at most 20.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Medicines(Vec<Medicine>);

impl Medicines {
    /// The most there can be.
    pub const MOST: usize = 20;

    /// Checks a list of medicines.
    ///
    /// # Errors
    /// There is none, or there are more than 20.
    pub fn parse(medicines: Vec<Medicine>) -> Result<Self, Invalid> {
        if medicines.is_empty() {
            return Err(Invalid("must hold at least one medicine"));
        }
        if medicines.len() > Self::MOST {
            return Err(Invalid("must be at most 20"));
        }
        Ok(Self(medicines))
    }

    /// The medicines, in the order they were given.
    #[must_use]
    pub fn as_slice(&self) -> &[Medicine] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_least_one_medicine_and_at_most_twenty() {
        let paracetamol = Medicine {
            name: MedicineName::parse("Paracetamol").expect("a name"),
            dosage: Dosage::parse("500 mg").expect("a dosage"),
            duration: TreatmentDuration::parse("3 days").expect("a duration"),
            instructions: Instructions::parse("after meals").expect("instructions"),
            rx_norm_code: RxNormCode::parse("161").ok(),
        };
        assert_eq!(
            Medicines::parse(vec![]),
            Err(Invalid("must hold at least one medicine"))
        );
        assert!(Medicines::parse(vec![paracetamol.clone()]).is_ok());
        assert!(Medicines::parse(vec![paracetamol.clone(); 20]).is_ok());
        assert_eq!(
            Medicines::parse(vec![paracetamol; 21]),
            Err(Invalid("must be at most 20"))
        );
    }

    #[test]
    fn an_rx_norm_code_is_a_number() {
        assert!(RxNormCode::parse("161").is_ok());
        for bad in ["", "0161", "161a", "123456789", "-1"] {
            assert!(RxNormCode::parse(bad).is_err(), "{bad}");
        }
    }
}
