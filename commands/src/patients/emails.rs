//! The check for unique e-mail addresses.

use domain::{email_addresses, values::EmailHash};
use journal::Decision;
use uuid::Uuid;

use crate::{Refusal, stop::Stop};

/// Checks that no other patient has the address.
pub(super) fn check_free(decision: &Decision<'_, '_>, hash: &EmailHash, patient_id: Uuid) -> Result<(), Stop> {
    let holder = decision.email_holder(hash)?;
    Ok(email_addresses::check_free(holder, patient_id).map_err(Refusal::EmailAddress)?)
}
