//! Debts: the invoice and the account agree after payments, refunds, credit notes, write-offs and reallocations, and
//! charges without an invoice can be paid.

use reqwest::Method;
use serde_json::{Value, json};
use system_tests::{Answer, Clinic};

fn usd(minor: i64) -> Value {
    json!({"minor": minor, "currency": "USD"})
}

fn cash(reference: &str, minor: i64) -> Value {
    json!({"amount": usd(minor), "method": "cash", "reference": reference})
}

/// A patient with an issued invoice of a given amount, and the paths of both.
async fn issued(clinic: &Clinic, minor: i64) -> (String, String) {
    let john = clinic.patient("John Doe").await.id();
    let invoice = clinic.invoice(&john, &[(minor, 0)]).await;
    (
        format!("/api/accounts/{john}"),
        format!("/api/invoices/{}", invoice.id()),
    )
}

/// The invoice's status, open amount and overpayment.
async fn of_invoice(clinic: &Clinic, path: &str, after: &Answer) -> (String, i64, i64) {
    let invoice = clinic
        .get_after(path, after.header("consistency-token"))
        .await
        .expect(200);
    let minor = |name: &str| invoice.body[name]["minor"].as_i64().expect("an amount");
    let status = invoice.body["status"].as_str().expect("a status").to_owned();
    (status, minor("open"), minor("overpaid"))
}

/// The account's debt and unallocated money.
async fn of_account(clinic: &Clinic, path: &str, after: &Answer) -> (Value, Value) {
    let account = clinic
        .get_after(path, after.header("consistency-token"))
        .await
        .expect(200);
    (account.body["owed"].clone(), account.body["unallocated"].clone())
}

#[tokio::test]
async fn row_1_an_invoice_that_was_refunded_is_open_again_payable_again_and_can_be_cancelled() {
    let clinic = Clinic::open().await;
    let (account, invoice) = issued(&clinic, 11_000).await;
    let payments = format!("{invoice}/payments");
    let _ = clinic.post_keyed(&payments, cash("c1", 11_000)).await.expect(201);
    let refund = json!({"reference": "c1", "amount": usd(11_000)});
    let refunded = clinic
        .post_keyed(&format!("{invoice}/refunds"), refund)
        .await
        .expect(201);
    assert_eq!(
        of_invoice(&clinic, &invoice, &refunded).await,
        ("issued".to_owned(), 11_000, 0)
    );
    assert_eq!(
        of_account(&clinic, &account, &refunded).await,
        (json!([usd(11_000)]), json!([]))
    );

    let again = clinic.post_keyed(&payments, cash("c2", 6_000)).await.expect(201);
    assert_eq!(
        of_invoice(&clinic, &invoice, &again).await,
        ("issued".to_owned(), 5_000, 0)
    );
    let part = json!({"reference": "c2", "amount": usd(1_000)});
    let part = clinic.post_keyed(&format!("{invoice}/refunds"), part).await.expect(201);
    assert_eq!(part.body["allocations"][0]["amount"], usd(5_000));
    assert_eq!(
        of_invoice(&clinic, &invoice, &part).await,
        ("issued".to_owned(), 6_000, 0)
    );
    let rest = json!({"reference": "c2", "amount": usd(5_000)});
    let _ = clinic.post_keyed(&format!("{invoice}/refunds"), rest).await.expect(201);
    let cancelled = clinic.send(Method::DELETE, &invoice, &[], None).await.expect(200);
    assert_eq!(cancelled.body["status"], "cancelled");
    assert_eq!(
        of_account(&clinic, &account, &cancelled).await,
        (json!([usd(0)]), json!([]))
    );
}

#[tokio::test]
async fn row_1_what_was_credited_after_it_was_paid_is_the_patients_and_is_given_back_once() {
    let clinic = Clinic::open().await;
    let (account, invoice) = issued(&clinic, 11_000).await;
    let refunds = format!("{invoice}/refunds");
    let _ = clinic
        .post_keyed(&format!("{invoice}/payments"), cash("c1", 11_000))
        .await
        .expect(201);
    let credited = clinic
        .post(&format!("{invoice}/credit-notes"), json!({"amount": usd(4_000)}))
        .await
        .expect(201);
    assert_eq!(
        (&credited.body["open"], &credited.body["overpaid"]),
        (&usd(0), &usd(4_000))
    );
    assert_eq!(
        of_invoice(&clinic, &invoice, &credited).await,
        ("balanced".to_owned(), 0, 4_000)
    );
    assert_eq!(of_account(&clinic, &account, &credited).await.0, json!([usd(-4_000)]));
    let back = |minor| json!({"reference": "c1", "amount": usd(minor)});
    let refunded = clinic.post_keyed(&refunds, back(4_000)).await.expect(201);
    assert_eq!(
        of_invoice(&clinic, &invoice, &refunded).await,
        ("balanced".to_owned(), 0, 0)
    );
    assert_eq!(of_account(&clinic, &account, &refunded).await.0, json!([usd(0)]));
    clinic
        .post_keyed(&refunds, back(7_001))
        .await
        .expect_problem(422, "amount-exceeded");
}

