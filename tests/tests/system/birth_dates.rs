//! Dates of birth with the precision of a month or a year: registration, changes, sorting and search.

use reqwest::Method;
use serde_json::{Value, json};
use system_tests::{Answer, Clinic};

const SEARCH: &str = "/api/patients/search";

async fn registered(clinic: &Clinic, name: &str, born: &str) -> Answer {
    let body = json!({"name": name, "dateOfBirth": born});
    clinic.post("/api/patients", body).await.expect(201)
}

/// Returns the dates of birth of a page.
fn dates(page: &Answer) -> Vec<String> {
    let content = page.body["content"].as_array().expect("a list");
    let dates = content.iter().map(|patient| patient["dateOfBirth"].as_str());
    dates.map(|date| date.unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn a_date_of_birth_keeps_its_precision() {
    let clinic = Clinic::open().await;
    for born in ["1968-05-12", "1968-05", "1968"] {
        let patient = registered(&clinic, "John Doe", born).await;
        assert_eq!(patient.body["dateOfBirth"], born);
        clinic.shows(patient.header("location"), &patient, &[]).await;
    }
    let patient = registered(&clinic, "Jane Roe", "1968").await;
    let path = patient.header("location");
    for born in ["1968-05", "1968-05-12", "1969"] {
        let changed = clinic.put(path, json!({"dateOfBirth": born})).await.expect(200);
        assert_eq!(changed.body["dateOfBirth"], born);
        clinic.shows(path, &changed, &[]).await;
    }
    let same = clinic.put(path, json!({"dateOfBirth": "1969"})).await.expect(200);
    assert_eq!(same.body["version"], 4, "nothing has changed");
    let token = same.header("consistency-token");
    let before = clinic.get_after(&format!("{path}?version=2"), token).await.expect(200);
    assert_eq!(before.body["dateOfBirth"], "1968-05");
    let history = clinic.get_after(&format!("{path}/history"), token).await.expect(200);
    let second = &history.body["content"][1]["changes"];
    let second = second.as_array().expect("changes").iter();
    let second: Vec<[&Value; 3]> = second
        .map(|change| ["field", "from", "to"].map(|part| &change[part]))
        .collect();
    assert_eq!(second, [[&json!("/dateOfBirth"), &json!("1968"), &json!("1968-05")]]);

    let erased = clinic.post_nothing(&format!("{path}/erasure")).await.expect(200);
    let gone = clinic.get_after(path, erased.header("consistency-token")).await;
    gone.expect_problem(410, "erased");
    let left: Vec<String> = clinic.rows().await;
    let mut left = left.iter().filter(|row| row.contains(&patient.id()));
    assert!(left.all(|row| !row.contains("1969-")), "no day is left of it");
}

#[tokio::test]
async fn only_impossible_dates_of_birth_are_refused() {
    // It is 4 January 2027.
    let clinic = Clinic::open().await;
    let tell = async |born: &str| {
        let body = json!({"name": "John Doe", "dateOfBirth": born});
        clinic.post("/api/patients", body).await
    };
    for possible in ["2027", "2027-01", "1897", "1897-01"] {
        assert_eq!(tell(possible).await.expect(201).body["dateOfBirth"], possible);
    }
    for (impossible, why) in [
        ("2028", "must not be in the future"),
        ("2027-02", "must not be in the future"),
        ("1896", "must not be more than 130 years ago"),
        ("1896-12", "must not be more than 130 years ago"),
    ] {
        let refused = tell(impossible).await;
        refused.expect_problem(422, "validation-failed");
        assert_eq!(refused.body["errors"][0]["pointer"], "/dateOfBirth");
        assert_eq!(refused.body["errors"][0]["message"], why, "{impossible}");
    }
    let forms = "must be a date, such as 1990-01-31, or its month or year alone, such as 1990-01 or 1990";
    for formless in ["68", "1968-5", "1968-13", "05/1968"] {
        let refused = tell(formless).await;
        refused.expect_problem(400, "invalid-request");
        assert_eq!(refused.body["errors"][0]["message"], forms, "{formless}");
    }
}

#[tokio::test]
async fn dates_of_birth_are_sorted_by_the_earliest_day_and_searched_with_fhir_semantics() {
    let clinic = Clinic::open().await;
    let mut last = None;
    for born in [
        "1969",
        "1968-05-12",
        "1968-06",
        "1968",
        "1968-04-30",
        "1968-05",
        "1967-12",
    ] {
        last = Some(registered(&clinic, "John Doe", born).await);
    }
    let last = last.expect("somebody");
    let token = last.header("consistency-token");
    let sorted = clinic
        .get_after("/api/patients?sort=dateOfBirth", token)
        .await
        .expect(200);
    let in_order = [
        "1967-12",
        "1968",
        "1968-04-30",
        "1968-05",
        "1968-05-12",
        "1968-06",
        "1969",
    ];
    assert_eq!(dates(&sorted), in_order);

    let search = async |conditions: &[&str]| {
        let path = format!("{SEARCH}?sort=dateOfBirth,asc");
        let (body, after) = (json!({"dateOfBirth": conditions}), [("consistency-token", token)]);
        let found = clinic.send(Method::POST, &path, &after, Some(&body)).await.expect(200);
        let dates = dates(&found);
        assert_eq!(found.body["totalElements"], dates.len(), "{conditions:?}");
        dates
    };
    for (conditions, found) in [
        (&["1968-05"][..], &["1968-05", "1968-05-12"][..]),
        (&["eq1968-05"], &["1968-05", "1968-05-12"]),
        (&["1968-05-12"], &["1968-05-12"]),
        (&["1968"], &["1968", "1968-04-30", "1968-05", "1968-05-12", "1968-06"]),
        (&["ne1968"], &["1967-12", "1969"]),
        (&["ap1968-05-12"], &["1968", "1968-05", "1968-05-12"]),
        (&["ap1968-06"], &["1968", "1968-06"]),
        (&["gt1968-05"], &["1968", "1968-06", "1969"]),
        (&["lt1968-05"], &["1967-12", "1968", "1968-04-30"]),
        (&["ge1968-05"], &["1968", "1968-05", "1968-05-12", "1968-06", "1969"]),
        (
            &["le1968-05"],
            &["1967-12", "1968", "1968-04-30", "1968-05", "1968-05-12"],
        ),
        (&["sa1968-05"], &["1968-06", "1969"]),
        (&["eb1968-05"], &["1967-12", "1968-04-30"]),
        (&["ge1968-05", "lt1968-06"], &["1968", "1968-05", "1968-05-12"]),
        (&["sa1968-04", "eb1968-06"], &["1968-05", "1968-05-12"]),
        (&["1970"], &[]),
        (&[], &in_order),
    ] {
        assert_eq!(search(conditions).await, found, "{conditions:?}");
    }

    let erased = clinic
        .post_nothing(&format!("{}/erasure", last.header("location")))
        .await
        .expect(200);
    let after = [("consistency-token", erased.header("consistency-token"))];
    let body = json!({"dateOfBirth": ["1967"]});
    let found = clinic.send(Method::POST, SEARCH, &after, Some(&body)).await.expect(200);
    assert_eq!(dates(&found), [""; 0]);
}

#[tokio::test]
async fn invalid_searches_are_refused_without_repeating_values() {
    let clinic = Clinic::open().await;
    for (body, fault) in [
        (json!({"dateOfBirth": ["1968-5"]}), "/dateOfBirth/0"),
        (json!({"dateOfBirth": ["1968", "xx1968"]}), "/dateOfBirth/1"),
        (json!({"dateOfBirth": [1968]}), "/dateOfBirth/0"),
        (
            json!({"dateOfBirth": ["1968", "1968", "1968", "1968", "1968"]}),
            "/dateOfBirth",
        ),
        (json!({"born": ["1968"]}), "/born"),
    ] {
        let refused = clinic.post(SEARCH, body).await;
        refused.expect_problem(400, "invalid-request");
        assert_eq!(refused.faults(), [fault]);
        assert!(!refused.text.contains("xx1968"), "{}", refused.text);
    }
    for (query, parameter) in [
        ("size=101", "size"),
        ("dateOfBirth=1968", "dateOfBirth"),
        ("sort=shoe", "sort"),
    ] {
        let refused = clinic.post(&format!("{SEARCH}?{query}"), json!({})).await;
        refused.expect_problem(400, "invalid-request");
        assert_eq!(refused.faults(), [parameter]);
    }
    clinic
        .post_nothing(SEARCH)
        .await
        .expect_problem(415, "unsupported-media-type");
    clinic.get(SEARCH).await.expect_problem(405, "method-not-allowed");
}
