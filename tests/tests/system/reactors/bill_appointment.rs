//! `bill-appointment`: a fulfilled appointment is billed once.

use journal::Context;
use serde_json::json;
use settings::{FeeRuleSettings, MoneySettings};
use system_tests::{Clinic, instant};

use super::{
    all_caught_up, assert_the_ledger_is_balanced, booked, count, fulfil, invoices_of, of_type, reacting, tell,
};

#[tokio::test]
async fn a_fulfilled_appointment_is_billed_once_by_the_fee_schedule() {
    let mut settings = reacting().await;
    settings.billing.fees.tax_rate_ppm = 100_000;
    let rule = |specialty: &str, from_minutes, minor| FeeRuleSettings {
        specialty: Some(specialty.to_owned()),
        from_minutes,
        amount: MoneySettings {
            minor,
            currency: "USD".to_owned(),
        },
    };
    settings.billing.fees.rules = vec![rule("cardiology", 30, 20_000), rule("Vaccination", 0, 0)];
    let clinic = Clinic::open_with(settings).await;
    let john = clinic.patient("John Doe").await.id();
    let heart = clinic.practitioner("Dr Ruiz", "UTC").await.id();
    let body = json!({"name": "Dr Free", "specialty": "Vaccination", "timeZone": "UTC"});
    let free = clinic.post("/api/practitioners", body).await.expect(201).id();
    let (charged, unpaid) = (
        booked(&clinic, &john, &heart, 1).await,
        booked(&clinic, &john, &free, 2).await,
    );
    clinic.clock.set(instant("2027-02-02T10:00:00Z"));
    fulfil(&clinic, &charged).await;
    fulfil(&clinic, &unpaid).await;
    // Reopened and fulfilled again, it is still the same visit.
    let _ = tell(&clinic, &charged, "reopening").await.expect(200);
    let _ = tell(&clinic, &charged, "fulfilment").await.expect(200);
    all_caught_up(&clinic).await;

    let invoices = invoices_of(&clinic, &john).await;
    assert_eq!(invoices.len(), 1, "{invoices:?}");
    let invoice = &invoices[0];
    assert_eq!(invoice["status"], "issued");
    assert_eq!(invoice["appointmentId"], json!(charged));
    assert_eq!(invoice["totals"]["total"], json!({"minor": 22_000, "currency": "USD"}));
    assert_eq!(invoice["lines"][0]["description"], "Consultation");
    for (event_type, times) in [("invoice.issued", 1), ("charge.posted", 1), ("account.opened", 1)] {
        assert_eq!(
            count(&clinic, Context::Billing, event_type).await,
            times,
            "{event_type}"
        );
    }
    let fulfilled = of_type(&clinic, Context::Scheduling, "appointment.fulfilled").await;
    let issued = &of_type(&clinic, Context::Billing, "invoice.issued").await[0];
    assert_eq!(issued.metadata.actor, "bill-appointment");
    let causes: Vec<_> = fulfilled.iter().map(|event| Some(event.id)).collect();
    assert!(causes.contains(&issued.metadata.causation_id));
    assert_the_ledger_is_balanced(&clinic).await;
}
