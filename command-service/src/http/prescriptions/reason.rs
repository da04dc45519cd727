//! Reasons for holding, stopping or cancelling a prescription in request bodies.

use domain::{
    prescription::StatusReason,
    values::{MedicationReason, Reason},
};
use http_edge::Problem;

use crate::http::fields::Fields;

/// Parses a reason: a code, a text, both, or neither.
pub(super) fn parse(code: Option<String>, text: Option<String>) -> Result<StatusReason, Problem> {
    let mut fields = Fields::default();
    let reason_code = fields.optional("/reasonCode", code, |code| MedicationReason::parse(&code));
    let reason_text = fields.optional("/reasonText", text, |text| Reason::parse(&text));
    fields.finish(Some(StatusReason {
        reason_code,
        reason_text,
    }))
}
