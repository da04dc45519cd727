//! Bad input to the commands on accounts, invoices, payments, refunds and credit notes: each response names the field
//! or the rule, none is a 5xx, and no event is stored.

use journal::StreamStatus;
use reqwest::Method;
use serde_json::{Value, json};
use system_tests::{
    Clinic,
    bad_input::{Deed, NOBODY, stored},
};

/// The maximum amount in minor units.
const MOST: i64 = 1_000_000_000_000;

/// A clinic with a draft invoice and a partly paid one.
struct Filled {
    clinic: Clinic,
    patient: String,
    draft: String,
    invoice: String,
    stored: Vec<StreamStatus>,
}

fn usd(minor: i64) -> Value {
    json!({"minor": minor, "currency": "USD"})
}

fn line() -> Value {
    json!({"description": "Consultation", "quantity": 1, "unitPrice": usd(100), "taxRatePpm": 88_750})
}

async fn filled() -> Filled {
    let clinic = Clinic::open().await;
    let patient = clinic.patient("John Doe").await.id();
    let invoice = clinic.invoice(&patient, &[(10_000, 0)]).await.id();
    let draft = json!({"patientId": patient, "currency": "USD", "lines": [line()]});
    let draft = clinic.post("/api/invoices", draft).await.expect(201).id();
    let paid = json!({"amount": usd(4_000), "method": "cash", "reference": "till-1"});
    let payments = format!("/api/invoices/{invoice}/payments");
    let _ = clinic.post_keyed(&payments, paid).await.expect(201);
    Filled {
        stored: stored(&clinic).await,
        patient,
        draft,
        invoice,
        clinic,
    }
}

/// All commands on an account.
fn on_accounts() -> Vec<Deed> {
    let deed = |method, below: &str, valid| Deed::new(method, format!("/api/accounts/{{id}}{below}"), valid);
    let charge = json!({"amount": usd(100), "tax": usd(10)});
    let adjustment = json!({"kind": "write-off", "amount": usd(100), "tax": usd(10), "reason": "Moved away"});
    let of_an_amount = [
        "/amount",
        "/amount/minor",
        "/amount/currency",
        "/tax/minor",
        "/tax/currency",
    ];
    vec![
        deed(Method::POST, "/charges", Some(charge)).requires(&of_an_amount),
        deed(Method::POST, "/adjustments", Some(adjustment)).requires(&[&["/kind"][..], &of_an_amount].concat()),
        deed(Method::DELETE, "", None),
    ]
}

/// All commands on an existing invoice.
fn on_invoices() -> Vec<Deed> {
    let deed = |method, below: &str, valid| Deed::new(method, format!("/api/invoices/{{id}}{below}"), valid);
    let post = |below: &str, valid| deed(Method::POST, below, valid);
    let payment = json!({"amount": usd(100), "method": "card", "reference": "till-2", "status": "initiated"});
    let refund = json!({"reference": "till-1", "amount": usd(100)});
    let credit = json!({"amount": usd(100), "reason": "Too much"});
    let of_an_amount = ["/amount", "/amount/minor", "/amount/currency"];
    let of_a_line = [
        "/description",
        "/quantity",
        "/unitPrice",
        "/unitPrice/minor",
        "/unitPrice/currency",
    ];
    vec![
        post("/lines", Some(line())).requires(&of_a_line),
        post("/issue", None),
        post("/payments", Some(payment)).requires(&[&["/method", "/reference"][..], &of_an_amount].concat()),
        post("/payments/till-1/outcome", Some(json!({"status": "failed"}))).requires(&["/status"]),
        post("/refunds", Some(refund)).requires(&[&["/reference"][..], &of_an_amount].concat()),
        post("/credit-notes", Some(credit)).requires(&of_an_amount),
        deed(Method::DELETE, "", Some(json!({"reason": "Never took place"}))),
    ]
}

