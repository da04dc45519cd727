//! Prescribed medicines.

use serde::{Deserialize, Serialize};

use super::{Dosage, Instructions, Invalid, MedicineName, TreatmentDuration, unicode::compatible};

/// The concept identifier of a medicine in RxNorm (RxCUI).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RxNormCode(String);

impl RxNormCode {
    /// Checks an identifier: 1 to 8 digits without a leading zero.
    ///
    /// # Errors
    /// The text is not such a number.
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

/// A medicine with its directions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Medicine {
    /// The name.
    pub name: MedicineName,
    /// The dose, such as `500 mg`.
    pub dosage: Dosage,
    /// The duration of the treatment.
    pub duration: TreatmentDuration,
    /// The instructions.
    pub instructions: Instructions,
    /// The RxNorm identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rx_norm_code: Option<RxNormCode>,
}

impl Medicine {
    /// Whether both are the same medicine, whatever their directions. The RxNorm identifiers decide if both have one, the names
    /// otherwise.
    #[must_use]
    pub fn is_same_medicine(&self, other: &Self) -> bool {
        match (&self.rx_norm_code, &other.rx_norm_code) {
            (Some(one), Some(other)) => one == other,
            _ => is_same_text(self.name.as_str(), other.name.as_str()),
        }
    }

    /// Whether both name the same medicine with the same directions. Steps of one treatment differ in their directions.
    fn is_the_same_as(&self, other: &Self) -> bool {
        is_same_text(self.name.as_str(), other.name.as_str())
            && is_same_text(self.dosage.as_str(), other.dosage.as_str())
            && is_same_text(self.duration.as_str(), other.duration.as_str())
            && is_same_text(self.instructions.as_str(), other.instructions.as_str())
    }
}

/// Whether two texts differ at most in case, blanks and compatible characters, such as full-width letters.
fn is_same_text(one: &str, other: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        let text = compatible(text).to_lowercase();
        text.split_whitespace().map(str::to_owned).collect()
    };
    words(one) == words(other)
}

/// The medicines of a prescription: 1 to 20.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Medicines(Vec<Medicine>);

impl Medicines {
    /// The limit of medicines.
    pub const MOST: usize = 20;

    /// Checks a list of medicines.
    ///
    /// # Errors
    /// The list is empty, holds more than 20 medicines, or repeats one with the same directions.
    pub fn parse(medicines: Vec<Medicine>) -> Result<Self, Invalid> {
        if medicines.is_empty() {
            return Err(Invalid("must hold at least one medicine"));
        }
        if medicines.len() > Self::MOST {
            return Err(Invalid("must be at most 20"));
        }
        let is_again = |(index, medicine): (usize, &Medicine)| {
            let before = medicines.get(..index).unwrap_or_default();
            before.iter().any(|one| one.is_the_same_as(medicine))
        };
        if medicines.iter().enumerate().any(is_again) {
            return Err(Invalid(
                "must not list the same medicine with the same directions twice",
            ));
        }
        Ok(Self(medicines))
    }

    /// Whether one of them is this medicine, whatever its directions.
    #[must_use]
    pub fn hold(&self, medicine: &Medicine) -> bool {
        self.0.iter().any(|one| one.is_same_medicine(medicine))
    }

    /// The medicines in the order given.
    #[must_use]
    pub fn as_slice(&self) -> &[Medicine] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_1_to_20_different_medicines() {
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
        let several = |number: usize| {
            let dosages = (1..=number).map(|step| Dosage::parse(&format!("{step} mg")).expect("a dosage"));
            let steps = dosages.map(|dosage| Medicine {
                dosage,
                ..paracetamol.clone()
            });
            Medicines::parse(steps.collect())
        };
        assert!(several(20).is_ok(), "steps of one treatment");
        assert_eq!(several(21), Err(Invalid("must be at most 20")));
        let again = Medicine {
            name: MedicineName::parse("PARACETAMOL").expect("a name"),
            ..paracetamol.clone()
        };
        assert_eq!(
            Medicines::parse(vec![paracetamol.clone(), again]),
            Err(Invalid(
                "must not list the same medicine with the same directions twice"
            )),
            "row 12"
        );
    }

    #[test]
    fn a_code_identifies_a_medicine_and_a_name_does_without_one() {
        let medicine = |name: &str, code: Option<&str>| Medicine {
            name: MedicineName::parse(name).expect("a name"),
            dosage: Dosage::parse("500 mg").expect("a dosage"),
            duration: TreatmentDuration::parse("3 days").expect("a duration"),
            instructions: Instructions::parse("after meals").expect("instructions"),
            rx_norm_code: code.map(|code| RxNormCode::parse(code).expect("a code")),
        };
        let is_same = |(name, code), (other, other_code)| {
            let (one, other) = (medicine(name, code), medicine(other, other_code));
            assert_eq!(one.is_same_medicine(&other), other.is_same_medicine(&one));
            one.is_same_medicine(&other)
        };
        assert!(is_same(("Paracetamol", Some("161")), ("Acetaminophen", Some("161"))));
        assert!(!is_same(
            ("Levothyroxine", Some("966224")),
            ("Levothyroxine", Some("966221"))
        ));
        assert!(is_same(("Paracetamol", Some("161")), ("PARACETAMOL", None)));
        assert!(is_same(("Vitamin  C", None), ("vitamin C", None)));
        assert!(is_same(("\u{FF21}spirin", None), ("Aspirin", None)));
        assert!(!is_same(("Paracetamol", None), ("Ibuprofen", None)));
    }

    #[test]
    fn an_rx_norm_code_has_1_to_8_digits() {
        assert!(RxNormCode::parse("161").is_ok());
        for bad in ["", "0161", "161a", "123456789", "-1"] {
            assert!(RxNormCode::parse(bad).is_err(), "{bad}");
        }
    }
}
