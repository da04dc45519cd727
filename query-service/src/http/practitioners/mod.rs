//! Queries about practitioners.

pub(crate) mod get;
pub(crate) mod list;

use read_models::practitioner::PractitionerRow;
use schemas::api::PractitionerResource;

fn show(row: PractitionerRow) -> PractitionerResource {
    PractitionerResource {
        id: row.id,
        name: row.name,
        specialty: row.specialty,
        time_zone: row.time_zone,
        email: row.email,
        version: row.version,
    }
}