impl Filled {
    fn drafting(&self) -> Deed {
        let body = json!({"patientId": self.patient, "currency": "USD", "appointmentId": NOBODY, "lines": [line()]});
        Deed::new(Method::POST, "/api/invoices", Some(body)).requires(&[
            "/patientId",
            "/currency",
            "/lines/0/description",
            "/lines/0/quantity",
            "/lines/0/unitPrice",
        ])
    }

    fn deeds(&self) -> Vec<Deed> {
        let on_accounts = on_accounts().into_iter().map(|deed| deed.at(&self.patient));
        let on_invoices = on_invoices().into_iter().map(|deed| deed.at(&self.invoice));
        on_accounts.chain(on_invoices).chain([self.drafting()]).collect()
    }

    /// Checks that a command is refused with a problem that names these fields.
    async fn refuses(&self, deed: Deed, body: &Value, status: u16, slug: &str, faults: &[&str]) {
        let answer = deed.send(&self.clinic, &[], Some(body)).await;
        answer.expect_problem(status, slug);
        assert_eq!(answer.faults(), faults, "{deed:?} {body}");
    }

    fn post(&self, below: &str) -> Deed {
        Deed::new(Method::POST, format!("/api/{below}"), None)
    }

    async fn nothing_is_stored(&self) {
        assert_eq!(stored(&self.clinic).await, self.stored);
    }
}

#[tokio::test]
async fn every_missing_mistyped_or_unknown_field_is_named() {
    let it = filled().await;
    for deed in it.deeds() {
        deed.names_what_is_misshapen(&it.clinic).await;
        deed.refuses_what_is_no_object(&it.clinic).await;
    }
    it.nothing_is_stored().await;
}

#[tokio::test]
async fn invalid_or_foreign_ids_and_stale_or_malformed_versions_are_refused() {
    let it = filled().await;
    let on_accounts = on_accounts().into_iter().map(|deed| (deed, &it.patient, &it.invoice));
    let on_invoices = on_invoices().into_iter().map(|deed| (deed, &it.invoice, &it.patient));
    for (deed, own, foreign) in on_accounts.chain(on_invoices) {
        let body = deed.valid.as_ref();
        let none = deed.at("7").send(&it.clinic, &[], body).await;
        none.expect_problem(400, "invalid-request");
        assert_eq!(none.faults(), ["id"]);
        for id in [NOBODY, foreign] {
            let unknown = deed.at(id).send(&it.clinic, &[], body).await;
            unknown.expect_problem(404, "not-found");
        }
        let deed = deed.at(own);
        deed.refuses_unreadable_headers(&it.clinic, true).await;
        let stale = deed.send(&it.clinic, &[("if-match", "W/\"99\"")], body).await;
        stale.expect_problem(412, "precondition-failed");
    }
    it.drafting().refuses_unreadable_headers(&it.clinic, false).await;
    for body in [
        json!({"patientId": NOBODY, "currency": "USD"}),
        json!({"patientId": it.invoice, "currency": "USD"}),
    ] {
        let drafting = it.post("invoices");
        it.refuses(drafting, &body, 422, "unknown-patient", &["/patientId"])
            .await;
    }
    let strangers = json!({"patientId": it.patient, "currency": "USD", "appointmentId": NOBODY});
    let drafting = it.post("invoices");
    it.refuses(drafting, &strangers, 422, "unknown-appointment", &["/appointmentId"])
        .await;
    it.nothing_is_stored().await;
}

