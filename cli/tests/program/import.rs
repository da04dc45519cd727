//! FHIR imports of what exporters write, each fault with the answer that is right.

use std::{fs, path::Path, time::Duration};

use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

use crate::support::{run, up::Up};

const PATIENCE: Duration = Duration::from_secs(30);

/// What an import came to.
struct Imported {
    code: i32,
    summary: Value,
    report: Vec<Value>,
    said: String,
}

impl Imported {
    /// The lines of the report about a resource.
    fn about(&self, id: &str) -> &Value {
        let mut about = self.report.iter().filter(|line| line["id"] == id);
        about.next().unwrap_or(&Value::Null)
    }

    /// The elements that the report notes of a resource, and what became of each.
    fn notes(&self, id: &str) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let notes = self.about(id)["notes"].as_array().cloned().unwrap_or_default();
        notes
            .iter()
            .map(|note| (text(&note["element"]), text(&note["what"])))
            .collect()
    }
}

fn import(data: &Path, files: &Path, more: &[&str]) -> Imported {
    let report = data.join("report.ndjson");
    let arguments = [
        "import",
        "fhir",
        files.to_str().expect("UTF-8"),
        "--json",
        "--report",
        report.to_str().expect("UTF-8"),
    ];
    let output = run(data, &[&arguments, more].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Imported {
        code: output.status.code().expect("a code"),
        summary: serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}")),
        report: fs::read_to_string(report)
            .expect("the report")
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect(),
        said,
    }
}

fn samples(folder: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fhir").join(folder)
}

async fn listed(up: &Up, noun: &str, count: u64) -> Vec<Value> {
    embedded::testing::eventually("the rows are there", PATIENCE, async || up.total(noun).await == count).await;
    let page = up.get(&format!("/api/{noun}?size=100")).await;
    page["content"].as_array().expect("a list").clone()
}

fn find<'a>(listed: &'a [Value], pointer: &str, value: &str) -> &'a Value {
    let mut found = listed
        .iter()
        .filter(|one| one.pointer(pointer).is_some_and(|held| held == value));
    found
        .next()
        .unwrap_or_else(|| panic!("no {pointer} {value} in {listed:?}"))
}

