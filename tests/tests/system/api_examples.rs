//! The examples in the API's description are what the clinic answers, but for ids.

use api::{
    AccountResource, AccountStatement, AppointmentResource, ErasedPatientResource, Example, HistoryEntry,
    InvoiceResource, LedgerProof, PatientResource, PaymentResource, PractitionerResource, PrescriptionResource,
    ProjectionResource,
};
use serde_json::{Value, json};
use system_tests::{Answer, Clinic, without_ids};

#[track_caller]
fn is_the_example_of<R: Example>(answer: &Value) {
    assert_eq!(
        without_ids(answer),
        without_ids(&R::example()),
        "the answer is {answer:#}"
    );
}

async fn practitioner(clinic: &Clinic) -> String {
    let ada = json!({"name": "Dr Ada Ruiz", "specialty": "Cardiology", "timeZone": "America/New_York",
                     "email": "ada.ruiz@clinic.example"});
    let ada = clinic.post("/api/practitioners", ada).await.expect(201).id();
    let path = format!("/api/practitioners/{ada}");
    let hours = json!({"slotMinutes": 30, "effectiveFrom": "2027-01-01",
                       "weekly": [{"day": "monday", "from": "09:00", "to": "17:00"}]});
    let _ = clinic.put(&format!("{path}/availability"), hours).await.expect(200);
    let away = json!({"startTime": "2027-02-01T14:00:00Z", "endTime": "2027-02-08T14:00:00Z"});
    let shown = clinic.post(&format!("{path}/time-off"), away).await.expect(201);
    is_the_example_of::<PractitionerResource>(&shown.body);
    ada
}

async fn patient(clinic: &Clinic) -> String {
    let john = json!({"name": "John Doe", "dateOfBirth": "1990-01-01", "email": "john@example.com",
                      "phone": "+1-555-0102", "address": "123 Main St", "gender": "male",
                      "identifiers": [{"system": "urn:example:mrn", "value": "A-17"}]});
    let shown = clinic.post("/api/patients", john).await.expect(201);
    is_the_example_of::<PatientResource>(&shown.body);
    shown.id()
}

async fn prescription(clinic: &Clinic, patient: &str, practitioner: &str, appointment: &str) {
    let written = json!({"patientId": patient, "practitionerId": practitioner, "appointmentId": appointment,
        "refills": 2, "medicines": [{"name": "Amlodipine", "dosage": "5 mg", "duration": "30 days",
                                     "instructions": "Once a day"}]});
    let written = clinic.post("/api/prescriptions", written).await.expect(201).id();
    let path = format!("/api/prescriptions/{written}");
    let _ = clinic.post_nothing(&format!("{path}/issue")).await.expect(200);
    let shown = clinic
        .post_nothing(&format!("{path}/refill-requests"))
        .await
        .expect(200);
    is_the_example_of::<PrescriptionResource>(&shown.body);
}

/// Bills a patient. Answers with the last token.
async fn money(clinic: &Clinic, patient: &str) -> String {
    let usd = |minor: i64| json!({"minor": minor, "currency": "USD"});
    let invoice = clinic.invoice(patient, &[(10_000, 100_000)]).await;
    is_the_example_of::<InvoiceResource>(&invoice.body);
    let payments = format!("/api/invoices/{}/payments", invoice.id());
    let payment = json!({"amount": usd(5_000), "method": "card", "reference": "t7-000123"});
    let paid = clinic.post_keyed(&payments, payment).await.expect(201);
    is_the_example_of::<PaymentResource>(&paid.body);
    let charge = json!({"amount": usd(2_500)});
    let charged = clinic.post(&format!("/api/accounts/{patient}/charges"), charge).await;
    let charged = charged.expect(201);
    is_the_example_of::<AccountResource>(&charged.body);
    charged.header("consistency-token").to_owned()
}

