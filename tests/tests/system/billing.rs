//! Charges, payments and refunds: each effect shows in queries, and the ledger always sums to zero.

use futures_util::future::join_all;
use journal::Context;
use reqwest::Method;
use serde_json::{Value, json};
use system_tests::{Answer, Clinic};

fn usd(minor: i64) -> Value {
    json!({"minor": minor, "currency": "USD"})
}

fn cash(reference: &str, minor: i64) -> Value {
    json!({"amount": usd(minor), "method": "cash", "reference": reference})
}

fn attempt(reference: &str, minor: i64) -> Value {
    json!({"amount": usd(minor), "method": "card", "reference": reference, "status": "initiated"})
}

/// The patient's balance after a response.
async fn owed(clinic: &Clinic, patient: &str, after: &Answer) -> Value {
    let path = format!("/api/accounts/{patient}");
    let account = clinic.get_after(&path, after.header("consistency-token")).await;
    account.expect(200).body["owed"].clone()
}

/// Reads an invoice, and checks that the query returns the same resource as the command.
async fn same_when_read(clinic: &Clinic, answered: &Answer) {
    let path = format!("/api/invoices/{}", answered.id());
    let read = clinic
        .get_after(&path, answered.header("consistency-token"))
        .await
        .expect(200);
    assert_eq!(read.body, answered.body);
    assert_eq!(read.header("etag"), answered.header("etag"));
}

#[track_caller]
fn assert_balanced(proof: &Answer) {
    assert_eq!(proof.body["balanced"], true, "{}", proof.body);
    for currency in proof.body["currencies"].as_array().expect("the currencies") {
        assert_eq!(currency["sum"]["minor"], 0, "{currency}");
    }
}

#[tokio::test]
async fn an_invoice_is_drafted_issued_and_paid_and_queries_show_every_effect() {
    let clinic = Clinic::open().await;
    let john = clinic.patient("John Doe").await.id();
    let draft = json!({"patientId": john, "currency": "USD"});
    let drafted = clinic.post("/api/invoices", draft).await.expect(201);
    assert_eq!(drafted.body["status"], "draft");
    assert_eq!(drafted.header("location"), format!("/api/invoices/{}", drafted.id()));
    let path = drafted.header("location").to_owned();
    let line = json!({"description": "Check-up", "quantity": 2, "unitPrice": usd(5_000), "taxRatePpm": 88_750});
    let added = clinic.post(&format!("{path}/lines"), line).await.expect(201);
    assert_eq!(added.header("etag"), "W/\"2\"");
    same_when_read(&clinic, &added).await;

    let issued = clinic
        .send(Method::POST, &format!("{path}/issue"), &[("if-match", "W/\"2\"")], None)
        .await
        .expect(200);
    assert_eq!(
        issued.body["totals"]["total"],
        usd(10_888),
        "8.875 % of 100.00, half a cent up"
    );
    assert_eq!(issued.body["open"], usd(10_888));
    same_when_read(&clinic, &issued).await;
    assert_eq!(owed(&clinic, &john, &issued).await, json!([usd(10_888)]));

    let payments = format!("{path}/payments");
    let paid = clinic.post_keyed(&payments, cash("till-1", 888)).await.expect(201);
    assert_eq!(paid.body["status"], "captured");
    let paid = clinic.post_keyed(&payments, cash("till-2", 10_000)).await.expect(201);
    let token = paid.header("consistency-token");
    let invoice = clinic.get_after(&path, token).await.expect(200);
    assert_eq!(invoice.body["status"], "balanced");
    assert_eq!(invoice.body["open"], usd(0));
    assert_eq!(invoice.body["allocations"].as_array().map(Vec::len), Some(2));
    let listed = clinic.get_after(&payments, token).await.expect(200);
    let listed = listed.body["content"].as_array().expect("payments");
    assert!(listed.len() == 2 && listed.contains(&paid.body), "{listed:?}");

    let account = clinic
        .get_after(&format!("/api/accounts/{john}"), token)
        .await
        .expect(200);
    assert_eq!(account.body["owed"], json!([usd(0)]));
    assert_eq!(account.body["statement"]["totalElements"], 3 + 2 + 2);
    assert_eq!(
        account.body["statement"]["content"][0]["kind"], "payment",
        "latest first"
    );
    let found = clinic
        .get_after(&format!("/api/invoices?patientId={john}&status=balanced"), token)
        .await
        .expect(200);
    assert_eq!(found.body["content"], json!([invoice.body]));
    assert_balanced(&clinic.get_after("/api/ledger/proof", token).await.expect(200));
}

