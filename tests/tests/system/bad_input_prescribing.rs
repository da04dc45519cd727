//! Bad input to the commands on prescriptions: each response names the field or the rule, none is a 5xx, and no event
//! is stored.

use journal::StreamStatus;
use reqwest::Method;
use serde_json::{Value, json};
use system_tests::{
    Clinic,
    bad_input::{Deed, NOBODY, stored},
};

/// A clinic with an active prescription that has a refill request.
struct Filled {
    clinic: Clinic,
    patient: String,
    practitioner: String,
    prescription: String,
    request: String,
    stored: Vec<StreamStatus>,
}

async fn filled() -> Filled {
    let clinic = Clinic::open().await;
    let patient = clinic.patient("John Doe").await.id();
    let practitioner = clinic.practitioner("Dr Ada Ruiz", "UTC").await.id();
    let body = json!({"patientId": patient, "practitionerId": practitioner, "medicines": [medicine()], "refills": 1});
    let prescription = clinic.post("/api/prescriptions", body).await.expect(201).id();
    let path = format!("/api/prescriptions/{prescription}/refill-requests");
    let asked = clinic.post_nothing(&path).await.expect(200);
    let request = asked.body["refillRequests"][0]["id"].as_str().expect("an id");
    Filled {
        request: request.to_owned(),
        stored: stored(&clinic).await,
        patient,
        practitioner,
        prescription,
        clinic,
    }
}

fn medicine() -> Value {
    json!({"name": "Paracetamol", "dosage": "500 mg", "duration": "3 days", "instructions": "after meals", "rxNormCode": "161"})
}

/// All commands on an existing prescription.
fn changes(request: &str) -> Vec<Deed> {
    let deed = |method, below: &str, valid| Deed::new(method, format!("/api/prescriptions/{{id}}{below}"), valid);
    let post = |below: &str, valid| deed(Method::POST, below, valid);
    let why = || Some(json!({"reasonCode": "salg", "reasonText": "Rash"}));
    let directions = json!({"medicines": [medicine()], "refills": 2, "notes": "Drink water"});
    let decision = format!("/refill-requests/{request}/decision");
    vec![
        deed(Method::PUT, "", Some(directions)).requires(&OF_A_MEDICINE),
        deed(Method::DELETE, "", why()),
        post("/issue", None),
        post("/hold", why()),
        post("/resume", None),
        post("/refill-requests", None),
        post(&decision, Some(json!({"decision": "denied", "reason": "Too soon"}))).requires(&["/decision"]),
        post("/completion", None),
        post("/stop", why()),
    ]
}

const OF_A_MEDICINE: [&str; 4] = [
    "/medicines/0/name",
    "/medicines/0/dosage",
    "/medicines/0/duration",
    "/medicines/0/instructions",
];

impl Filled {
    fn writing(&self) -> Deed {
        let body = json!({"patientId": self.patient, "practitionerId": self.practitioner, "appointmentId": NOBODY,
                          "renews": NOBODY, "medicines": [medicine()], "refills": 2, "notes": "Drink water",
                          "status": "draft"});
        let required = [&["/patientId", "/practitionerId", "/medicines"][..], &OF_A_MEDICINE].concat();
        Deed::new(Method::POST, "/api/prescriptions", Some(body)).requires(&required)
    }