fn noted(element: &str, what: &str) -> (String, String) {
    (element.to_owned(), what.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_comes_in_as_it_must() {
    let data = tempdir().expect("a folder");
    let up = Up::start(data.path(), &[]);
    let first = import(data.path(), &samples("faults"), &[]);
    assert_eq!(first.code, 0, "{}", first.said);
    let counts = |kind: &str| first.summary[kind].clone();
    assert_eq!(
        counts("Patient"),
        json!({"imported":8,"alreadyThere":0,"skipped":0,"refused":0})
    );
    assert_eq!(
        counts("Practitioner"),
        json!({"imported":2,"alreadyThere":0,"skipped":0,"refused":0})
    );
    assert_eq!(
        counts("Encounter"),
        json!({"imported":4,"alreadyThere":0,"skipped":0,"refused":0})
    );
    assert_eq!(
        counts("MedicationRequest"),
        json!({"imported":5,"alreadyThere":0,"skipped":0,"refused":0})
    );

    // The import ends the care of people last, so the rows can be there before it shows.
    let has_ended = async || {
        let patients = listed(&up, "patients", 8).await;
        find(&patients, "/name", "Dan Departed")["deceased"] == true
            && find(&patients, "/name", "Rita Replaced")["active"] == false
    };
    embedded::testing::eventually("the care has ended", PATIENCE, has_ended).await;
    let patients = listed(&up, "patients", 8).await;
    for (name, born) in [("Mia Usual", "1990-05"), ("Eva Current", "1990")] {
        assert_eq!(find(&patients, "/name", name)["dateOfBirth"], born, "{name}");
    }
    let departed = find(&patients, "/name", "Dan Departed");
    assert_eq!(
        [&departed["deceased"], &departed["deceasedAt"], &departed["active"]],
        [&json!(true), &json!("2020-01-01"), &json!(true)]
    );
    for name in ["Ina Inactive", "Rita Replaced"] {
        assert_eq!(find(&patients, "/name", name)["active"], false, "{name}");
    }
    assert!(first.about("a-2").is_null(), "nothing of it is left out");
    assert_eq!(first.notes("a-3"), [noted("link", "leftOut")]);
    assert_eq!(find(&patients, "/name", "Mara Mother")["email"], "family@example.org");
    let child = find(&patients, "/name", "Carl Child");
    assert!(child["email"].is_null() && child["phone"].is_null(), "{child}");
    assert_eq!(
        first.notes("a-7"),
        [noted("telecom phone", "leftOut"), noted("telecom e-mail", "leftOut")]
    );
    let many = find(&patients, "/name", "Ids Many");
    assert_eq!(many["identifiers"], json!([{"system":"urn:mrn","value":"NEW"}]));
    assert_eq!(first.notes("a-8"), vec![noted("identifier", "leftOut"); 2]);

    assert_eq!(first.notes("p-2"), [noted("telecom e-mail", "leftOut")]);
    let practitioners = listed(&up, "practitioners", 2).await;
    assert_eq!(find(&practitioners, "/name", "Rudi Retired")["active"], false);

    let appointments = listed(&up, "appointments", 4).await;
    for appointment in &appointments {
        assert_eq!(appointment["practitioner"]["name"], "Dr. Anna Example", "{appointment}");
        assert_eq!(appointment["status"], "fulfilled");
    }
    let of_dates = find(&appointments, "/startTime", "2025-03-04T00:00:00Z");
    assert_eq!(of_dates["endTime"], "2025-03-06T00:00:00Z");
    assert_eq!(of_dates["notes"], "The time of day is not known.");
    for id in ["e-1", "e-2", "e-3", "e-4"] {
        assert!(first.notes(id).contains(&noted("period", "changed")), "{id}");
    }
    let beside = appointments
        .iter()
        .filter(|appointment| !appointment["overbooking"].is_null());
    assert_eq!(beside.count(), 1, "of two that overlap one is marked");

    let prescriptions = listed(&up, "prescriptions", 5).await;
    let prescribed = |name: &str| find(&prescriptions, "/medicines/0/name", name);
    let dosage = |name: &str| prescribed(name)["medicines"][0]["dosage"].clone();
    let warfarin = prescribed("Warfarin Sodium 5 MG Oral Tablet");
    assert_eq!(warfarin["medicines"][0]["dosage"], "5 mg once a week, as needed, oral");
    assert!(warfarin["appointmentId"].is_string(), "{warfarin}");
    assert_eq!(dosage("Hydrochlorothiazide 25 MG Oral Tablet"), "not stated");
    assert_eq!(dosage("Lisinopril 10 MG Oral Tablet"), "1, once a day");
    let stopped = prescribed("Amoxicillin 500 MG");
    assert_eq!(
        (&stopped["status"], &stopped["reasonCode"]),
        (&json!("stopped"), &json!("salg"))
    );
    assert_eq!(stopped["notes"], "Prescribed on 2019-02-01.\nrash after two days");
    let held = prescribed("Metformin 500 MG");
    assert_eq!(held["status"], "on-hold");
    assert_eq!(held["priorPrescriptionId"], stopped["id"]);

    for name in ["Inactive", "Departed", "Mother", "Example", "family@"] {
        let printed = format!("{}{}", first.said, first.summary);
        assert!(!printed.contains(name), "{printed}");
    }
    let second = import(data.path(), &samples("faults"), &[]);
    assert_eq!(
        second.summary["Patient"],
        json!({"imported":0,"alreadyThere":8,"skipped":0,"refused":0})
    );
    assert_eq!(second.summary["Practitioner"]["alreadyThere"], 2);
    assert_eq!(second.summary["Encounter"]["alreadyThere"], 4);
    assert_eq!(second.summary["MedicationRequest"]["alreadyThere"], 5);

    let child = child["id"].as_str().expect("an id");
    up.post(&format!("/api/patients/{child}/erasure")).await;
    let after_erasure = import(data.path(), &samples("faults"), &[]);
    assert_eq!(after_erasure.code, 3, "{}", after_erasure.said);
    for id in ["a-7", "m-4", "m-5"] {
        assert_eq!(after_erasure.about(id)["reason"], "the patient has been erased", "{id}");
    }
    assert_eq!(
        after_erasure.summary["MedicationRequest"]["alreadyThere"], 3,
        "the run went on"
    );
    up.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_differs_is_told_and_changed_on_request() {
    let data = tempdir().expect("a folder");
    let files = tempdir().expect("a folder");
    let up = Up::start(data.path(), &[]);
    let write = |name: &str, more: &str| {
        let line = format!(
            r#"{{"resourceType":"Patient","id":"1","name":[{{"text":"{name}"}}],"birthDate":"1985-01-01"{more}}}"#
        );
        fs::write(files.path().join("Patient.ndjson"), line).expect("written");
    };
    write("Mara Mother", r#","telecom":[{"system":"phone","value":"555-0100"}]"#);
    let first = import(data.path(), files.path(), &[]);
    assert_eq!((first.code, &first.report), (0, &vec![]));
    write("Mara Married", "");
    let told = import(data.path(), files.path(), &[]);
    assert_eq!(
        (told.code, &told.summary["Patient"]["differing"]),
        (4, &json!(1)),
        "{}",
        told.said
    );
    assert_eq!(told.about("1")["differs"], json!(["name"]));
    let changed = import(data.path(), files.path(), &["--update"]);
    assert_eq!(
        (changed.code, &changed.summary["Patient"]["updated"]),
        (0, &json!(1)),
        "{}",
        changed.said
    );
    let renamed = async || listed(&up, "patients", 1).await[0]["name"] == "Mara Married";
    embedded::testing::eventually("the name is the new one", PATIENCE, renamed).await;
    assert_eq!(
        listed(&up, "patients", 1).await[0]["phone"],
        "555-0100",
        "what is not told stays"
    );
    let again = import(data.path(), files.path(), &["--update"]);
    assert_eq!((again.code, &again.summary["Patient"]["alreadyThere"]), (0, &json!(1)));
    up.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_death_is_reported_and_applied_on_request() {
    let data = tempdir().expect("a folder");
    let files = tempdir().expect("a folder");
    let up = Up::start(data.path(), &[]);
    let write = |death: Value| {
        let mut patient = json!({"resourceType":"Patient","id":"1","name":[{"text":"Mara"}],"birthDate":"1985"});
        patient
            .as_object_mut()
            .expect("an object")
            .extend(death.as_object().expect("an object").clone());
        fs::write(files.path().join("Patient.ndjson"), patient.to_string()).expect("written");
    };
    let deceased = async |deceased: bool, at: Value| {
        let is_so = async || {
            let patient = &listed(&up, "patients", 1).await[0];
            patient["deceased"] == deceased && patient["deceasedAt"] == at
        };
        embedded::testing::eventually("the death is as told", PATIENCE, is_so).await;
    };
    let differs = |imported: &Imported| imported.about("1")["differs"].clone();
    write(json!({"deceasedBoolean": false}));
    assert_eq!(import(data.path(), files.path(), &[]).code, 0);
    write(json!({"active": false}));
    assert_eq!(import(data.path(), files.path(), &["--update"]).code, 0);
    write(json!({"deceasedBoolean": true}));
    let told = import(data.path(), files.path(), &[]);
    assert_eq!((told.code, differs(&told)), (4, json!(["active", "deceased"])));
    for (death, at) in [
        (json!({"deceasedBoolean": true}), Value::Null),
        (json!({"deceasedDateTime": "2020"}), json!("2020")),
        (
            json!({"deceasedDateTime": "2020-05-01T10:00:00+02:00"}),
            json!("2020-05-01T08:00:00Z"),
        ),
        (json!({"deceasedBoolean": true}), json!("2020-05-01T08:00:00Z")),
        (json!({}), json!("2020-05-01T08:00:00Z")),
    ] {
        write(death);
        assert_eq!(import(data.path(), files.path(), &["--update"]).code, 0);
        deceased(true, at).await;
    }
    write(json!({"deceasedBoolean": false}));
    let told = import(data.path(), files.path(), &[]);
    assert_eq!((told.code, differs(&told)), (4, json!(["deceased"])));
    assert_eq!(import(data.path(), files.path(), &["--update"]).code, 0);
    deceased(false, Value::Null).await;
    up.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_of_prescriptions_comes_in_whatever_its_order() {
    let data = tempdir().expect("a folder");
    let request = |id: u32, prior: Option<u32>| {
        let prior = prior.map(|id| json!({"reference": format!("MedicationRequest/{id}")}));
        json!({"resourceType":"MedicationRequest","id":id.to_string(),"status":"completed","intent":"order",
            "medicationCodeableConcept":{"text":"Metformin"},"subject":{"reference":"Patient/1"},
            "requester":{"reference":"Practitioner/1"},"priorPrescription":prior})
    };
    let mut lines = vec![request(9, Some(404))];
    lines.extend((1..=5).rev().map(|id| request(id, (id > 1).then(|| id - 1))));
    lines.push(json!({"resourceType":"Practitioner","id":"1","name":[{"text":"Anna Example"}]}));
    lines.push(json!({"resourceType":"Patient","id":"1","name":[{"text":"Mara Mother"}],"birthDate":"1985-01-01"}));
    let files = export_of(&lines);
    let up = Up::start(data.path(), &[]);
    let imported = import(data.path(), files.path(), &[]);
    assert_eq!(
        (imported.code, &imported.summary["MedicationRequest"]["imported"]),
        (0, &json!(6))
    );
    let prescriptions = listed(&up, "prescriptions", 6).await;
    let renewing = prescriptions
        .iter()
        .filter(|prescription| prescription["priorPrescriptionId"].is_string());
    assert_eq!(renewing.count(), 4);
    let left_out = imported
        .report
        .iter()
        .filter(|line| line.to_string().contains("priorPrescription"));
    let left_out: Vec<&str> = left_out.filter_map(|line| line["id"].as_str()).collect();
    assert_eq!(left_out, ["9"], "only what is not there is left out");
    up.stop();
}

/// A folder with these resources in one file.
fn export_of(resources: &[Value]) -> TempDir {
    let files = tempdir().expect("a folder");
    let lines: Vec<String> = resources.iter().map(Value::to_string).collect();
    fs::write(files.path().join("everything.ndjson"), lines.join("\n")).expect("written");
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_one_encounter_stay_prescriptions_of_their_own() {
    let data = tempdir().expect("a folder");
    let request = |id: &str, medicine: &str, refills: u32| {
        json!({"resourceType":"MedicationRequest","id":id,"status":"active","intent":"order",
            "medicationCodeableConcept":{"text":medicine},"subject":{"reference":"Patient/1"},
            "encounter":{"reference":"Encounter/1"},"requester":{"reference":"Practitioner/1"},
            "dosageInstruction":[{"text":"1 tablet a day"}],"dispenseRequest":{"numberOfRepeatsAllowed":refills}})
    };
    let lines = [
        json!({"resourceType":"Patient","id":"1","name":[{"text":"Mara Mother"}],"birthDate":"1985-01-01"}),
        json!({"resourceType":"Practitioner","id":"1","name":[{"text":"Anna Example"}]}),
        json!({"resourceType":"Encounter","id":"1","status":"finished","class":{"code":"AMB"},
            "subject":{"reference":"Patient/1"},"participant":[{"individual":{"reference":"Practitioner/1"}}],
            "period":{"start":"2025-03-06T08:00:00Z","end":"2025-03-06T08:30:00Z"}}),
        request("1", "Metformin", 1),
        request("2", "Amlodipine", 3),
        request("3", "metformin", 5),
    ];
    let files = export_of(&lines);
    let up = Up::start(data.path(), &[]);
    let imported = import(data.path(), files.path(), &[]);
    assert_eq!(
        (imported.code, &imported.summary["MedicationRequest"]["imported"]),
        (0, &json!(3)),
        "{}",
        imported.said
    );
    let prescriptions = listed(&up, "prescriptions", 3).await;
    let visit = &prescriptions[0]["appointmentId"];
    assert!(visit.is_string(), "{prescriptions:?}");
    for (medicine, refills) in [("Metformin", 1), ("Amlodipine", 3), ("metformin", 5)] {
        let prescription = find(&prescriptions, "/medicines/0/name", medicine);
        assert_eq!(&prescription["appointmentId"], visit);
        assert_eq!(
            (&prescription["refillsRemaining"], &prescription["status"]),
            (&json!(refills), &json!("active"))
        );
    }
    // Which of the two comes second is open; it is kept and reported.
    let repeated = [imported.notes("1"), imported.notes("3")].concat();
    assert_eq!(repeated, [noted("medication", "changed")]);
    assert!(imported.notes("2").is_empty());
    let again = import(data.path(), files.path(), &[]);
    assert_eq!(again.summary["MedicationRequest"]["alreadyThere"], 3);
    up.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn history_of_people_who_have_left_since_comes_in_and_is_reported() {
    let data = tempdir().expect("a folder");
    let patient = |id: &str, ended: Value| {
        let mut patient =
            json!({"resourceType":"Patient","id":id,"name":[{"text":"Mara Mother"}],"birthDate":"1985-01-01"});
        merge(&mut patient, ended);
        patient
    };
    let people = [
        patient("active", json!({})),
        patient("inactive", json!({"active": false})),
        patient("deceased", json!({"deceasedDateTime": "2025-04-01"})),
        json!({"resourceType":"Practitioner","id":"here","name":[{"text":"Anna Example"}]}),
        json!({"resourceType":"Practitioner","id":"retired","name":[{"text":"Rudi Retired"}],"active":false}),
    ];
    let files = export_of(&people);
    let up = Up::start(data.path(), &[]);
    assert_eq!(import(data.path(), files.path(), &[]).code, 0);

    let records = |number: u32, patient: &str, practitioner: &str| {
        let (subject, performer) = (format!("Patient/{patient}"), format!("Practitioner/{practitioner}"));
        [
            json!({"resourceType":"Encounter","id":format!("e-{number}"),"status":"finished","class":{"code":"AMB"},
                "subject":{"reference":subject},"participant":[{"individual":{"reference":performer}}],
                "period":{"start":format!("2025-03-0{number}T08:00:00Z"),"end":format!("2025-03-0{number}T08:30:00Z")}}),
            json!({"resourceType":"MedicationRequest","id":format!("m-{number}"),"status":"completed",
                "intent":"order","medicationCodeableConcept":{"text":"Metformin"},"subject":{"reference":subject},
                "encounter":{"reference":format!("Encounter/e-{number}")},"requester":{"reference":performer}}),
        ]
    };
    let later = [
        records(1, "inactive", "here"),
        records(2, "deceased", "here"),
        records(3, "active", "retired"),
        records(4, "active", "here"),
    ];
    let lines: Vec<Value> = people.into_iter().chain(later.into_iter().flatten()).collect();
    let files = export_of(&lines);
    let imported = import(data.path(), files.path(), &[]);
    assert_eq!(imported.code, 0, "{} {:?}", imported.said, imported.report);
    let visits = listed(&up, "appointments", 4).await;
    assert!(visits.iter().all(|visit| visit["status"] == "fulfilled"), "{visits:?}");
    let prescriptions = listed(&up, "prescriptions", 4).await;
    for prescription in &prescriptions {
        assert_eq!(prescription["status"], "completed");
        assert!(prescription["appointmentId"].is_string(), "{prescription}");
    }
    for (number, [of_visit, of_prescription]) in [
        (1, ["subject", "subject"]),
        (2, ["subject", "subject"]),
        (3, ["participant", "requester"]),
    ] {
        assert_eq!(imported.notes(&format!("e-{number}")), [noted(of_visit, "changed")]);
        assert!(
            imported
                .notes(&format!("m-{number}"))
                .contains(&noted(of_prescription, "changed"))
        );
    }
    assert!(imported.notes("e-4").is_empty());
    let again = import(data.path(), files.path(), &[]);
    for kind in ["Encounter", "MedicationRequest"] {
        assert_eq!(again.summary[kind]["alreadyThere"], 4, "{kind}: {:?}", again.report);
    }
    up.stop();
}

/// Adds these fields to an object.
fn merge(object: &mut Value, fields: Value) {
    if let (Some(object), Value::Object(fields)) = (object.as_object_mut(), fields) {
        object.extend(fields);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exports_of_servers_come_in() {
    let data = tempdir().expect("a folder");
    let up = Up::start(data.path(), &[]);
    let all_in = |folder: &str, counts: [u64; 4]| {
        let imported = import(data.path(), &samples(folder), &[]);
        assert_eq!(imported.code, 0, "{folder}: {} {:?}", imported.said, imported.report);
        let kinds = ["Patient", "Practitioner", "Encounter", "MedicationRequest"];
        let found = kinds.map(|kind| imported.summary[kind]["imported"].as_u64().unwrap_or_default());
        assert_eq!(found, counts, "{folder}");
        imported
    };
    let bundles = all_in("synthea/bundles", [1, 1, 2, 2]);
    assert_eq!(bundles.summary["otherResources"]["Observation"], 1);
    assert_eq!(
        bundles.summary["elements"]["Patient.maritalStatus"],
        json!({"leftOut": 1})
    );
    // The same people, visits and prescriptions in another form.
    let lines = all_in("synthea/ndjson", [0, 0, 0, 0]);
    assert_eq!(lines.summary["MedicationRequest"]["alreadyThere"], 2);
    all_in("hapi", [1, 1, 1, 1]);
    all_in("epic", [1, 1, 1, 1]);

    let prescriptions = listed(&up, "prescriptions", 4).await;
    for (name, dosage) in [
        ("Ibuprofen 200 MG Oral Tablet", "as needed"),
        ("lisinopril 10 MG Oral Tablet", "1, once a day"),
        (
            "Azithromycin 250mg capsule",
            "1 to 2 capsule once a day, for 3 days, Oral",
        ),
        (
            "diphenhydrAMINE 25 mg capsule",
            "25 mg every 6 hours, from 2023-06-02, as needed for itching, Oral, Take, Take with water.",
        ),
    ] {
        let prescription = find(&prescriptions, "/medicines/0/name", name);
        assert_eq!(prescription["medicines"][0]["dosage"], dosage);
        assert!(prescription["appointmentId"].is_string(), "{prescription}");
    }
    let patients = listed(&up, "patients", 3).await;
    let powell = find(&patients, "/name", "Desiree Caroline Powell");
    assert_eq!(powell["address"], "111 Main St, Apt 2, Madison, DANE, WI 53703, US");
    assert_eq!(powell["phone"], "608-555-0101");
    up.stop();
}

#[test]
fn an_identifier_that_must_be_unique_belongs_to_the_first_patient_of_the_source() {
    let data = tempdir().expect("a folder");
    let files = tempdir().expect("a folder");
    let patient = |id: &str, name: &str, system: &str| {
        json!({"resourceType": "Patient", "id": id, "name": [{"text": name}], "birthDate": "1990-01-01",
               "identifier": [{"system": system, "value": "A-17"}, {"system": "urn:insurance", "value": "F-1"}]})
        .to_string()
    };
    let lines = [
        patient("1", "Ada First", "urn:mrn"),
        patient("2", "Eve Second", "urn:mrn"),
        patient("3", "Ida Third", "urn:other"),
    ];
    fs::write(files.path().join("Patient.ndjson"), lines.join("\n")).expect("written");
    let config = data.path().with_extension("toml");
    fs::write(&config, "[commands]\nunique_identifier_systems = [\"urn:mrn\"]\n").expect("written");
    let imported = import(
        data.path(),
        files.path(),
        &["--config", config.to_str().expect("UTF-8")],
    );
    assert_eq!(
        imported.summary["Patient"],
        json!({"imported":3,"alreadyThere":0,"skipped":0,"refused":0}),
        "{}",
        imported.said
    );
    assert_eq!(imported.notes("2"), [noted("identifier", "leftOut")]);
    assert!(imported.notes("1").is_empty() && imported.notes("3").is_empty());
    fs::remove_file(config).expect("removed");
}
