//! A separate, migrated database for each test of the read models.

use read_models::PgPool;

/// A migrated, empty database.
pub(crate) async fn pool() -> PgPool {
    let settings = settings::Settings::defaults().expect("the defaults").postgres;
    let url = embedded::testing::database("read-models", |url| {
        let settings = settings.clone();
        async move {
            let pool = read_models::connect(&url, &settings).map_err(|error| error.to_string())?;
            let migrated = read_models::migrate(&pool, &settings)
                .await
                .map_err(|error| error.to_string());
            pool.close().await;
            migrated
        }
    })
    .await;
    read_models::connect(&url, &settings).expect("an address")
}