#[tokio::test]
async fn all_invalid_values_are_named_at_once() {
    let it = filled().await;
    let long = |length| "x".repeat(length);
    let money = |minor: i64, currency: &str| json!({"minor": minor, "currency": currency});
    let patient = &it.patient;
    let charges = format!("accounts/{patient}/charges");
    let adjustments = format!("accounts/{patient}/adjustments");
    let invoice = format!("invoices/{}", it.invoice);
    let lines = format!("invoices/{}/lines", it.draft);
    let payment = |amount: Value, method: &str, reference: &str| json!({"amount": amount, "method": method, "reference": reference});
    let of_a_line = ["/description", "/unitPrice/currency", "/unitPrice/minor", "/taxRatePpm"];
    let mut bad_line =
        json!({"description": " ", "quantity": 0, "unitPrice": money(-1, "XAU"), "taxRatePpm": 1_000_001});
    let table: Vec<(&str, Value, Vec<&str>)> = vec![
        (
            &charges,
            json!({"amount": money(0, "usd")}),
            vec!["/amount/currency", "/amount/minor"],
        ),
        (
            &charges,
            json!({"amount": usd(-1), "tax": usd(-1)}),
            vec!["/amount/minor", "/tax/minor"],
        ),
        (&charges, json!({"amount": usd(MOST + 1)}), vec!["/amount/minor"]),
        (
            &charges,
            json!({"amount": usd(i64::MAX), "tax": usd(i64::MIN)}),
            vec!["/amount/minor", "/tax/minor"],
        ),
        (
            &charges,
            json!({"amount": usd(MOST), "tax": usd(i64::MAX)}),
            vec!["/tax"],
        ),
        (
            &charges,
            json!({"amount": usd(1), "tax": money(1, "JPY")}),
            vec!["/tax"],
        ),
        (
            &adjustments,
            json!({"kind": "", "amount": money(1, ""), "reason": " "}),
            vec!["/kind", "/amount/currency", "/reason"],
        ),
        (
            &adjustments,
            json!({"kind": "gift", "amount": usd(MOST + 1), "tax": usd(-1), "reason": long(501)}),
            vec!["/kind", "/amount/minor", "/tax/minor", "/reason"],
        ),
        (&lines, bad_line.clone(), of_a_line.to_vec()),
        (
            &lines,
            {
                bad_line["description"] = json!(long(201));
                bad_line["unitPrice"] = money(MOST + 1, "dollars");
                bad_line["taxRatePpm"] = json!(u32::MAX);
                bad_line
            },
            of_a_line.to_vec(),
        ),
        (
            &lines,
            json!({"description": "x", "quantity": 0, "unitPrice": usd(1)}),
            vec!["/quantity"],
        ),
        (
            &lines,
            json!({"description": "x", "quantity": 10_001, "unitPrice": usd(1)}),
            vec!["/quantity"],
        ),
        (
            "invoices",
            json!({"patientId": patient, "currency": "BTC", "lines": [{"description": "", "quantity": 1, "unitPrice": usd(-1)}]}),
            vec!["/currency", "/lines/0/description", "/lines/0/unitPrice/minor"],
        ),
        (
            "invoices",
            json!({"patientId": patient, "currency": "USD", "lines": vec![line(); 201]}),
            vec!["/lines"],
        ),
        (
            "invoices",
            json!({"patientId": patient, "currency": "EUR", "lines": [line()]}),
            vec!["/lines/0/unitPrice/currency"],
        ),
    ];
    for (below, body, faults) in table {
        it.refuses(it.post(below), &body, 422, "validation-failed", &faults)
            .await;
    }
    for (below, body, faults) in [
        (
            "payments",
            payment(usd(0), "barter", " "),
            vec!["/amount/minor", "/method", "/reference"],
        ),
        (
            "payments",
            payment(money(1, "X"), "", &long(256)),
            vec!["/amount/currency", "/method", "/reference"],
        ),
        (
            "payments",
            json!({"amount": usd(1), "method": "cash", "reference": "a\u{0}", "status": "failed"}),
            vec!["/reference", "/status"],
        ),
        (
            "payments/till-1/outcome",
            json!({"status": "initiated"}),
            vec!["/status"],
        ),
        (
            "refunds",
            json!({"reference": "", "amount": usd(-1)}),
            vec!["/reference", "/amount/minor"],
        ),
        (
            "credit-notes",
            json!({"amount": usd(0), "reason": long(501)}),
            vec!["/amount/minor", "/reason"],
        ),
    ] {
        let deed = it.post(&format!("{invoice}/{below}"));
        it.refuses(deed, &body, 422, "validation-failed", &faults).await;
    }
    let cancelling = Deed::new(Method::DELETE, format!("/api/{invoice}"), None);
    it.refuses(
        cancelling,
        &json!({"reason": " "}),
        422,
        "validation-failed",
        &["/reason"],
    )
    .await;
    let settling = it.post(&format!("{invoice}/payments/{}/outcome", long(256)));
    it.refuses(
        settling,
        &json!({"status": "failed"}),
        400,
        "invalid-request",
        &["reference"],
    )
    .await;
    it.nothing_is_stored().await;
}

