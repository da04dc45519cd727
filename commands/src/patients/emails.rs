//! E-mail addresses: no two patients hold the same one.

use domain::{email_addresses, values::EmailHash};
use journal::Decision;
use uuid::Uuid;

use crate::{Refusal, stop::Stop};

/// Checks that nobody else holds an address.
pub(super) fn check_free(decision: &Decision<'_, '_>, hash: &EmailHash, patient_id: Uuid) -> Result<(), Stop> {
    let holder = decision.email_holder(hash)?;
    Ok(email_addresses::check_free(holder, patient_id).map_err(Refusal::EmailAddress)?)
}