#[tokio::test]
async fn a_refused_command_stores_nothing_and_states_the_reason() {
    let clinic = Clinic::open().await;
    let john = clinic.patient("John Doe").await.id();
    let invoice = clinic.invoice(&john, &[(10_000, 100_000)]).await;
    let other = clinic.invoice(&john, &[(10_000, 0)]).await;
    let path = format!("/api/invoices/{}", invoice.id());
    let _ = clinic
        .post_keyed(&format!("{path}/payments"), cash("p-1", 5_000))
        .await
        .expect(201);
    let before = clinic.stream(Context::Billing).await;
    let yen = json!({"minor": 1, "currency": "JPY"});
    for (deed, body, status, slug, fault) in [
        ("payments", cash("p-2", 6_001), 422, "amount-exceeded", "/amount"),
        (
            "payments",
            cash("p-1", 5_001),
            409,
            "payment-reference-used",
            "/reference",
        ),
        (
            "payments",
            json!({"amount": yen, "method": "cash", "reference": "p-3"}),
            422,
            "another-currency",
            "/amount/currency",
        ),
        (
            "refunds",
            json!({"reference": "p-1", "amount": usd(5_001)}),
            422,
            "amount-exceeded",
            "/amount",
        ),
        (
            "refunds",
            json!({"reference": "p-1", "amount": yen}),
            422,
            "another-currency",
            "/amount/currency",
        ),
        (
            "refunds",
            json!({"reference": "p-9", "amount": usd(1)}),
            422,
            "unknown-payment",
            "/reference",
        ),
        (
            "credit-notes",
            json!({"amount": usd(11_001)}),
            422,
            "amount-exceeded",
            "/amount",
        ),
        (
            "credit-notes",
            json!({"amount": yen}),
            422,
            "another-currency",
            "/amount/currency",
        ),
    ] {
        let refused = clinic.post_keyed(&format!("{path}/{deed}"), body.clone()).await;
        refused.expect_problem(status, slug);
        assert_eq!(refused.faults(), [fault], "{deed} {body}");
    }
    let elsewhere = format!("/api/invoices/{}/refunds", other.id());
    let refused = clinic
        .post_keyed(&elsewhere, json!({"reference": "p-1", "amount": usd(1)}))
        .await;
    refused.expect_problem(422, "unknown-payment");
    let paid_in_part = clinic.send(Method::DELETE, &path, &[], None).await;
    paid_in_part.expect_problem(409, "wrong-status");
    let line = json!({"description": "More", "quantity": 1, "unitPrice": usd(1)});
    clinic
        .post(&format!("{path}/lines"), line)
        .await
        .expect_problem(409, "wrong-status");
    assert_eq!(clinic.stream(Context::Billing).await, before, "nothing was stored");
}

#[tokio::test]
async fn commands_that_move_money_need_a_key_and_run_once_per_key() {
    let clinic = Clinic::open().await;
    let john = clinic.patient("John Doe").await.id();
    let invoice = clinic.invoice(&john, &[(10_000, 0)]).await;
    let path = format!("/api/invoices/{}", invoice.id());
    for (deed, body) in [
        ("payments", cash("p-1", 5_000)),
        ("refunds", json!({"reference": "p-1", "amount": usd(1)})),
    ] {
        let refused = clinic.post(&format!("{path}/{deed}"), body).await;
        refused.expect_problem(400, "idempotency-key-required");
        assert_eq!(refused.faults(), ["Idempotency-Key"]);
    }
    let pay = async || {
        let headers = [("idempotency-key", "key-1")];
        let body = cash("p-1", 5_000);
        clinic
            .send(Method::POST, &format!("{path}/payments"), &headers, Some(&body))
            .await
    };
    let first = pay().await.expect(201);
    let before = clinic.stream(Context::Billing).await;
    let again = pay().await;
    assert_eq!((again.status, &again.text), (first.status, &first.text));
    let under_another_key = clinic
        .post_keyed(&format!("{path}/payments"), cash("p-1", 5_000))
        .await
        .expect(201);
    assert_eq!(
        under_another_key.body, first.body,
        "the reference acts as the payment's own key"
    );
    assert_eq!(
        clinic.stream(Context::Billing).await.commits,
        before.commits + 1,
        "only the second key was added"
    );
    assert_eq!(owed(&clinic, &john, &under_another_key).await, json!([usd(5_000)]));
}

