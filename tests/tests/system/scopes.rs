//! A caller sees the records in their scope only: in lists and totals, as single records, in searches, sums, histories and
//! past states. A record outside it does not exist for them.

use std::collections::BTreeSet;

use axum::{Extension, Router};
use query_service::{Queries, http};
use read_models::Scope;
use reqwest::Method;
use serde_json::{Value, json};
use system_tests::{Answer, Clinic, without_ids};
use tokio::net::TcpListener;
use uuid::Uuid;

/// What queries answer to a caller with a scope.
struct Caller {
    url: String,
    client: reqwest::Client,
}

impl Caller {
    /// Serves the queries of a clinic in a scope.
    async fn new(clinic: &Clinic, scope: Scope) -> Self {
        let queries = Queries::new(clinic.pool(), clinic.reader().await, 10_000);
        let (app, _): (Router, _) = http::router().with_state(queries).split_for_parts();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let _server = tokio::spawn(async move { axum::serve(listener, app.layer(Extension(scope))).await });
        Self {
            url,
            client: reqwest::Client::new(),
        }
    }

    async fn send(&self, method: Method, path: &str, token: &str) -> (u16, Value) {
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.url));
        if !token.is_empty() {
            request = request.header("consistency-token", token);
        }
        if method == Method::POST {
            request = request.json(&json!({}));
        }
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.send(Method::GET, path, "").await
    }

    /// The ids and the total of a list.
    async fn list(&self, method: Method, path: &str) -> (BTreeSet<String>, u64) {
        let (status, page) = self.send(method, path, "").await;
        assert_eq!(status, 200, "{path}: {page}");
        let content = page["content"].as_array().expect("a page");
        let ids = content.iter().filter_map(|one| one["id"].as_str().map(str::to_owned));
        (ids.collect(), page["totalElements"].as_u64().expect("a total"))
    }

    async fn status_after(&self, path: &str, token: &str) -> u16 {
        self.send(Method::GET, path, token).await.0
    }
}

/// One record of each noun, of one patient with one practitioner.
struct Care {
    patient: String,
    practitioner: String,
    appointment: String,
    prescription: String,
    invoice: String,
}

fn prescription(patient: &str, practitioner: &str, status: &str) -> Value {
    json!({"patientId": patient, "practitionerId": practitioner, "status": status, "refills": 0,
           "medicines": [{"name": "Paracetamol", "dosage": "500 mg", "duration": "3 days", "instructions": "after meals"}]})
}

async fn care(clinic: &Clinic, patient: &str, practitioner: &str) -> Care {
    let patient = clinic.patient(patient).await.id();
    let practitioner = clinic.practitioner(practitioner, "UTC").await.id();
    let (start, end) = ("2027-01-11T15:00:00Z", "2027-01-11T15:30:00Z");
    let appointment = clinic.book(&patient, &practitioner, start, end).await.expect(201);
    let prescribed = clinic
        .post("/api/prescriptions", prescription(&patient, &practitioner, "active"))
        .await;
    let invoice = clinic.invoice(&patient, &[(10_000, 0)]).await;
    let payment = json!({"amount": {"minor": 4_000, "currency": "USD"}, "method": "cash", "reference": "till-1"});
    let payments = format!("/api/invoices/{}/payments", invoice.id());
    let _ = clinic.post_keyed(&payments, payment).await.expect(201);
    Care {
        patient,
        practitioner,
        appointment: appointment.id(),
        prescription: prescribed.expect(201).id(),
        invoice: invoice.id(),
    }
}

const NOUNS: [&str; 5] = ["patients", "appointments", "prescriptions", "accounts", "invoices"];

impl Care {
    /// The id of the record of a noun.
    fn id(&self, noun: &str) -> &str {
        match noun {
            "appointments" => &self.appointment,
            "prescriptions" => &self.prescription,
            "invoices" => &self.invoice,
            _ => &self.patient,
        }
    }
}

/// The addresses that show a record.
fn views(noun: &str, id: &str) -> Vec<String> {
    let path = format!("/api/{noun}/{id}");
    let mut views = vec![
        format!("{path}?version=1"),
        format!("{path}?asOf=2999-01-01T00:00:00Z"),
        format!("{path}?asOf=2001-01-01T00:00:00Z"),
        format!("{path}/history"),
        path.clone(),
    ];
    if ["accounts", "invoices"].contains(&noun) {
        views.push(format!("{path}/payments"));
    }
    views
}

