//! Patient identifiers in request bodies.

use api::IdentifierResource;
use domain::values::{Identifier, Identifiers};

use crate::http::fields::Fields;

/// Parses a list of identifiers. Errors name the invalid element.
pub(crate) fn parse(fields: &mut Fields, given: Vec<IdentifierResource>) -> Option<Identifiers> {
    let mut parsed = Vec::with_capacity(given.len());
    let count = given.len();
    for (index, identifier) in given.into_iter().enumerate() {
        let checked = Identifier::parse(&identifier.system, &identifier.value);
        parsed.extend(fields.check(&format!("/identifiers/{index}"), checked));
    }
    if parsed.len() < count {
        return None;
    }
    fields.check("/identifiers", Identifiers::parse(parsed))
}
