//! Medicines in request bodies.

use api::MedicineResource;
use domain::values::{Dosage, Instructions, Invalid, Medicine, MedicineName, Medicines, RxNormCode, TreatmentDuration};

use crate::http::fields::Fields;

/// Parses a list of medicines. Errors name the index and the field.
pub(super) fn parse(fields: &mut Fields, given: Vec<MedicineResource>) -> Option<Medicines> {
    if given.len() > Medicines::MOST {
        return fields.check("/medicines", Err(Invalid("must be at most 20")));
    }
    let count = given.len();
    let parsed: Vec<Medicine> = given
        .into_iter()
        .enumerate()
        .filter_map(|(index, medicine)| one(fields, &format!("/medicines/{index}"), medicine))
        .collect();
    if parsed.len() < count {
        return None;
    }
    fields.check("/medicines", Medicines::parse(parsed))
}

fn one(fields: &mut Fields, pointer: &str, given: MedicineResource) -> Option<Medicine> {
    let name = fields.check(&format!("{pointer}/name"), MedicineName::parse(&given.name));
    let dosage = fields.check(&format!("{pointer}/dosage"), Dosage::parse(&given.dosage));
    let duration = fields.check(
        &format!("{pointer}/duration"),
        TreatmentDuration::parse(&given.duration),
    );
    let instructions = fields.check(
        &format!("{pointer}/instructions"),
        Instructions::parse(&given.instructions),
    );
    let code = given
        .rx_norm_code
        .map(|code| fields.check(&format!("{pointer}/rxNormCode"), RxNormCode::parse(&code)));
    let rx_norm_code = match code {
        None => None,
        Some(code) => Some(code?),
    };
    Some(Medicine {
        name: name?,
        dosage: dosage?,
        duration: duration?,
        instructions: instructions?,
        rx_norm_code,
    })
}