#[tokio::test]
async fn a_pending_payment_blocks_every_other_until_it_is_settled() {
    let clinic = Clinic::open().await;
    let john = clinic.patient("John Doe").await.id();
    let invoice = clinic.invoice(&john, &[(10_000, 0)]).await;
    let payments = format!("/api/invoices/{}/payments", invoice.id());
    let settle = async |reference: &str, status: &str| {
        clinic
            .post(&format!("{payments}/{reference}/outcome"), json!({"status": status}))
            .await
    };
    let tried = clinic.post_keyed(&payments, attempt("a/1", 4_000)).await.expect(201);
    assert_eq!(tried.body["status"], "initiated");
    let token = tried.header("consistency-token");
    let account = clinic
        .get_after(&format!("/api/accounts/{john}"), token)
        .await
        .expect(200);
    assert_eq!(account.body["pendingPayment"], tried.body);
    assert_eq!(
        account.body["owed"],
        json!([usd(10_000)]),
        "nothing has been received yet"
    );
    for other in [attempt("a/2", 1_000), cash("a/3", 1_000)] {
        clinic
            .post_keyed(&payments, other)
            .await
            .expect_problem(409, "payment-pending");
    }
    let refund = json!({"reference": "a/1", "amount": usd(1)});
    clinic
        .post_keyed(&payments.replace("payments", "refunds"), refund)
        .await
        .expect_problem(409, "payment-pending");

    let failed = settle("a%2F1", "failed").await.expect(200);
    assert_eq!(failed.body["status"], "failed");
    clinic
        .post_keyed(&payments, attempt("a/1", 4_000))
        .await
        .expect_problem(409, "payment-settled");
    let again = clinic.post_keyed(&payments, attempt("a/2", 4_000)).await.expect(201);
    assert_eq!(again.body["status"], "initiated");
    let captured = settle("a%2F2", "captured").await.expect(200);
    assert_eq!(captured.body["status"], "captured");
    let repeated = settle("a%2F2", "captured").await.expect(200);
    assert_eq!(repeated.text, captured.text);
    settle("a%2F2", "failed").await.expect_problem(409, "payment-settled");
    settle("nobody", "failed").await.expect_problem(404, "not-found");
    assert_eq!(owed(&clinic, &john, &captured).await, json!([usd(6_000)]));
}

#[tokio::test]
async fn late_money_stays_on_the_account_if_the_invoice_no_longer_accepts_it() {
    let clinic = Clinic::open().await;
    let john = clinic.patient("John Doe").await.id();
    let invoice = clinic.invoice(&john, &[(10_000, 0)]).await;
    let path = format!("/api/invoices/{}", invoice.id());
    let _ = clinic
        .post_keyed(&format!("{path}/payments"), attempt("late", 10_000))
        .await
        .expect(201);
    let credited = clinic
        .post(
            &format!("{path}/credit-notes"),
            json!({"amount": usd(7_000), "reason": "Overcharged"}),
        )
        .await
        .expect(201);
    same_when_read(&clinic, &credited).await;
    let settled = clinic
        .post(&format!("{path}/payments/late/outcome"), json!({"status": "captured"}))
        .await
        .expect(200);
    let token = settled.header("consistency-token");
    let invoice = clinic.get_after(&path, token).await.expect(200);
    assert_eq!(invoice.body["status"], "balanced");
    assert_eq!(invoice.body["allocations"][0]["amount"], usd(3_000));
    assert_eq!(
        owed(&clinic, &john, &settled).await,
        json!([usd(-7_000)]),
        "the clinic owes the rest"
    );
    let back = clinic
        .post_keyed(
            &format!("{path}/refunds"),
            json!({"reference": "late", "amount": usd(7_000)}),
        )
        .await
        .expect(201);
    assert_eq!(back.body["refunded"], usd(7_000));
    assert_eq!(owed(&clinic, &john, &back).await, json!([usd(0)]));
}