/// Checks that a caller sees a record exactly as somebody who sees everything.
async fn sees(caller: &Caller, clinic: &Clinic, noun: &str, id: &str) {
    for path in views(noun, id) {
        let (status, body) = caller.get(&path).await;
        let mut expected = clinic.get(&path).await;
        // The server adds the instance to a problem.
        let _ = expected
            .body
            .as_object_mut()
            .and_then(|fields| fields.remove("instance"));
        assert_eq!(
            (status, without_ids(&body)),
            (expected.status.as_u16(), without_ids(&expected.body)),
            "{path}"
        );
    }
    assert_eq!(caller.get(&format!("/api/{noun}/{id}")).await.0, 200, "{noun}");
}

/// Checks that for a caller a record does not exist.
async fn does_not_see(caller: &Caller, noun: &str, id: &str) {
    let absent = Uuid::from_u128(404).to_string();
    for (path, nowhere) in views(noun, id).into_iter().zip(views(noun, &absent)) {
        let (status, body) = caller.get(&path).await;
        assert_eq!(status, 404, "{path}: {body}");
        assert_eq!(without_ids(&body), without_ids(&caller.get(&nowhere).await.1), "{path}");
    }
}

fn only(id: &str) -> (BTreeSet<String>, u64) {
    (BTreeSet::from([id.to_owned()]), 1)
}

fn scope_of(id: &str, scope: fn(Uuid) -> Scope) -> Scope {
    scope(id.parse().expect("an id"))
}

#[tokio::test]
async fn each_caller_sees_the_records_in_their_scope_only() {
    let clinic = Clinic::open().await;
    let mine = care(&clinic, "John Doe", "Dr Ada Ruiz").await;
    let other = care(&clinic, "Jane Roe", "Dr Bob Ray").await;
    clinic.caught_up().await;

    let everybody = Caller::new(&clinic, Scope::All).await;
    let john = Caller::new(&clinic, scope_of(&mine.patient, Scope::Patient)).await;
    let ada = Caller::new(&clinic, scope_of(&mine.practitioner, Scope::Practitioner)).await;
    let stranger = Caller::new(&clinic, Scope::Practitioner(Uuid::from_u128(1))).await;
    for noun in NOUNS {
        let is_clinical = !["accounts", "invoices"].contains(&noun);
        for caller in [&everybody, &john, &ada, &stranger] {
            let is_seen = match caller.url.as_str() {
                url if url == everybody.url || url == john.url => true,
                url => url == ada.url && is_clinical,
            };
            match is_seen {
                true => sees(caller, &clinic, noun, mine.id(noun)).await,
                false => does_not_see(caller, noun, mine.id(noun)).await,
            }
        }
        sees(&everybody, &clinic, noun, other.id(noun)).await;
        for caller in [&john, &ada, &stranger] {
            does_not_see(caller, noun, other.id(noun)).await;
        }
        if noun == "accounts" {
            continue;
        }
        let path = format!("/api/{noun}");
        let none = (BTreeSet::new(), 0);
        assert_eq!(everybody.list(Method::GET, &path).await.1, 2, "{noun}");
        assert_eq!(john.list(Method::GET, &path).await, only(mine.id(noun)));
        let seen = if is_clinical { only(mine.id(noun)) } else { none.clone() };
        assert_eq!(ada.list(Method::GET, &path).await, seen, "{noun}");
        assert_eq!(stranger.list(Method::GET, &path).await, none, "{noun}");
        if noun != "patients" {
            let of_another = format!("{path}?patientId={}", other.patient);
            assert_eq!(everybody.list(Method::GET, &of_another).await.1, 1, "{noun}");
            assert_eq!(john.list(Method::GET, &of_another).await, none, "{noun}");
            assert_eq!(ada.list(Method::GET, &of_another).await, none, "{noun}");
        }
    }
    let search = "/api/patients/search";
    assert_eq!(everybody.list(Method::POST, search).await.1, 2);
    assert_eq!(john.list(Method::POST, search).await, only(&mine.patient));
    assert_eq!(ada.list(Method::POST, search).await, only(&mine.patient));
    assert_eq!(stranger.list(Method::POST, search).await.1, 0);
    assert_eq!(john.list(Method::GET, "/api/patients?deceased=false").await.1, 1);
    assert_eq!(
        john.list(Method::GET, "/api/practitioners").await.1,
        2,
        "anybody can choose one"
    );
    assert_eq!(
        ada.get(&format!("/api/practitioners/{}", other.practitioner)).await.0,
        200
    );

    let postings =
        async |caller: &Caller| caller.get("/api/ledger/proof").await.1["currencies"][0]["postings"].as_i64();
    let all = postings(&everybody).await.expect("postings");
    assert_eq!(postings(&john).await, Some(all / 2));
    assert_eq!([postings(&ada).await, postings(&stranger).await], [None, None]);
}

