//! Whether a practitioner can be booked for a time, by what they have said of when they see patients. That nobody meets two
//! at once is kept by the constraints of the table.

use sqlx::{FromRow, Row as _, postgres::PgRow};

use crate::refusal::{PRACTITIONER_INACTIVE, PRACTITIONER_UNAVAILABLE, Refusal};

/// The columns of a [`Slot`]: of the practitioner `d`, from `$2` to `$3`.
macro_rules! columns {
    () => {
        "d.active AS practitioner_active, \
         EXISTS (SELECT FROM time_off t \
                 WHERE t.practitioner_id = d.id AND tstzrange(t.start_time, t.end_time) && tstzrange($2, $3)) AS away, \
         NOT EXISTS (SELECT FROM opening_hours h WHERE h.practitioner_id = d.id) \
         OR EXISTS (SELECT FROM opening_hours h \
                    WHERE h.practitioner_id = d.id AND h.weekday = extract(isodow FROM $2 AT TIME ZONE d.time_zone) \
                    AND ($2 AT TIME ZONE d.time_zone)::date + h.opens <= $2 AT TIME ZONE d.time_zone \
                    AND $3 AT TIME ZONE d.time_zone <= ($2 AT TIME ZONE d.time_zone)::date + h.closes) AS open"
    };
}
pub(super) use columns;

/// A practitioner's time.
#[derive(Debug)]
pub(super) struct Slot {
    practitioner_active: bool,
    away: bool,
    open: bool,
}

impl Slot {
    /// Checks that the practitioner sees patients then.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        if !self.practitioner_active {
            return Err(Refusal::rule(PRACTITIONER_INACTIVE, "the practitioner sees nobody new"));
        }
        if self.away || !self.open {
            return Err(Refusal::rule(
                PRACTITIONER_UNAVAILABLE,
                "the practitioner sees no patients then",
            ));
        }
        Ok(())
    }
}

impl FromRow<'_, PgRow> for Slot {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            practitioner_active: row.try_get("practitioner_active")?,
            away: row.try_get("away")?,
            open: row.try_get("open")?,
        })
    }
}
