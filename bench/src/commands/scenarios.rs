//! Three load scenarios over HTTP: creates alone, lists alone, and both concurrently. A create registers a patient. A
//! list requests a page of patients.

use std::sync::Arc;

use bench_driver::{Done, Tasks, Worked, work_through};
use fastrand::Rng;

use super::{outcome::Scenarios, plan::Plan};
use crate::clinic::{Clinic, mix::done};

/// The number of pages from which a list chooses.
const PAGES: u32 = 10;

#[derive(Debug)]
struct Creates(Arc<Clinic>);

#[derive(Debug)]
struct Lists(Arc<Clinic>);

impl Tasks for Creates {
    fn kinds(&self) -> &'static [&'static str] {
        &["create"]
    }

    async fn work(&self, _client: usize, _random: &mut Rng) -> Done {
        done(0, self.0.register().await)
    }
}

impl Tasks for Lists {
    fn kinds(&self) -> &'static [&'static str] {
        &["list"]
    }

    async fn work(&self, _client: usize, random: &mut Rng) -> Done {
        let path = format!("/api/patients?size=20&page={}", random.u32(..PAGES));
        done(0, self.0.http.query(&path, "").await)
    }
}

/// Runs the three scenarios one after the other.
pub(super) async fn run(clinic: &Arc<Clinic>, plan: &Plan) -> anyhow::Result<Scenarios> {
    let (creates, lists) = (Arc::new(Creates(clinic.clone())), Arc::new(Lists(clinic.clone())));
    let create = async |count, clients| -> anyhow::Result<Worked> {
        let worked = work_through(&creates, clients, plan.requests(count)).await;
        worked.map_err(anyhow::Error::msg)
    };
    let list = async |count, clients| -> anyhow::Result<Worked> {
        let worked = work_through(&lists, clients, plan.requests(count)).await;
        worked.map_err(anyhow::Error::msg)
    };
    let creates_alone = create(500, 10).await?;
    let lists_alone = list(1_000, 20).await?;
    let (creates_beside, lists_beside) = tokio::try_join!(create(400, 100), list(600, 120))?;
    Ok(Scenarios {
        creates_alone,
        lists_alone,
        creates_beside,
        lists_beside,
    })
}
