//! Bad input to commands on existing resources: each response names the field or the rule, none is a 5xx, and no event
//! is stored.

use journal::StreamStatus;
use reqwest::Method;
use serde_json::{Value, json};
use system_tests::{
    Clinic,
    bad_input::{Deed, NOBODY, stored},
    instant,
};

fn deed(method: Method, noun: &str, below: &str, valid: Option<Value>) -> Deed {
    Deed::new(method, format!("/api/{noun}/{{id}}{below}"), valid)
}

fn deeds() -> Vec<Deed> {
    let (put, post, delete) = (Method::PUT, Method::POST, Method::DELETE);
    let times = json!({"startTime": "2027-02-01T15:00:00Z", "endTime": "2027-02-01T15:30:00Z"});
    let mut moved = times.clone();
    moved["notes"] = json!("Fasting");
    moved["overbooking"] = json!({"reason": "Chest pain"});
    let person = json!({"name": "Somebody", "dateOfBirth": "1990-01-01", "email": "a@example.org", "phone": "+1-555-0102",
                        "address": "1 Main St", "gender": "male", "identifiers": []});
    let details = json!({"name": "Somebody", "specialty": "Cardiology", "timeZone": "UTC", "email": "a@example.org"});
    let hours = json!({"slotMinutes": 30, "effectiveFrom": "2027-01-01",
                       "weekly": [{"day": "monday", "from": "09:00", "to": "17:00"}]});
    let reason = json!({"reasonCode": "pat", "reasonText": "Has a cold"});
    vec![
        deed(put.clone(), "patients", "", Some(person)),
        deed(delete.clone(), "patients", "", None),
        deed(post.clone(), "patients", "/reactivation", None),
        deed(
            post.clone(),
            "patients",
            "/death",
            Some(json!({"deceasedAt": "2020-01-31"})),
        ),
        deed(delete.clone(), "patients", "/death", None),
        deed(post.clone(), "patients", "/erasure", None),
        deed(put.clone(), "practitioners", "", Some(details)),
        deed(put.clone(), "practitioners", "/availability", Some(hours)).requires(&[
            "/slotMinutes",
            "/effectiveFrom",
            "/weekly",
            "/weekly/0/day",
            "/weekly/0/from",
            "/weekly/0/to",
        ]),
        deed(post.clone(), "practitioners", "/time-off", Some(times)).requires(&["/startTime", "/endTime"]),
        deed(delete.clone(), "practitioners", "", None),
        deed(put, "appointments", "", Some(moved)),
        deed(delete, "appointments", "", Some(reason)),
        deed(post.clone(), "appointments", "/arrival", None),
        deed(post.clone(), "appointments", "/fulfilment", None),
        deed(post.clone(), "appointments", "/no-show", None),
        deed(post.clone(), "appointments", "/reopening", None),
        deed(
            post,
            "appointments",
            "/entered-in-error",
            Some(json!({"reason": "Twice"})),
        ),
    ]
}

/// A clinic with one patient, one practitioner and one appointment.
struct Filled {
    clinic: Clinic,
    patient: String,
    practitioner: String,
    appointment: String,
    stored: Vec<StreamStatus>,
}

async fn filled() -> Filled {
    let clinic = Clinic::open().await;
    let patient = clinic.patient("John Doe").await.id();
    let practitioner = clinic.practitioner("Dr Ada Ruiz", "UTC").await.id();
    let booked = clinic
        .book(&patient, &practitioner, "2027-01-11T15:00:00Z", "2027-01-11T15:30:00Z")
        .await
        .expect(201);
    Filled {
        patient,
        practitioner,
        appointment: booked.id(),
        stored: stored(&clinic).await,
        clinic,
    }
}

impl Filled {
    /// The id of a command's target.
    fn id(&self, deed: &Deed) -> &str {
        match deed.path.split('/').nth(2) {
            Some("patients") => &self.patient,
            Some("practitioners") => &self.practitioner,
            _ => &self.appointment,
        }
    }

    /// All commands on existing resources.
    fn deeds(&self) -> Vec<Deed> {
        deeds().iter().map(|deed| deed.at(self.id(deed))).collect()
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
    }
    it.nothing_is_stored().await;
}

#[tokio::test]
async fn a_body_that_is_not_a_json_object_is_refused_even_if_it_is_optional() {
    let it = filled().await;
    for deed in it.deeds() {
        deed.refuses_what_is_no_object(&it.clinic).await;
    }
    it.nothing_is_stored().await;
}

