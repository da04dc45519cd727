//! Creates the clinic before the measurement: practitioners, patients, a few appointments, and invoices to pay.

use std::time::Duration;

use anyhow::Context as _;
use chrono::{TimeDelta, Timelike as _};
use fastrand::Rng;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use hyper::Method;
use platform::Clock;
use serde_json::json;
use tokio::time::{sleep, timeout};

use super::{
    Clinic, Practitioner,
    http::{Answer, Http},
};

/// The number of concurrent commands.
const AT_ONCE: usize = 64;
const PATIENTS_OF_A_PRACTITIONER: usize = 10;
/// The amount of an invoice: more than a run can pay.
const INVOICE_MINOR: u64 = 1_000_000_000_000;
/// The time that the read models may take to catch up.
const PATIENCE: Duration = Duration::from_secs(600);
const PAUSE: Duration = Duration::from_millis(100);

/// Creates a clinic with a number of patients. There is one practitioner for ten of them, and an appointment and an
/// invoice for every other one.
pub(crate) async fn clinic(http: Http, patients: usize) -> anyhow::Result<Clinic> {
    let tomorrow = Clock::system().now() + TimeDelta::days(1);
    let opens = tomorrow.with_minute(0).and_then(|hour| hour.with_second(0));
    let mut clinic = Clinic::new(http, opens.context("an hour")?.with_nanosecond(0).context("an hour")?);
    let registered = many(patients, |_| clinic.register()).await?;
    let practitioners = many(patients.div_ceil(PATIENTS_OF_A_PRACTITIONER), |number| {
        let (http, name) = (&clinic.http, format!("Dr {number}"));
        async move {
            let body = json!({"name": name, "specialty": "Cardiology", "timeZone": "UTC"});
            http.command(Method::POST, "/api/practitioners", Some(&body)).await
        }
    });
    let practitioners = practitioners.await?;
    let invoices = many(patients.div_ceil(2), |number| {
        issue(&clinic.http, &registered[number % registered.len()])
    });
    clinic.invoices = invoices.await?.into();
    clinic.practitioners = practitioners
        .into_iter()
        .zip(registered.chunks(PATIENTS_OF_A_PRACTITIONER))
        .map(|(id, patients)| Practitioner::new(id, patients.to_vec()))
        .collect();
    many(patients.div_ceil(2), |number| {
        let clinic = &clinic;
        async move { clinic.book(&mut Rng::with_seed(number as u64)).await }
    })
    .await?;
    Ok(clinic)
}

/// Sends a number of commands, and returns the ids of the created resources.
async fn many<F: Future<Output = Result<Answer, String>>>(
    count: usize,
    command: impl Fn(usize) -> F,
) -> anyhow::Result<Vec<String>> {
    let answers = stream::iter((0..count).map(command)).buffer_unordered(AT_ONCE);
    let ids = answers.map_ok(|answer| answer.id).try_collect().await;
    ids.map_err(|error: String| anyhow::anyhow!("cannot create the clinic: {error}"))
}

async fn issue(http: &Http, patient: &str) -> Result<Answer, String> {
    let line = json!({"description": "Consultation", "quantity": 1,
                      "unitPrice": {"minor": INVOICE_MINOR, "currency": "USD"}});
    let draft = json!({"patientId": patient, "currency": "USD", "lines": [line]});
    let drafted = http.command(Method::POST, "/api/invoices", Some(&draft)).await?;
    let path = format!("/api/invoices/{}/issue", drafted.id);
    http.command(Method::POST, &path, None).await
}

impl Clinic {
    /// Waits until the read models show everything, so that earlier work does not affect the measurement.
    pub(crate) async fn settle(&self) -> anyhow::Result<()> {
        let mut random = Rng::with_seed(self.practitioners.len() as u64);
        let last = [
            self.register().await,
            self.book(&mut random).await,
            self.pay(&mut random).await,
        ];
        let last: Result<Vec<String>, String> = last.into_iter().map(|answer| Ok(answer?.token)).collect();
        let tokens = last.map_err(anyhow::Error::msg)?.join(",");
        let shown = async {
            for noun in ["patients", "appointments", "invoices"] {
                let path = format!("/api/{noun}?size=1");
                while self.http.query(&path, &tokens).await.is_err() {
                    sleep(PAUSE).await;
                }
            }
        };
        timeout(PATIENCE, shown)
            .await
            .context("the read models did not catch up in time")
    }
}
