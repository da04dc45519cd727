//! Identifiers of the systems that the settings name are held by one patient each.

use futures_util::future::join_all;
use serde_json::{Value, json};
use system_tests::{Answer, Clinic, fresh_settings};

const MRN: &str = "https://clinic.example/mrn";
const INSURANCE: &str = "urn:insurance";

async fn clinic() -> Clinic {
    let mut settings = fresh_settings().await;
    settings.commands.unique_identifier_systems = vec![MRN.to_owned()];
    Clinic::open_with(settings).await
}

fn identifiers(pairs: &[(&str, &str)]) -> Value {
    let identifiers = pairs
        .iter()
        .map(|(system, value)| json!({"system": system, "value": value}));
    identifiers.collect()
}

async fn register(clinic: &Clinic, pairs: &[(&str, &str)]) -> Answer {
    let body = json!({"name": "John Doe", "dateOfBirth": "1990-01-01", "identifiers": identifiers(pairs)});
    clinic.post("/api/patients", body).await
}

#[track_caller]
fn assert_taken(answer: &Answer, place: usize) {
    answer.expect_problem(409, "identifier-taken");
    assert_eq!(answer.faults(), [format!("/identifiers/{place}")]);
    let message = format!("another patient holds this identifier of the system {MRN}");
    assert_eq!(answer.body["detail"], message);
}

#[tokio::test]
async fn nobody_gets_the_number_of_another_until_it_is_free_again() {
    let clinic = clinic().await;
    let john = register(&clinic, &[(INSURANCE, "F-1"), (MRN, "A-17")])
        .await
        .expect(201)
        .id();
    let refused = register(&clinic, &[(INSURANCE, "F-1"), (MRN, "A-17")]).await;
    assert_taken(&refused, 1);
    assert!(!refused.text.contains("A-17"), "{}", refused.text);
    // Relatives share an insurance, and another number is free.
    let jane = register(&clinic, &[(MRN, "A-18"), (INSURANCE, "F-1")])
        .await
        .expect(201)
        .id();
    let path = |id: &str| format!("/api/patients/{id}");
    let taken = json!({"identifiers": identifiers(&[(MRN, "A-17")])});
    assert_taken(&clinic.put(&path(&jane), taken.clone()).await, 0);

    // What a patient holds they can be told again, also while they are inactive.
    let _ = clinic.delete(&path(&john)).await.expect(200);
    let same = json!({"identifiers": identifiers(&[(INSURANCE, "F-1"), (MRN, "A-17")])});
    let told = clinic.put(&path(&john), same).await.expect(200);
    assert_eq!(told.body["version"], 2, "nothing has changed");
    assert_taken(&clinic.put(&path(&jane), taken.clone()).await, 0);

    let other = json!({"identifiers": identifiers(&[(MRN, "B-1")])});
    let _ = clinic.put(&path(&john), other).await.expect(200);
    let _ = clinic.put(&path(&jane), taken).await.expect(200);
    let _ = clinic
        .post_nothing(&format!("{}/erasure", path(&jane)))
        .await
        .expect(200);
    let _ = register(&clinic, &[(MRN, "A-17")]).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_gets_the_number() {
    let clinic = clinic().await;
    let answers = join_all((0..20).map(|_| register(&clinic, &[(MRN, "A-17")]))).await;
    let (taken, refused): (Vec<&Answer>, Vec<&Answer>) = answers.iter().partition(|answer| answer.status == 201);
    assert_eq!(taken.len(), 1);
    refused.into_iter().for_each(|answer| assert_taken(answer, 0));
}

#[tokio::test]
async fn a_system_can_be_declared_unique_later() {
    let clinic = Clinic::open().await;
    let john = register(&clinic, &[(MRN, "A-17")]).await.expect(201).id();
    let jane = register(&clinic, &[(MRN, "A-17")]).await.expect(201).id();
    let mut settings = clinic.close().await;
    settings.commands.unique_identifier_systems = vec![MRN.to_owned()];
    let clinic = Clinic::open_with(settings).await;

    assert_taken(&register(&clinic, &[(MRN, "A-17")]).await, 0);
    for id in [&john, &jane] {
        let body = json!({"name": "J. Doe", "identifiers": identifiers(&[(MRN, "A-17")])});
        let _ = clinic.put(&format!("/api/patients/{id}"), body).await.expect(200);
    }
}

#[tokio::test]
async fn a_system_that_is_no_uri_is_refused_at_the_start() {
    let mut settings = fresh_settings().await;
    settings.commands.unique_identifier_systems = vec!["mrn".to_owned()];
    let journal = journal::Journal::open_to_decide(&settings.journal())
        .await
        .expect("the log");
    let refused = commands::Commands::new(journal, platform::Clock::system(), &settings.commands);
    let refused = refused.expect_err("no URI").to_string();
    assert!(
        refused.starts_with("each of `commands.unique_identifier_systems` needs a URI"),
        "{refused}"
    );
}