    fn deeds(&self) -> Vec<Deed> {
        let changes = changes(&self.request);
        let mut deeds: Vec<Deed> = changes.iter().map(|deed| deed.at(&self.prescription)).collect();
        deeds.push(self.writing());
        deeds
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
    for deed in changes(&it.request) {
        let body = deed.valid.as_ref();
        let none = deed.at("7").send(&it.clinic, &[], body).await;
        none.expect_problem(400, "invalid-request");
        assert_eq!(none.faults(), ["id"]);
        for id in [NOBODY, &it.patient, &it.request] {
            let unknown = deed.at(id).send(&it.clinic, &[], body).await;
            unknown.expect_problem(404, "not-found");
        }
        let deed = deed.at(&it.prescription);
        deed.refuses_unreadable_headers(&it.clinic, true).await;
        let stale = deed.send(&it.clinic, &[("if-match", "W/\"9\"")], body).await;
        stale.expect_problem(412, "precondition-failed");
    }
    it.writing().refuses_unreadable_headers(&it.clinic, false).await;
    let decision = |request: &str| {
        format!(
            "/api/prescriptions/{}/refill-requests/{request}/decision",
            it.prescription
        )
    };
    let denied = json!({"decision": "denied"});
    let none = it.clinic.post(&decision("7"), denied.clone()).await;
    none.expect_problem(400, "invalid-request");
    assert_eq!(none.faults(), ["rid"]);
    for request in [NOBODY, &it.prescription] {
        let unknown = it.clinic.post(&decision(request), denied.clone()).await;
        unknown.expect_problem(404, "not-found");
    }
    it.nothing_is_stored().await;
}

#[tokio::test]
async fn all_invalid_values_are_named_at_once() {
    let it = filled().await;
    let long = |length| "x".repeat(length);
    let bad =
        |text: &str| json!({"name": text, "dosage": text, "duration": text, "instructions": text, "rxNormCode": text});
    let every = [
        "/medicines/0/name",
        "/medicines/0/dosage",
        "/medicines/0/duration",
        "/medicines/0/instructions",
        "/medicines/0/rxNormCode",
    ];
    let directions: Vec<(Value, Vec<&str>)> = vec![
        (json!({"medicines": []}), vec!["/medicines"]),
        (json!({"medicines": vec![medicine(); 21]}), vec!["/medicines"]),
        (json!({"medicines": [bad(" ")]}), every.to_vec()),
        (json!({"medicines": [bad(&long(1_001))]}), every.to_vec()),
        (json!({"medicines": [bad("\u{0}")]}), every.to_vec()),
        (
            json!({"medicines": [medicine()], "refills": 100, "notes": long(4_001)}),
            vec!["/refills", "/notes"],
        ),
        (
            json!({"medicines": [medicine()], "refills": u32::MAX, "notes": " "}),
            vec!["/refills", "/notes"],
        ),
    ];
    let path = format!("/api/prescriptions/{}", it.prescription);
    let mut table: Vec<(Method, String, Value, Vec<&str>)> = Vec::new();
    for (body, faults) in directions {
        table.push((Method::PUT, path.clone(), body.clone(), faults.clone()));
        let mut written = body;
        written["patientId"] = json!(it.patient);
        written["practitionerId"] = json!(it.practitioner);
        table.push((Method::POST, "/api/prescriptions".to_owned(), written, faults));
    }
    let cleared = json!({"medicines": null, "refills": null});
    table.push((Method::PUT, path.clone(), cleared, vec!["/medicines", "/refills"]));
    let lost = json!({"patientId": it.patient, "practitionerId": it.practitioner, "medicines": [medicine()], "status": "lost"});
    table.push((Method::POST, "/api/prescriptions".to_owned(), lost, vec!["/status"]));
    let whys = [(Method::DELETE, ""), (Method::POST, "/hold"), (Method::POST, "/stop")];
    for (method, below) in whys {
        for text in [String::new(), long(501), "\u{0}".to_owned()] {
            let why = json!({"reasonCode": "mood", "reasonText": text});
            let faults = vec!["/reasonCode", "/reasonText"];
            table.push((method.clone(), format!("{path}{below}"), why, faults));
        }
    }
    let decision = format!("{path}/refill-requests/{}/decision", it.request);
    for (body, faults) in [
        (
            json!({"decision": "maybe", "reason": " "}),
            vec!["/decision", "/reason"],
        ),
        (
            json!({"decision": "", "reason": long(501)}),
            vec!["/decision", "/reason"],
        ),
        (json!({"decision": "approved", "reason": "Of course"}), vec!["/reason"]),
    ] {
        table.push((Method::POST, decision.clone(), body, faults));
    }
    for (method, path, body, faults) in table {
        let answer = Deed::new(method, path, None).send(&it.clinic, &[], Some(&body)).await;
        answer.expect_problem(422, "validation-failed");
        assert_eq!(answer.faults(), faults, "{body}");
    }
    it.nothing_is_stored().await;
}

#[tokio::test]
async fn a_command_that_the_status_does_not_allow_is_refused() {
    let it = filled().await;
    let body = json!({"patientId": it.patient, "practitionerId": it.practitioner, "medicines": [medicine()],
                      "status": "draft"});
    let every = [
        "PUT",
        "DELETE",
        "issue",
        "hold",
        "resume",
        "refill-requests",
        "completion",
        "stop",
    ];
    // The commands that lead to the status, and the commands that are then allowed or have no effect.
    let table: [(&[&str], &[&str]); 5] = [
        (&[], &["PUT", "DELETE", "issue"]),
        (&["issue", "hold"], &["PUT", "hold", "resume", "completion", "stop"]),
        (&["issue", "completion"], &["completion"]),
        (&["issue", "stop"], &["stop"]),
        (&["DELETE"], &["DELETE"]),
    ];
    for (history, allowed) in table {
        let path = it
            .clinic
            .post("/api/prescriptions", body.clone())
            .await
            .expect(201)
            .id();
        let path = format!("/api/prescriptions/{path}");
        let deed = |name: &str| match name {
            "PUT" => Deed::new(Method::PUT, &path, Some(json!({"notes": "Drink water"}))),
            "DELETE" => Deed::new(Method::DELETE, &path, None),
            below => Deed::new(Method::POST, format!("{path}/{below}"), None),
        };
        for name in history {
            let deed = deed(name);
            let _ = deed.send(&it.clinic, &[], deed.valid.as_ref()).await.expect(200);
        }
        let before = stored(&it.clinic).await;
        for name in every.iter().filter(|name| !allowed.contains(name)) {
            let deed = deed(name);
            let refused = deed.send(&it.clinic, &[], deed.valid.as_ref()).await;
            refused.expect_problem(409, "wrong-status");
            assert!(refused.body["detail"].is_string(), "{name} after {history:?}");
        }
        assert_eq!(stored(&it.clinic).await, before, "{history:?}");
    }
}

#[tokio::test]
async fn no_response_repeats_the_input() {
    let it = filled().await;
    let secret = "Xanthippe";
    for deed in it.deeds() {
        for body in [
            json!({"patientId": secret}),
            json!({"notes": [secret]}),
            json!({"medicines": [secret]}),
            json!({"status": {"of": secret}}),
            json!({"decision": secret, "reason": secret}),
            json!({"reasonCode": secret, "reasonText": secret}),
        ] {
            let answer = deed.send(&it.clinic, &[], Some(&body)).await;
            assert!(answer.status.is_client_error(), "{deed:?} {}", answer.text);
            assert!(!answer.text.contains(secret), "{deed:?} {}", answer.text);
        }
    }
    it.nothing_is_stored().await;
}