#[tokio::test]
async fn a_command_that_the_status_or_the_ledger_does_not_allow_is_refused() {
    let it = filled().await;
    let (invoice, draft) = (format!("invoices/{}", it.invoice), format!("invoices/{}", it.draft));
    let payment = json!({"amount": usd(1), "method": "cash", "reference": "till-2"});
    let refund = json!({"reference": "till-1", "amount": usd(1)});
    let (credit, failed) = (json!({"amount": usd(1)}), json!({"status": "failed"}));
    let account = format!("accounts/{}", it.patient);
    let lower = |kind: &str, minor| json!({"kind": kind, "amount": usd(minor)});
    let too_much: &[&str] = &["/amount"];
    for (below, body, status, slug, faults) in [
        (format!("{invoice}/lines"), line(), 409, "wrong-status", &[][..]),
        (format!("{draft}/payments"), payment, 409, "wrong-status", &[]),
        (format!("{draft}/credit-notes"), credit, 409, "wrong-status", &[]),
        (
            format!("{draft}/refunds"),
            refund,
            422,
            "unknown-payment",
            &["/reference"],
        ),
        (
            format!("{draft}/payments/till-1/outcome"),
            failed.clone(),
            404,
            "not-found",
            &[],
        ),
        (
            format!("{invoice}/payments/ghost/outcome"),
            failed.clone(),
            404,
            "not-found",
            &[],
        ),
        (
            format!("{invoice}/payments/till-1/outcome"),
            failed,
            409,
            "payment-settled",
            &[],
        ),
        (
            format!("{account}/adjustments"),
            lower("write-off", 6_001),
            422,
            "amount-exceeded",
            too_much,
        ),
        (
            format!("{account}/adjustments"),
            lower("credit-note", 1),
            422,
            "amount-exceeded",
            too_much,
        ),
    ] {
        it.refuses(it.post(&below), &body, status, slug, faults).await;
    }
    let empty = json!({"patientId": it.patient, "currency": "USD"});
    let empty = it.clinic.post("/api/invoices", empty).await.expect(201);
    let before = stored(&it.clinic).await;
    let issue = format!("{}/issue", empty.header("location"));
    it.clinic.post_nothing(&issue).await.expect_problem(422, "not-issuable");
    for path in [format!("/api/{invoice}"), format!("/api/{account}")] {
        it.clinic.delete(&path).await.expect_problem(409, "wrong-status");
    }
    assert_eq!(stored(&it.clinic).await, before);
}

#[tokio::test]
async fn no_response_repeats_the_input() {
    let it = filled().await;
    let secret = "Xanthippe";
    for deed in it.deeds() {
        for body in [
            json!({"patientId": secret}),
            json!({"amount": secret}),
            json!({"amount": {"minor": 1, "currency": secret}, "method": secret, "reference": "x", "kind": secret}),
            json!({"currency": secret, "lines": [{"description": [secret]}]}),
            json!({"description": secret, "unitPrice": {"minor": secret, "currency": secret}, "quantity": 1}),
            json!({"reason": [secret]}),
            json!({"status": {"of": secret}}),
        ] {
            let answer = deed.send(&it.clinic, &[], Some(&body)).await;
            assert!(answer.status.is_client_error(), "{deed:?} {}", answer.text);
            assert!(!answer.text.contains(secret), "{deed:?} {}", answer.text);
        }
    }
    it.nothing_is_stored().await;
}