#[tokio::test]
async fn every_resource_is_answered_as_its_example() {
    let clinic = Clinic::open().await;
    let ada = practitioner(&clinic).await;
    let john = patient(&clinic).await;
    let booking = json!({"patientId": john, "practitionerId": ada, "startTime": "2027-01-11T15:00:00Z",
                         "endTime": "2027-01-11T15:30:00Z", "reason": "Chest pain", "notes": "First visit"});
    let booked: Answer = clinic.post("/api/appointments", booking).await.expect(201);
    is_the_example_of::<AppointmentResource>(&booked.body);
    prescription(&clinic, &john, &ada, &booked.id()).await;

    let token = money(&clinic, &john).await;
    let statement = clinic.get_after(&format!("/api/accounts/{john}?size=1"), &token).await;
    is_the_example_of::<AccountStatement>(&statement.expect(200).body);
    let proof = clinic.get_after("/api/ledger/proof", &token).await.expect(200);
    is_the_example_of::<LedgerProof>(&proof.body);

    let path = format!("/api/patients/{john}");
    let moved = clinic.put(&path, json!({"address": "7 Elm St"})).await.expect(200);
    let token = moved.header("consistency-token");
    let history = clinic
        .get_after(&format!("{path}/history?sort=version,desc"), token)
        .await
        .expect(200);
    is_the_example_of::<HistoryEntry>(&history.body["content"][0]);
    clinic.caught_up().await;
    let mut of_patients = Value::Null;
    clinic
        .eventually("the projection of the patients follows", async || {
            let projections = clinic.get("/api/projections").await.expect(200).body;
            let mut listed = projections.as_array().expect("a list").iter();
            let found = listed.find(|one| one["name"] == "patient");
            of_patients = found.expect("a projection").clone();
            of_patients["state"] == "following"
        })
        .await;
    is_the_example_of::<ProjectionResource>(&of_patients);

    let erased = clinic.post_nothing(&format!("{path}/erasure")).await.expect(200);
    is_the_example_of::<ErasedPatientResource>(&erased.body);
}

/// The schema that a reference leads to, or the schema itself.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str().and_then(|reference| reference.rsplit_once('/')) {
        Some((_, name)) => &document["components"]["schemas"][name],
        None => schema,
    }
}

/// The fields that a schema, or each of those that it is composed of, requires.
fn required<'a>(document: &'a Value, schema: &'a Value) -> Vec<&'a str> {
    let own = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let parts = schema["allOf"].as_array().into_iter().flatten();
    let of_parts = parts.flat_map(|part| required(document, resolved(document, part)));
    own.chain(of_parts).collect()
}

#[test]
fn every_success_in_the_description_has_an_example_with_all_that_its_schema_requires() {
    let document = serde_json::to_value(anamnesis::openapi()).expect("JSON");
    let paths = document["paths"].as_object().expect("the paths");
    let mut seen = 0;
    for operation in paths
        .values()
        .flat_map(|path| path.as_object().expect("operations").values())
    {
        for (status, answer) in operation["responses"].as_object().expect("answers") {
            if !status.starts_with('2') {
                continue;
            }
            if status == "204" {
                assert!(answer.get("content").is_none(), "an answer without content has some");
                continue;
            }
            let content = &answer["content"]["application/json"];
            let (id, mut example) = (&operation["operationId"], &content["example"]);
            let mut schema = resolved(&document, &content["schema"]);
            if schema["type"] == "array" {
                (schema, example) = (resolved(&document, &schema["items"]), &example[0]);
            }
            let required = required(&document, schema);
            assert!(!required.is_empty(), "the schema of {id} requires nothing");
            for name in required {
                assert!(
                    example.get(name).is_some(),
                    "the example of {id} lacks {name}: {example}"
                );
            }
            seen += 1;
        }
    }
    assert!(seen > 50, "only {seen} answers");
}

#[test]
fn the_description_names_every_noun_its_servers_and_what_put_does() {
    let document = serde_json::to_value(anamnesis::openapi()).expect("JSON");
    let description = document["info"]["description"].as_str().expect("a description");
    let description = description.to_lowercase();
    let paths = document["paths"].as_object().expect("the paths");
    for (path, operations) in paths {
        match path.strip_prefix("/api/") {
            Some(rest) => {
                let noun = rest.split('/').next().expect("a noun");
                assert!(description.contains(noun), "{noun} is not in: {description}");
            }
            // Who signs in is no noun of the clinic.
            None => assert!(
                path.starts_with("/auth/") || path.starts_with("/.well-known/"),
                "{path}"
            ),
        }
        if let Some(put) = operations.get("put") {
            assert!(put["description"].is_string(), "what PUT {path} does is not told");
        }
    }
    let servers = document["servers"].as_array().expect("servers");
    assert_eq!(servers[0]["url"], "/");
}