#[tokio::test]
async fn invalid_or_foreign_ids_and_stale_or_malformed_versions_are_refused() {
    let it = filled().await;
    it.clinic.clock.set(instant("2027-01-11T14:55:00Z"));
    for deed in deeds() {
        let body = deed.valid.as_ref();
        let id = it.id(&deed);
        let none = deed.at("7").send(&it.clinic, &[], body).await;
        none.expect_problem(400, "invalid-request");
        assert_eq!(none.faults(), ["id"]);
        // An unknown id of the same noun, or a known id of another noun.
        let foreign = if id == it.patient {
            &it.practitioner
        } else {
            &it.patient
        };
        for id in [NOBODY, foreign] {
            let unknown = deed.at(id).send(&it.clinic, &[], body).await;
            unknown.expect_problem(404, "not-found");
        }
        deed.at(id).refuses_unreadable_headers(&it.clinic, true).await;
        // A status that does not allow the command is reported regardless of the version.
        let stale = deed.at(id).send(&it.clinic, &[("if-match", "W/\"9\"")], body).await;
        match deed.path.rsplit('/').next() {
            Some("fulfilment" | "no-show" | "reopening") => stale.expect_problem(409, "wrong-status"),
            _ => stale.expect_problem(412, "precondition-failed"),
        }
    }
    for (path, parameter) in [
        (
            format!("/api/practitioners/{}/time-off/7", it.practitioner),
            "timeOffId",
        ),
        (format!("/api/practitioners/7/time-off/{NOBODY}"), "id"),
    ] {
        let refused = it.clinic.delete(&path).await;
        refused.expect_problem(400, "invalid-request");
        assert_eq!(refused.faults(), [parameter]);
    }
    for practitioner in [&it.practitioner, NOBODY] {
        let path = format!("/api/practitioners/{practitioner}/time-off/{NOBODY}");
        it.clinic.delete(&path).await.expect_problem(404, "not-found");
    }
    it.nothing_is_stored().await;
}

