//! Identifiers: no two patients hold the same one of a system that the clinic has declared unique.

use domain::{unique_identifiers, values::Identifiers};
use journal::Decision;
use uuid::Uuid;

use crate::{Refusal, Rules, stop::Stop};

/// Checks that nobody else holds any of a patient's identifiers that must be unique.
pub(super) fn check_free(
    rules: &Rules,
    decision: &Decision<'_, '_>,
    identifiers: &Identifiers,
    patient_id: Uuid,
) -> Result<(), Stop> {
    for (place, identifier) in identifiers.as_slice().iter().enumerate() {
        if rules.unique_systems.contains(identifier.system()) {
            let holders = decision.identifier_holders(&rules.pepper.identifier_hash(identifier))?;
            unique_identifiers::check_free(place, identifier, &holders, patient_id).map_err(Refusal::Identifier)?;
        }
    }
    Ok(())
}
