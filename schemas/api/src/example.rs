//! Examples of resources, for the description of the API. Each is an answer of the service: a test compares them.

use serde_json::{Value, json};

use crate::{
    AccountResource, AccountStatement, AppointmentResource, ErasedPatientResource, HistoryEntry, InvoiceResource,
    LedgerProof, Page, PatientResource, PaymentResource, PractitionerResource, PrescriptionResource,
    ProjectionResource,
};

/// A resource with an example.
pub trait Example {
    /// The example, as JSON.
    const TEXT: &'static str;

    /// The example.
    #[must_use]
    fn example() -> Value {
        serde_json::from_str(Self::TEXT).unwrap_or_default()
    }
}

macro_rules! examples {
    ($($resource:ty = $file:literal;)*) => {
        $(impl Example for $resource {
            const TEXT: &'static str = include_str!(concat!("../examples/", $file, ".json"));
        })*

        #[cfg(test)]
        const ALL: &[(&str, fn() -> Value)] = &[$(($file, <$resource>::example)),*];
    };
}

examples! {
    AccountResource = "account";
    AccountStatement = "account-statement";
    AppointmentResource = "appointment";
    ErasedPatientResource = "erased-patient";
    HistoryEntry = "history-entry";
    InvoiceResource = "invoice";
    LedgerProof = "ledger-proof";
    PatientResource = "patient";
    PaymentResource = "payment";
    PractitionerResource = "practitioner";
    PrescriptionResource = "prescription";
    ProjectionResource = "projection";
}

/// A page with one item, in an order.
#[must_use]
pub fn page_of<R: Example>(order: &str) -> Value {
    json!(Page::new(vec![R::example()], 0, 20, 1, vec![order.to_owned()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_an_object() {
        for (file, example) in ALL {
            assert!(example().is_object(), "{file}");
        }
        assert_eq!(
            page_of::<PatientResource>("name,asc")["content"][0],
            PatientResource::example()
        );
    }
}
