//! Projections of a stream at the same position advance together. A projection that cannot continue is left behind, and
//! rejoins the others once it has caught up.

use read_models::parked::list;
use sqlx::postgres::PgListener;
use system_tests::{Clinic, fresh_settings};

/// Registers patients until both projections of patients are announced together.
async fn move_together(clinic: &Clinic) {
    let url = clinic.settings.postgres.url.expose();
    let mut listener = PgListener::connect(url).await.expect("a listener");
    listener.listen("projection_advanced").await.expect("listening");
    clinic
        .eventually("both move at once", async || {
            let _ = clinic.patient("John Doe").await;
            let told = listener.recv().await.expect("an announcement");
            told.payload()
                .starts_with("cached_patient,event_index_patients,patient:")
        })
        .await;
}

async fn registered(clinic: &Clinic, names: &[&str]) -> String {
    let mut token = String::new();
    for name in names {
        token = clinic.patient(name).await.header("consistency-token").to_owned();
    }
    token
}

/// The row counts of the two projections of patients.
async fn counted(clinic: &Clinic) -> (usize, usize) {
    let rows = clinic.rows().await;
    let count = |table: &str| rows.iter().filter(|row| row.starts_with(table)).count();
    (count("patient "), count("cached_patient "))
}

#[tokio::test]
async fn a_halted_projection_is_left_behind_and_rejoins() {
    let mut settings = fresh_settings().await;
    settings.projections.max_parked_events = 1;
    let clinic = Clinic::open_with(settings).await;
    move_together(&clinic).await;
    let pool = clinic.pool();
    let refuse = "ALTER TABLE cached_patient ADD CONSTRAINT no_poison CHECK (name <> 'Poison')";
    let _ = sqlx::query(refuse).execute(&pool).await.expect("refused");
    let _ = registered(&clinic, &["Poison", "Poison"]).await;
    clinic
        .eventually("it has halted", async || {
            clinic.get("/health/ready").await.status == 503
        })
        .await;

    let token = registered(&clinic, &["Ada", "Bob"]).await;
    let page = clinic.get_after("/api/patients", &token).await.expect(200);
    let (shown, cached) = counted(&clinic).await;
    assert_eq!(page.body["totalElements"], shown);
    assert!(shown >= 5 && cached < shown, "{cached} of {shown}");

    let accept = "ALTER TABLE cached_patient DROP CONSTRAINT no_poison";
    let _ = sqlx::query(accept).execute(&pool).await.expect("accepted");
    let clinic = Clinic::open_with(clinic.close().await).await;
    clinic
        .eventually("it has come up", async || {
            let (shown, cached) = counted(&clinic).await;
            shown == cached
        })
        .await;
    assert!(list(&pool, None).await.expect("a list").is_empty());
    move_together(&clinic).await;
    pool.close().await;
}

#[tokio::test]
async fn a_projection_far_behind_catches_up_alone_and_joins() {
    let mut settings = fresh_settings().await;
    settings.projections.batch_events = 2;
    let clinic = Clinic::open_with(settings).await;
    let token = registered(&clinic, &["Ada"; 12]).await;
    let _ = clinic.get_after("/api/patients", &token).await.expect(200);
    let _ = clinic.get_after("/api/appointments", &token).await.expect(200);
    let rows = clinic.rows().await;
    clinic.lose("patient").await;
    let clinic = Clinic::open_with(clinic.close().await).await;
    clinic
        .eventually("the rows are back", async || clinic.rows().await == rows)
        .await;
    move_together(&clinic).await;
}

#[tokio::test]
async fn a_projection_whose_checkpoint_was_moved_restarts_there_and_the_others_continue() {
    let clinic = Clinic::open().await;
    move_together(&clinic).await;
    let (before, _) = counted(&clinic).await;
    clinic.lose("patient").await;
    let token = registered(&clinic, &["Ada"]).await;
    let _ = clinic.get_after("/api/appointments", &token).await.expect(200);
    let page = clinic.get_after("/api/patients", &token).await.expect(200);
    assert_eq!(page.body["totalElements"], before + 1);
    assert_eq!(counted(&clinic).await, (before + 1, before + 1));
    move_together(&clinic).await;
}
