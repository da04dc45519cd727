//! The clinic computes the same amounts as the worked examples in `docs/reference/billing.md`.

use std::fs;

use serde_json::{Value, json};
use system_tests::Clinic;

/// A line: quantity, unit price, and tax rate in parts per million.
type Line = (i64, i64, u32);

fn documented() -> String {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reference/billing.md");
    fs::read_to_string(page).expect("the page")
}

async fn issued(clinic: &Clinic, patient: &str, currency: &str, lines: &[Line]) -> Value {
    let lines: Vec<Value> = lines
        .iter()
        .map(|(quantity, minor, ppm)| {
            json!({"description": "Example", "quantity": quantity, "taxRatePpm": ppm,
                   "unitPrice": {"minor": minor, "currency": currency}})
        })
        .collect();
    let draft = json!({"patientId": patient, "currency": currency, "lines": lines});
    let drafted = clinic.post("/api/invoices", draft).await.expect(201);
    let path = format!("/api/invoices/{}/issue", drafted.id());
    clinic.post_nothing(&path).await.expect(200).body
}

/// A rate as a percentage: 88750 parts per million are 8.875 %.
fn percent(ppm: u32) -> String {
    let text = format!("{}.{:04}", ppm / 10_000, ppm % 10_000);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

#[tokio::test]
async fn taxes_are_as_documented() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient("John Doe").await.id();
    let page = documented();
    let examples: [(&str, &[Line]); 4] = [
        ("USD", &[(1, 4, 100_000), (1, 4, 100_000), (1, 6, 100_000)]),
        ("USD", &[(1, 1_000, 88_750), (1, 2_001, 88_750)]),
        ("JPY", &[(3, 1_234, 100_000), (1, 505, 80_000)]),
        ("KWD", &[(1, 12_345, 50_000), (1, 750, 50_000)]),
    ];
    for (currency, lines) in examples {
        let invoice = issued(&clinic, &patient, currency, lines).await;
        let minor = |money: &Value| money["minor"].as_i64().expect("an amount");
        let nets: Vec<String> = lines
            .iter()
            .map(|(quantity, each, ppm)| format!("{} × {}", quantity * each, percent(*ppm)))
            .collect();
        let shown = invoice["lines"].as_array().expect("the lines");
        let taxes: Vec<String> = shown.iter().map(|line| minor(&line["tax"]).to_string()).collect();
        let totals = &invoice["totals"];
        let row = format!(
            "| {currency} | {} | {} | {} + {} = {} |",
            nets.join(", "),
            taxes.join(", "),
            minor(&totals["net"]),
            minor(&totals["tax"]),
            minor(&totals["total"]),
        );
        assert!(page.contains(&row), "not on the page: {row}");
    }
}

#[tokio::test]
async fn a_credit_note_is_as_documented() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient("John Doe").await.id();
    let invoice = issued(&clinic, &patient, "USD", &[(1, 10_000, 100_000)]).await;
    let path = format!("/api/invoices/{}/credit-notes", invoice["id"].as_str().expect("an id"));
    let credit = |minor: i64| json!({"amount": {"minor": minor, "currency": "USD"}});
    let credited = clinic.post(&path, credit(1_000)).await.expect(201);
    let note = &credited.body["creditNotes"][0]["amount"];
    let row = format!(
        "| USD | 1000 of 10000 + 1000 | {} | {} |",
        note["net"]["minor"], note["tax"]["minor"]
    );
    assert!(documented().contains(&row), "not on the page: {row}");
    let rest = clinic.post(&path, credit(10_000)).await.expect(201);
    let sum = |part: &str| -> i64 {
        let notes = rest.body["creditNotes"].as_array().expect("the notes");
        notes
            .iter()
            .filter_map(|note| note["amount"][part]["minor"].as_i64())
            .sum()
    };
    assert_eq!(
        (sum("net"), sum("tax")),
        (10_000, 1_000),
        "the credit notes reverse the whole charge"
    );
    assert_eq!(rest.body["status"], "balanced");
}