#[tokio::test]
async fn a_cancelled_invoice_is_reversed_on_the_account() {
    let clinic = Clinic::open().await;
    let john = clinic.patient("John Doe").await.id();
    let invoice = clinic.invoice(&john, &[(10_000, 100_000)]).await;
    let path = format!("/api/invoices/{}", invoice.id());
    let _ = clinic
        .post(&format!("{path}/credit-notes"), json!({"amount": usd(1_000)}))
        .await
        .expect(201);
    let why = json!({"reason": "Never took place"});
    let cancelled = clinic.send(Method::DELETE, &path, &[], Some(&why)).await.expect(200);
    assert_eq!(cancelled.body["status"], "cancelled");
    same_when_read(&clinic, &cancelled).await;
    assert_eq!(owed(&clinic, &john, &cancelled).await, json!([usd(0)]));
    let before = clinic.stream(Context::Billing).await;
    let again = clinic.send(Method::DELETE, &path, &[], None).await.expect(200);
    assert_eq!(again.text, cancelled.text);
    assert_eq!(clinic.stream(Context::Billing).await, before);
}

#[tokio::test]
async fn a_debt_is_written_off_and_the_account_closed_permanently() {
    let clinic = Clinic::open().await;
    let john = clinic.patient("John Doe").await.id();
    let path = format!("/api/accounts/{john}");
    let (adjustments, charges) = (format!("{path}/adjustments"), format!("{path}/charges"));
    clinic.delete(&path).await.expect_problem(404, "not-found");
    let write_off = |minor: i64| json!({"kind": "write-off", "amount": usd(minor), "reason": "Moved away"});
    clinic
        .post(&adjustments, write_off(1))
        .await
        .expect_problem(404, "not-found");
    let charge = json!({"amount": usd(10_000), "tax": usd(888)});
    let charged = clinic.post(&charges, charge).await.expect(201);
    let wrong = json!({"kind": "credit-note", "amount": usd(5_000), "tax": usd(444), "reason": "Half was a mistake"});
    let credited = clinic
        .send(
            Method::POST,
            &adjustments,
            &[("if-match", charged.header("etag"))],
            Some(&wrong),
        )
        .await
        .expect(201);
    assert_eq!(credited.body["owed"], json!([usd(5_444)]));
    clinic.delete(&path).await.expect_problem(409, "wrong-status");
    let key = [("idempotency-key", "write-off-1")];
    let written_off = clinic
        .send(Method::POST, &adjustments, &key, Some(&write_off(5_444)))
        .await
        .expect(201);
    let again = clinic
        .send(Method::POST, &adjustments, &key, Some(&write_off(5_444)))
        .await;
    assert_eq!(again.text, written_off.text, "one write-off per key");
    let amounts: Vec<(&Value, &Value)> = written_off.body["balances"]
        .as_array()
        .expect("the balances")
        .iter()
        .map(|balance| (&balance["account"], &balance["amount"]["minor"]))
        .collect();
    let expected = [
        (json!("receivable"), json!(0)),
        (json!("revenue"), json!(-5_000)),
        (json!("tax-payable"), json!(-444)),
        (json!("write-offs"), json!(5_444)),
    ];
    assert_eq!(amounts, expected.each_ref().map(|(account, minor)| (account, minor)));

    let closed = clinic.delete(&path).await.expect(200);
    assert_eq!(closed.body["status"], "closed");
    assert_eq!(clinic.delete(&path).await.expect(200).text, closed.text);
    let token = closed.header("consistency-token");
    let read = clinic.get_after(&path, token).await.expect(200);
    assert_eq!(
        (&read.body["status"], &read.body["version"]),
        (&json!("closed"), &closed.body["version"])
    );
    let posted = read.body["statement"]["content"].as_array().expect("postings");
    assert_eq!(
        (&posted[0]["kind"], &posted[0]["reason"]),
        (&json!("write-off"), &json!("Moved away"))
    );
    assert_balanced(&clinic.get_after("/api/ledger/proof", token).await.expect(200));
    let before = clinic.stream(Context::Billing).await;
    for (path, body) in [(&charges, json!({"amount": usd(1)})), (&adjustments, write_off(1))] {
        clinic.post(path, body).await.expect_problem(409, "account-closed");
    }
    assert_eq!(clinic.stream(Context::Billing).await, before);
}