#[tokio::test]
async fn row_2_a_charge_that_stands_on_no_invoice_can_be_paid() {
    let clinic = Clinic::open().await;
    let john = clinic.patient("John Doe").await.id();
    let account = format!("/api/accounts/{john}");
    let charge = json!({"amount": usd(2_500)});
    let charged = clinic.post(&format!("{account}/charges"), charge).await.expect(201);
    let read = clinic
        .get_after(&account, charged.header("consistency-token"))
        .await
        .expect(200);
    let charge_id = read.body["statement"]["content"][0]["chargeId"].clone();
    let paid = clinic
        .post_keyed(&format!("{account}/payments"), cash("till-1", 3_000))
        .await
        .expect(201);
    assert_eq!(paid.header("location"), format!("{account}/payments"));
    assert_eq!(paid.body["invoiceId"], Value::Null);
    assert_eq!(
        paid.body["allocations"],
        json!([{"invoiceId": null, "chargeId": charge_id, "amount": usd(2_500)}])
    );
    assert_eq!(paid.body["unallocated"], usd(500));
    assert_eq!(
        of_account(&clinic, &account, &paid).await,
        (json!([usd(-500)]), json!([usd(500)]))
    );
    let listed = clinic
        .get_after(&format!("{account}/payments"), paid.header("consistency-token"))
        .await
        .expect(200);
    assert_eq!(listed.body["content"], json!([paid.body]));
    clinic.delete(&account).await.expect_problem(409, "wrong-status");
    let back = json!({"reference": "till-1", "amount": usd(500)});
    let back = clinic.post_keyed(&format!("{account}/refunds"), back).await.expect(201);
    assert_eq!(of_account(&clinic, &account, &back).await, (json!([usd(0)]), json!([])));
    let _ = clinic.delete(&account).await.expect(200);
}

#[tokio::test]
async fn row_2_a_payment_to_the_account_pays_the_oldest_debts_or_what_is_named_and_is_moved_later() {
    let clinic = Clinic::open().await;
    let (account, first) = issued(&clinic, 10_000).await;
    let john = account.rsplit('/').next().expect("an id").to_owned();
    let second = clinic.invoice(&john, &[(10_000, 0)]).await.id();
    let second_path = format!("/api/invoices/{second}");
    let payments = format!("{account}/payments");
    let oldest = clinic.post_keyed(&payments, cash("a1", 4_000)).await.expect(201);
    assert_eq!(
        of_invoice(&clinic, &first, &oldest).await,
        ("issued".to_owned(), 6_000, 0)
    );
    let named = json!({"amount": usd(10_000), "method": "card", "reference": "a2",
                       "towards": [{"invoiceId": second, "amount": usd(7_000)}]});
    let named = clinic.post_keyed(&payments, named).await.expect(201);
    assert_eq!(named.body["unallocated"], usd(3_000));
    assert_eq!(
        of_invoice(&clinic, &second_path, &named).await,
        ("issued".to_owned(), 3_000, 0)
    );
    let movements = format!("{payments}/a2/movements");
    let kept = json!({"to": {"invoiceId": second}, "amount": usd(3_000)});
    let moved = clinic.post_keyed(&movements, kept).await.expect(201);
    assert_eq!(
        of_invoice(&clinic, &second_path, &moved).await,
        ("balanced".to_owned(), 0, 0)
    );
    let first_id = first.rsplit('/').next().expect("an id").to_owned();
    let on = json!({"from": {"invoiceId": second}, "to": {"invoiceId": first_id}, "amount": usd(6_000)});
    let moved = clinic.post_keyed(&movements, on).await.expect(201);
    assert_eq!(of_invoice(&clinic, &first, &moved).await, ("balanced".to_owned(), 0, 0));
    assert_eq!(
        of_invoice(&clinic, &second_path, &moved).await,
        ("issued".to_owned(), 6_000, 0)
    );
    assert_eq!(
        of_account(&clinic, &account, &moved).await,
        (json!([usd(6_000)]), json!([]))
    );
    let towards = clinic
        .get_after(&format!("{first}/payments"), moved.header("consistency-token"))
        .await
        .expect(200);
    assert_eq!(
        towards.body["totalElements"], 2,
        "including the payment into the account"
    );
    for (body, slug) in [
        (
            json!({"to": {"invoiceId": second}, "amount": usd(1)}),
            "amount-exceeded",
        ),
        (
            json!({"from": {"invoiceId": first_id}, "to": {"chargeId": second}, "amount": usd(1)}),
            "unknown-debt",
        ),
        (
            json!({"from": {"invoiceId": first_id}, "to": {"invoiceId": first_id}, "amount": usd(1)}),
            "validation-failed",
        ),
    ] {
        clinic.post_keyed(&movements, body).await.expect_problem(422, slug);
    }
    let both = json!({"to": {"invoiceId": first_id, "chargeId": second}, "amount": usd(1)});
    let refused = clinic.post_keyed(&movements, both).await;
    refused.expect_problem(422, "validation-failed");
    assert_eq!(refused.faults(), ["/to"]);
}

