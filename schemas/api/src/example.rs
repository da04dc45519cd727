//! Examples of resources, for the description of the API. Each is an answer of the service: a test compares them.

use serde_json::{Value, json};

use crate::{
    AccessTokenResource, AccountResource, AccountStatement, AppointmentResource, DiscoveryResource,
    ErasedPatientResource, HistoryEntry, InvitationResource, InvoiceResource, JwkSetResource, LedgerProof,
    OneTimePasswordResource, Page, PatientResource, PaymentResource, PractitionerResource, PrescriptionResource,
    ProjectionResource, RecoveryCodesResource, SecondFactorResource, ServiceKeyResource, SessionResource,
    TokenStatusResource, TokensResource, UserAccountResource,
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
    AccessTokenResource = "access-token";
    AccountResource = "account";
    AccountStatement = "account-statement";
    AppointmentResource = "appointment";
    DiscoveryResource = "discovery";
    ErasedPatientResource = "erased-patient";
    HistoryEntry = "history-entry";
    InvitationResource = "invitation";
    InvoiceResource = "invoice";
    JwkSetResource = "jwk-set";
    LedgerProof = "ledger-proof";
    OneTimePasswordResource = "one-time-password";
    PatientResource = "patient";
    PaymentResource = "payment";
    PractitionerResource = "practitioner";
    PrescriptionResource = "prescription";
    ProjectionResource = "projection";
    RecoveryCodesResource = "recovery-codes";
    SecondFactorResource = "second-factor";
    ServiceKeyResource = "service-key";
    SessionResource = "session";
    TokenStatusResource = "token-status";
    TokensResource = "tokens";
    UserAccountResource = "user-account";
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