/// Sends a command and returns the token of its response.
async fn told(answer: Answer) -> String {
    assert!(answer.status.is_success(), "{}", answer.body);
    answer.header("consistency-token").to_owned()
}

#[tokio::test]
async fn a_practitioner_sees_patients_from_the_booking_or_prescription_on_until_its_cancellation() {
    let clinic = Clinic::open().await;
    let [jane, joe] = [
        clinic.patient("Jane Roe").await.id(),
        clinic.patient("Joe Poe").await.id(),
    ];
    let bob = clinic.practitioner("Dr Bob Ray", "UTC").await.id();
    clinic.caught_up().await;
    let caller = Caller::new(&clinic, scope_of(&bob, Scope::Practitioner)).await;
    let at = |id: &str| format!("/api/patients/{id}");
    let history = |id: &str| format!("/api/patients/{id}/history");
    assert_eq!(caller.status_after(&at(&jane), "").await, 404);

    let booked = clinic
        .book(&jane, &bob, "2027-01-11T15:00:00Z", "2027-01-11T15:30:00Z")
        .await;
    let booked = booked.expect(201);
    let appointment = format!("/api/appointments/{}", booked.id());
    let token = told(booked).await;
    assert_eq!(
        caller.status_after(&at(&jane), &token).await,
        200,
        "the token covers the scope"
    );
    assert_eq!(caller.status_after(&history(&jane), &token).await, 200);
    let draft = clinic
        .post("/api/prescriptions", prescription(&jane, &bob, "draft"))
        .await;
    let draft_token = told(draft).await;
    let token = told(clinic.send(Method::DELETE, &appointment, &[], None).await).await;
    let token = format!("{token},{draft_token}");
    assert_eq!(
        caller.status_after(&at(&jane), &token).await,
        404,
        "a draft puts nobody in care"
    );
    assert_eq!(caller.status_after(&history(&jane), &token).await, 404);
    let (status, diary) = caller.send(Method::GET, &appointment, &token).await;
    assert_eq!(
        (status, &diary["patient"]["name"]),
        (200, &json!("Jane Roe")),
        "the diary stays"
    );
    let (status, past) = caller
        .send(Method::GET, &format!("{appointment}?version=2"), &token)
        .await;
    assert_eq!((status, past), (200, diary));

    let issued = clinic
        .post("/api/prescriptions", prescription(&joe, &bob, "active"))
        .await;
    let path = format!("/api/prescriptions/{}", issued.id());
    assert_eq!(caller.status_after(&at(&joe), &told(issued).await).await, 200);
    let token = told(clinic.send(Method::DELETE, &path, &[], None).await).await;
    assert_eq!(caller.status_after(&at(&joe), &token).await, 404);
    assert_eq!(caller.status_after(&path, &token).await, 200, "the prescription stays");

    let again = clinic
        .book(&joe, &bob, "2027-01-04T09:00:00Z", "2027-01-04T09:30:00Z")
        .await;
    let path = format!("/api/appointments/{}", again.expect(201).id());
    let token = told(clinic.post_nothing(&format!("{path}/arrival")).await).await;
    assert_eq!(caller.status_after(&at(&joe), &token).await, 200);
    clinic.clock.advance(chrono::TimeDelta::hours(2));
    let token = told(clinic.post_nothing(&format!("{path}/fulfilment")).await).await;
    assert_eq!(
        caller.status_after(&at(&joe), &token).await,
        200,
        "care does not end with the visit"
    );
    let token = told(clinic.post_nothing(&format!("{path}/entered-in-error")).await).await;
    assert_eq!(caller.status_after(&at(&joe), &token).await, 404, "there was no visit");
}

#[tokio::test]
async fn an_erased_patient_is_gone_for_those_who_saw_them_and_absent_for_everybody_else() {
    let clinic = Clinic::open().await;
    let mine = care(&clinic, "John Doe", "Dr Ada Ruiz").await;
    let other = care(&clinic, "Jane Roe", "Dr Bob Ray").await;
    let erased = clinic
        .post_nothing(&format!("/api/patients/{}/erasure", mine.patient))
        .await;
    let _ = told(erased).await;
    clinic.caught_up().await;
    let path = format!("/api/patients/{}", mine.patient);
    for (whose, expected) in [(&mine, 410), (&other, 404)] {
        for scope in [
            scope_of(&whose.patient, Scope::Patient),
            scope_of(&whose.practitioner, Scope::Practitioner),
        ] {
            let caller = Caller::new(&clinic, scope).await;
            assert_eq!(caller.status_after(&path, "").await, expected, "{scope:?}");
            let past = caller
                .status_after(&format!("{path}?asOf=2999-01-01T00:00:00Z"), "")
                .await;
            assert_eq!(past, expected, "{scope:?}");
        }
    }
}