#[tokio::test]
async fn a_pending_payment_into_an_account_counts_once_it_is_captured() {
    let clinic = Clinic::open().await;
    let (account, invoice) = issued(&clinic, 10_000).await;
    let payments = format!("{account}/payments");
    let attempt = json!({"amount": usd(10_000), "method": "card", "reference": "t 1", "status": "initiated"});
    let tried = clinic.post_keyed(&payments, attempt).await.expect(201);
    assert_eq!(of_invoice(&clinic, &invoice, &tried).await.1, 10_000);
    clinic
        .post_keyed(&format!("{invoice}/payments"), cash("c1", 1))
        .await
        .expect_problem(409, "payment-pending");
    let outcome = format!("{payments}/t%201/outcome");
    let settled = clinic.post(&outcome, json!({"status": "captured"})).await.expect(200);
    assert_eq!(
        of_invoice(&clinic, &invoice, &settled).await,
        ("balanced".to_owned(), 0, 0)
    );
    let missing = clinic
        .post(&format!("{payments}/nobody/outcome"), json!({"status": "failed"}))
        .await;
    missing.expect_problem(404, "not-found");
}

#[tokio::test]
async fn an_amount_written_off_the_account_is_no_longer_open_on_the_invoice() {
    let clinic = Clinic::open().await;
    let (account, invoice) = issued(&clinic, 10_000).await;
    let write_off = json!({"kind": "write-off", "amount": usd(10_000)});
    let written = clinic
        .post(&format!("{account}/adjustments"), write_off)
        .await
        .expect(201);
    assert_eq!(
        of_invoice(&clinic, &invoice, &written).await,
        ("balanced".to_owned(), 0, 0)
    );
    clinic
        .post_keyed(&format!("{invoice}/payments"), cash("c1", 1))
        .await
        .expect_problem(422, "amount-exceeded");
}

#[tokio::test]
async fn row_3_the_tax_on_a_charge_is_no_more_than_the_charge() {
    let clinic = Clinic::open().await;
    let john = clinic.patient("John Doe").await.id();
    let charge = json!({"amount": usd(100), "tax": usd(200)});
    let refused = clinic.post(&format!("/api/accounts/{john}/charges"), charge).await;
    refused.expect_problem(422, "validation-failed");
    assert_eq!(refused.faults(), ["/tax"]);
}

#[tokio::test]
async fn row_11_a_line_may_cost_nothing() {
    let clinic = Clinic::open().await;
    let john = clinic.patient("John Doe").await.id();
    let line = |price: i64| json!({"description": "Visit", "quantity": 1, "unitPrice": usd(price)});
    let draft = json!({"patientId": john, "currency": "USD", "lines": [line(1_000), line(0)]});
    let drafted = clinic.post("/api/invoices", draft).await.expect(201);
    let path = format!("{}/issue", drafted.header("location"));
    let issued = clinic.post_nothing(&path).await.expect(200);
    assert_eq!(issued.body["totals"]["total"], usd(1_000));
    let free = json!({"patientId": john, "currency": "USD", "lines": [line(0)]});
    let drafted = clinic.post("/api/invoices", free).await.expect(201);
    clinic
        .post_nothing(&format!("{}/issue", drafted.header("location")))
        .await
        .expect_problem(422, "not-issuable");
}