#[tokio::test]
async fn a_pending_payment_keeps_an_account_open_and_the_account_of_an_erased_patient_can_be_settled() {
    let clinic = Clinic::open().await;
    let john = clinic.patient("John Doe").await.id();
    let invoice = clinic.invoice(&john, &[(10_000, 0)]).await;
    let account = format!("/api/accounts/{john}");
    let path = format!("/api/invoices/{}/payments", invoice.id());
    let _ = clinic.post_keyed(&path, attempt("t-1", 10_000)).await.expect(201);
    clinic.delete(&account).await.expect_problem(409, "payment-pending");
    let failed = json!({"status": "failed"});
    let _ = clinic.post(&format!("{path}/t-1/outcome"), failed).await.expect(200);
    let _ = clinic
        .post_nothing(&format!("/api/patients/{john}/erasure"))
        .await
        .expect(200);
    let adjustments = format!("{account}/adjustments");
    let told = json!({"kind": "write-off", "amount": usd(10_000), "reason": "Is no more"});
    clinic.post(&adjustments, told).await.expect_problem(410, "erased");
    let untold = json!({"kind": "write-off", "amount": usd(10_000)});
    let _ = clinic.post(&adjustments, untold).await.expect(201);
    let closed = clinic.delete(&account).await.expect(200);
    assert_eq!(closed.body["status"], "closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_payments_never_exceed_the_open_amount() {
    let clinic = Clinic::open().await;
    let john = clinic.patient("John Doe").await.id();
    let invoice = clinic.invoice(&john, &[(10_000, 0)]).await;
    let payments = format!("/api/invoices/{}/payments", invoice.id());
    let answers =
        join_all((0..20).map(|number| clinic.post_keyed(&payments, cash(&format!("p-{number}"), 1_500)))).await;
    let taken: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!(taken.len(), 6, "six times 15.00 fit into 100.00");
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        refused.expect_problem(422, "amount-exceeded");
    }
    let tokens: Vec<&str> = taken.iter().map(|answer| answer.header("consistency-token")).collect();
    let account = clinic
        .get_after(&format!("/api/accounts/{john}"), &tokens.join(","))
        .await
        .expect(200);
    assert_eq!(account.body["owed"], json!([usd(1_000)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_mixed_run_over_many_accounts_and_currencies_the_ledger_sums_to_zero() {
    let clinic = Clinic::open().await;
    let runs = join_all((0..12_i64).map(|number| mixed_run(&clinic, number))).await;
    let token = runs.join(",");
    let proof = clinic.get_after("/api/ledger/proof", &token).await.expect(200);
    assert_balanced(&proof);
    let currencies = proof.body["currencies"].as_array().expect("the currencies");
    assert_eq!(currencies.len(), 3, "{currencies:?}");
    for currency in currencies {
        assert!(currency["debit"]["minor"].as_i64() > Some(0), "{currency}");
    }
}

/// A charge, an invoice, a payment, a refund and a credit note for one patient. Returns the last token.
async fn mixed_run(clinic: &Clinic, number: i64) -> String {
    let patient = clinic.patient(&format!("Patient {number}")).await.id();
    let currency = ["USD", "JPY", "KWD"][usize::try_from(number % 3).expect("an index")];
    let money = |minor: i64| json!({"minor": minor, "currency": currency});
    let charge = json!({"amount": money(1_000 + number), "tax": money(number)});
    let _ = clinic
        .post(&format!("/api/accounts/{patient}/charges"), charge)
        .await
        .expect(201);
    let line = json!({"description": "Visit", "quantity": 3, "unitPrice": money(333 + number), "taxRatePpm": 77_777});
    let draft = json!({"patientId": patient, "currency": currency, "lines": [line.clone(), line]});
    let drafted = clinic.post("/api/invoices", draft).await.expect(201);
    let path = drafted.header("location");
    let _ = clinic
        .send(Method::POST, &format!("{path}/issue"), &[], None)
        .await
        .expect(200);
    let payment = json!({"amount": money(700), "method": "card", "reference": "p"});
    let _ = clinic
        .post_keyed(&format!("{path}/payments"), payment)
        .await
        .expect(201);
    let refund = json!({"reference": "p", "amount": money(101 + number)});
    let _ = clinic.post_keyed(&format!("{path}/refunds"), refund).await.expect(201);
    let credit = json!({"amount": money(57 + number), "reason": "Waited too long"});
    let credited = clinic.post(&format!("{path}/credit-notes"), credit).await.expect(201);
    credited.header("consistency-token").to_owned()
}