#[tokio::test]
async fn all_invalid_values_are_named_at_once() {
    let it = filled().await;
    let long = |length| "x".repeat(length);
    let rule = |day: &str, from: &str, to: &str| json!({"day": day, "from": from, "to": to});
    let hours =
        |slot: u32, from: &str, weekly: Value| json!({"slotMinutes": slot, "effectiveFrom": from, "weekly": weekly});
    let times = |start: &str, end: &str| json!({"startTime": start, "endTime": end});
    let (put, post, delete) = (Method::PUT, Method::POST, Method::DELETE);
    let table: Vec<(&Method, &'static str, &'static str, Value, &[&str])> = vec![
        (
            &put,
            "patients",
            "",
            json!({"name": "", "email": "x", "gender": "m"}),
            &["/name", "/email", "/gender"],
        ),
        (
            &put,
            "practitioners",
            "",
            json!({"name": long(201), "specialty": " ", "timeZone": "Mars/Olympus", "email": "x"}),
            &["/name", "/specialty", "/timeZone", "/email"],
        ),
        (
            &put,
            "practitioners",
            "",
            json!({"name": null, "timeZone": null}),
            &["/name", "/timeZone"],
        ),
        (
            &put,
            "practitioners",
            "/availability",
            hours(4, "1899-12-31", json!([rule("someday", "9", "25:00")])),
            &[
                "/slotMinutes",
                "/effectiveFrom",
                "/weekly/0/day",
                "/weekly/0/from",
                "/weekly/0/to",
            ],
        ),
        (
            &put,
            "practitioners",
            "/availability",
            hours(721, "2027-01-01", json!([])),
            &["/slotMinutes"],
        ),
        (
            &put,
            "practitioners",
            "/availability",
            hours(30, "2027-01-01", json!([rule("monday", "09:00", "09:00")])),
            &["/weekly/0/to"],
        ),
        (
            &put,
            "practitioners",
            "/availability",
            hours(
                30,
                "2027-01-01",
                json!([rule("monday", "09:00", "12:00"), rule("monday", "11:00", "13:00")]),
            ),
            &["/weekly"],
        ),
        (
            &put,
            "practitioners",
            "/availability",
            hours(30, "2027-01-01", json!(vec![rule("monday", "09:00", "17:00"); 3000])),
            &["/weekly"],
        ),
        (
            &post,
            "practitioners",
            "/time-off",
            times("2027-01-11T15:00:00Z", "2027-01-11T15:00:00Z"),
            &["/endTime"],
        ),
        (
            &post,
            "practitioners",
            "/time-off",
            times("2027-01-11T15:00:00Z", "2028-01-13T15:00:00Z"),
            &["/endTime"],
        ),
        (
            &post,
            "practitioners",
            "/time-off",
            times("+10000-01-11T15:00:00Z", "2028-01-13T15:00:00Z"),
            &["/startTime"],
        ),
        (&put, "appointments", "", json!({"notes": long(4001)}), &["/notes"]),
        (&put, "appointments", "", json!({"notes": " "}), &["/notes"]),
        (
            &put,
            "appointments",
            "",
            json!({"startTime": "2027-01-11T15:00:00Z"}),
            &["/endTime"],
        ),
        (
            &put,
            "appointments",
            "",
            json!({"endTime": "2027-01-11T15:00:00Z"}),
            &["/startTime"],
        ),
        (
            &put,
            "appointments",
            "",
            json!({"startTime": null, "endTime": null}),
            &["/startTime", "/endTime"],
        ),
        (
            &put,
            "appointments",
            "",
            times("2027-01-11T15:00:00Z", "2027-01-11T15:04:59Z"),
            &["/endTime"],
        ),
        (
            &put,
            "appointments",
            "",
            times("2027-01-11T15:00:00Z", "2027-01-12T03:00:01Z"),
            &["/endTime"],
        ),
        (
            &put,
            "appointments",
            "",
            times("-0044-03-15T12:00:00Z", "+262142-12-31T20:00:00Z"),
            &["/startTime", "/endTime"],
        ),
        (
            &put,
            "appointments",
            "",
            json!({"overbooking": {"reason": " "}}),
            &["/overbooking", "/overbooking/reason"],
        ),
        (
            &put,
            "appointments",
            "",
            json!({"startTime": "2027-01-11T16:00:00Z", "endTime": "2027-01-11T16:30:00Z", "overbooking": {"reason": long(501)}}),
            &["/overbooking/reason"],
        ),
        (
            &delete,
            "appointments",
            "",
            json!({"reasonCode": "mood", "reasonText": "\u{0}"}),
            &["/reasonCode", "/reasonText"],
        ),
        (
            &delete,
            "appointments",
            "",
            json!({"reasonText": long(501)}),
            &["/reasonText"],
        ),
        (
            &post,
            "appointments",
            "/entered-in-error",
            json!({"reason": ""}),
            &["/reason"],
        ),
    ];
    for (method, noun, below, body, faults) in table {
        let deed = deed(method.clone(), noun, below, None);
        let answer = deed.at(it.id(&deed)).send(&it.clinic, &[], Some(&body)).await;
        answer.expect_problem(422, "validation-failed");
        assert_eq!(answer.faults(), faults, "{body}");
    }
    it.nothing_is_stored().await;
}

#[tokio::test]
async fn a_command_that_the_status_does_not_allow_is_refused() {
    let it = filled().await;
    for below in ["/arrival", "/fulfilment", "/no-show", "/reopening"] {
        let path = format!("/api/appointments/{}{below}", it.appointment);
        let refused = it.clinic.post_nothing(&path).await;
        refused.expect_problem(409, "wrong-status");
        assert!(refused.body["detail"].is_string());
    }
    let past = json!({"startTime": "2027-01-04T07:59:00Z", "endTime": "2027-01-04T08:30:00Z"});
    let path = format!("/api/appointments/{}", it.appointment);
    let refused = it.clinic.put(&path, past).await;
    refused.expect_problem(422, "not-bookable");
    assert_eq!(refused.faults(), ["/startTime"]);
    it.nothing_is_stored().await;
}

#[tokio::test]
async fn no_response_repeats_the_input() {
    let it = filled().await;
    let secret = "Xanthippe";
    for deed in it.deeds() {
        for field in [
            "name",
            "startTime",
            "reasonCode",
            "notes",
            "weekly",
            "reason",
            "timeZone",
            "overbooking",
        ] {
            let body = json!({ field: [secret] });
            let answer = deed.send(&it.clinic, &[], Some(&body)).await;
            assert!(answer.status.is_client_error(), "{}", answer.text);
            assert!(!answer.text.contains(secret), "{}", answer.text);
        }
    }
    it.nothing_is_stored().await;
}
