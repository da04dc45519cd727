//! A clinic under test: the whole stack on real servers, with its own stream namespace and database. Tests use it over
//! HTTP.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot be set up has failed"
)]

pub mod agenda;
pub mod bad_input;

use std::{fs, path::Path, time::Duration};

use anamnesis::Stack;
use chrono::{DateTime, Utc};
use platform::{
    Clock, Shutdown,
    config::{Secret, SecretUrl},
};
use reqwest::{Client, Method, StatusCode, header::HeaderMap};
use serde_json::{Value, json};
use settings::Settings;
use sqlx::Row as _;
use uuid::Uuid;

/// The timeout of a wait for a condition.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The initial time of a clinic's clock.
pub const NOW: &str = "2027-01-04T08:00:00Z";

/// A clinic under test.
#[derive(Debug)]
pub struct Clinic {
    /// Its settings, including the addresses of its servers and its namespace.
    pub settings: Settings,
    /// Its clock, which stays at [`NOW`] until a test moves it.
    pub clock: Clock,
    url: String,
    client: Client,
    shutdown: Shutdown,
    stack: Stack,
}

/// A response of the clinic.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as JSON. `null` if it is not JSON.
    pub body: Value,
    /// The raw body.
    pub text: String,
}

impl Answer {
    /// The value of a header, or an empty text.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The `id` of the resource in the body.
    #[must_use]
    pub fn id(&self) -> String {
        self.body["id"].as_str().unwrap_or_default().to_owned()
    }

    /// Returns the response after checking its status.
    #[must_use]
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self
    }

    /// Checks that the response is a problem document of this type.
    #[track_caller]
    pub fn expect_problem(&self, status: u16, slug: &str) {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.body["type"], format!("/errors/{slug}"), "{}", self.body);
        assert_eq!(self.body["status"], status);
    }

    /// The pointers and parameters that a problem document names.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        let named = |error: &Value| {
            error["pointer"]
                .as_str()
                .or(error["parameter"].as_str())
                .map(str::to_owned)
        };
        errors.iter().filter_map(named).collect()
    }
}

/// The settings of a clinic on the shared servers, with a new namespace and a new database.
pub async fn fresh_settings() -> Settings {
    let nats_url = embedded::testing::servers().await.nats_url();
    settings(nats_url, &fresh_database().await)
}

/// The URL of a migrated, empty database on the shared servers.
pub async fn fresh_database() -> String {
    embedded::testing::database("read-models", |url| async move {
        let pool = read_models::connect(&url, &defaults().postgres).map_err(|error| error.to_string())?;
        let migrated = read_models::migrate(&pool, &defaults().postgres)
            .await
            .map_err(|error| error.to_string());
        pool.close().await;
        migrated
    })
    .await
}

/// The settings of a clinic on the given servers, with a new namespace.
#[must_use]
pub fn settings(nats_url: &str, postgres_url: &str) -> Settings {
    let mut settings = defaults();
    settings.nats.url = SecretUrl::new(nats_url);
    settings.nats.namespace = embedded::testing::namespace();
    settings.postgres.url = SecretUrl::new(postgres_url);
    settings.grpc.listen = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    settings.commands.email_pepper = Secret::new("pepper of the tests");
    settings.sealing.master_keys = Secret::new("5ea1".repeat(16));
    // Most tests count the events of their own commands. The tests of the reactors switch them on.
    settings.reactors.enabled = false;
    settings
}

fn defaults() -> Settings {
    Settings::defaults().expect("the defaults")
}

impl Clinic {
    /// Opens a clinic on the shared servers.
    pub async fn open() -> Self {
        Self::open_with(fresh_settings().await).await
    }

    /// Opens a clinic with a separate NATS server, which stores its files in `data/nats` below a folder.
    pub async fn open_with_files(folder: &Path) -> (Self, embedded::Servers) {
        let mut options = embedded::Options::new(folder.join("data"));
        options.postgres = false;
        let servers = embedded::start(options).await.expect("a server");
        let nats_url = servers.nats_url().expect("a URL").to_owned();
        let clinic = Self::open_with(settings(&nats_url, &fresh_database().await)).await;
        (clinic, servers)
    }

    /// Opens a clinic with these settings.
    pub async fn open_with(settings: Settings) -> Self {
        let clock = Clock::fixed(instant(NOW));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let shutdown = Shutdown::new();
        let stack = Stack::start(&settings, clock.clone(), listener, &shutdown)
            .await
            .expect("a stack");
        let url = format!("http://{}", stack.address());
        let clinic = Self {
            settings,
            clock,
            url,
            client: Client::new(),
            shutdown,
            stack,
        };
        clinic
            .eventually("the clinic is ready", async || {
                clinic.get("/health/ready").await.status == 200
            })
            .await;
        clinic
    }

    /// Closes the clinic, but keeps its servers and their data.
    pub async fn close(self) -> Settings {
        self.shutdown.trigger();
        self.stack.stopped().await.expect("a clean stop");
        self.settings
    }

    /// The clinic's HTTP address, for raw requests.
    #[must_use]
    pub fn address(&self) -> std::net::SocketAddr {
        self.stack.address()
    }

    /// The clinic's gRPC address.
    #[must_use]
    pub fn grpc_url(&self) -> String {
        format!("http://{}", self.stack.grpc_address())
    }

    /// Sends a request.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Answer {
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.url))
            .timeout(PATIENCE);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.expect("a body");
        Answer {
            status,
            headers,
            body: serde_json::from_str(&text).unwrap_or_default(),
            text,
        }
    }

    /// Sends a `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    /// Sends a `GET` with a consistency token.
    pub async fn get_after(&self, path: &str, token: &str) -> Answer {
        self.send(Method::GET, path, &[("consistency-token", token)], None)
            .await
    }

    /// Sends a `POST`.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, &[], Some(&body)).await
    }

    /// Sends a `PUT`.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, &[], Some(&body)).await
    }

    /// Sends a `POST` without a body.
    pub async fn post_nothing(&self, path: &str) -> Answer {
        self.send(Method::POST, path, &[], None).await
    }

    /// Sends a `DELETE` without a body.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], None).await
    }

    /// Checks that a query returns the same resource as the command's response, once the read models have reached it.
    /// `tokens` are for other resources that the response includes.
    #[track_caller]
    pub fn shows<'a>(&'a self, path: &'a str, answer: &'a Answer, tokens: &[&Answer]) -> impl Future<Output = ()> + 'a {
        let tokens: Vec<&str> = tokens
            .iter()
            .chain([&answer])
            .map(|answer| answer.header("consistency-token"))
            .collect();
        let (tokens, caller) = (tokens.join(","), std::panic::Location::caller());
        async move {
            let shown = self.get_after(path, &tokens).await;
            assert_eq!((shown.status.as_u16(), &shown.body), (200, &answer.body), "{caller}");
            assert_eq!(shown.header("etag"), answer.header("etag"), "{caller}");
        }
    }

    /// Registers a patient with this name.
    pub async fn patient(&self, name: &str) -> Answer {
        let body = json!({"name": name, "dateOfBirth": "1990-01-01", "phone": "+1-555-0102"});
        self.post("/api/patients", body).await.expect(201)
    }

    /// Registers a practitioner with this name.
    pub async fn practitioner(&self, name: &str, time_zone: &str) -> Answer {
        let body = json!({"name": name, "specialty": "Cardiology", "timeZone": time_zone});
        self.post("/api/practitioners", body).await.expect(201)
    }

    /// Requests an appointment.
    pub async fn book(&self, patient: &str, practitioner: &str, start: &str, end: &str) -> Answer {
        let body = json!({"patientId": patient, "practitionerId": practitioner, "startTime": start, "endTime": end});
        self.post("/api/appointments", body).await
    }

    /// Sends a body with a new `Idempotency-Key`, which all commands that move money require.
    pub async fn post_keyed(&self, path: &str, body: Value) -> Answer {
        let key = platform::ambient::new_id().to_string();
        self.send(Method::POST, path, &[("idempotency-key", &key)], Some(&body))
            .await
    }

    /// Issues an invoice in US dollars. Each line has an amount in cents and a tax rate in parts per million.
    pub async fn invoice(&self, patient: &str, lines: &[(i64, u32)]) -> Answer {
        let lines: Vec<Value> = lines
            .iter()
            .map(|(minor, ppm)| {
                json!({"description": "Consultation", "quantity": 1, "taxRatePpm": ppm,
                       "unitPrice": {"minor": minor, "currency": "USD"}})
            })
            .collect();
        let draft = json!({"patientId": patient, "currency": "USD", "lines": lines});
        let drafted = self.post("/api/invoices", draft).await.expect(201);
        let path = format!("/api/invoices/{}/issue", drafted.id());
        self.send(Method::POST, &path, &[], None).await.expect(200)
    }

    /// Waits until a condition holds.
    pub async fn eventually(&self, what: &str, condition: impl AsyncFnMut() -> bool) {
        embedded::testing::eventually(what, PATIENCE, condition).await;
    }

    /// Waits until every projection has reached the end of its stream.
    pub async fn caught_up(&self) {
        self.eventually("the projections have caught up", async || {
            let all = self.get("/api/projections").await.expect(200).body;
            let all = all.as_array().expect("a list");
            all.iter().all(|one| one["lagEvents"] == 0)
        })
        .await;
    }

    /// All rows of the read models as text, in a stable order.
    pub async fn rows(&self) -> Vec<String> {
        rows(self.settings.postgres.url.expose()).await
    }

    /// A pool for the database of the read models.
    #[must_use]
    pub fn pool(&self) -> read_models::PgPool {
        read_models::connect(self.settings.postgres.url.expose(), &self.settings.postgres).expect("an address")
    }

    /// Removes from a projection what a crash of the database can lose: rows, and the advance of the checkpoint.
    /// Nothing is announced.
    pub async fn lose(&self, projection: &'static str) {
        let mut lost = self.pool().begin().await.expect("a transaction");
        let rows = sqlx::AssertSqlSafe(format!("DELETE FROM {projection}"));
        let _ = sqlx::query(rows).execute(&mut *lost).await.expect("lost");
        let _ = sqlx::query("UPDATE projection_checkpoint SET position = 0, hash = NULL WHERE projection = $1")
            .bind(projection)
            .execute(&mut *lost)
            .await
            .expect("lost");
        lost.commit().await.expect("lost");
    }

    /// Cuts all connections to the clinic's database, as a crash does.
    pub async fn cut_connections(&self) {
        let cut = sqlx::query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
        let _ = cut.execute(&self.pool()).await.expect("cut");
    }

    /// The number of commits in a stream, and its last position.
    pub async fn stream(&self, context: journal::Context) -> journal::StreamStatus {
        self.journal().await.status(context).await.expect("a status")
    }

    /// A separate journal on the clinic's log.
    pub async fn journal(&self) -> journal::Journal {
        journal::Journal::open_as_guest(&self.settings.journal())
            .await
            .expect("the log")
    }

    /// A reader of the clinic's log.
    pub async fn reader(&self) -> log_reader::Reader {
        log_reader::Reader::open(&self.settings.journal())
            .await
            .expect("the log")
    }

    /// Appends events without a command.
    pub async fn stage(
        &self,
        context: journal::Context,
        stage: impl Fn(&mut journal::Decision<'_, '_>) -> Result<(), journal::Undecided> + Send + 'static,
    ) {
        let command = journal::CommandContext {
            now: self.clock.now(),
            actor: "test".to_owned(),
            correlation_id: platform::ambient::new_id(),
            causation_id: None,
            traceparent: None,
        };
        let journal = self.journal().await;
        let staged = journal.decide(context, command, move |decision| {
            stage(decision)?;
            Ok(Ok::<_, std::convert::Infallible>(()))
        });
        let _ = staged.await.expect("stored");
    }

    /// The recorded events of a stream.
    pub async fn events(&self, context: journal::Context) -> Vec<journal::RecordedEvent> {
        let (mut follower, end) = self.whole_stream(context).await;
        let mut events = Vec::new();
        while follower.position() < end {
            events.extend(follower.next_recorded(500).await.expect("events"));
        }
        events
    }

    /// The typed events of a stream.
    pub async fn typed_events(&self, context: journal::Context) -> Vec<journal::JournalEvent> {
        let (mut follower, end) = self.whole_stream(context).await;
        let mut events = Vec::new();
        while follower.position() < end {
            events.extend(follower.next_batch(500).await.expect("events"));
        }
        events
    }

    /// Follows a stream from its beginning. Also returns its current end.
    async fn whole_stream(&self, context: journal::Context) -> (journal::Follower, u64) {
        let journal = self.journal().await;
        let end = journal.status(context).await.expect("a status").last_position;
        (journal.follow(context, 0), end)
    }
}

/// All rows of the read models of a database as text, in a stable order.
pub async fn rows(postgres_url: &str) -> Vec<String> {
    let pool = read_models::connect(postgres_url, &defaults().postgres).expect("an address");
    let mut all = Vec::new();
    for table in read_models::tables::ALL.map(|table| table.name) {
        let query = sqlx::AssertSqlSafe(format!("SELECT to_jsonb(t)::text FROM {table} t ORDER BY 1"));
        let found = sqlx::query(query).fetch_all(&pool).await.expect("rows");
        all.extend(found.iter().map(|row| format!("{table} {}", row.get::<String, _>(0))));
    }
    pool.close().await;
    all
}

/// The rows that queries show, without those of the event index and of the care relations.
#[must_use]
pub fn shown(rows: &[String]) -> Vec<&String> {
    let hidden = |row: &str| {
        ["event_index_", "care_relation_"]
            .iter()
            .any(|kind| row.starts_with(kind))
    };
    rows.iter().filter(|row| !hidden(row)).collect()
}

/// Replaces every id with one word, and removes the trace id, because tests are not traced.
#[must_use]
pub fn without_ids(value: &Value) -> Value {
    const LENGTH: usize = 36;
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(name, _)| *name != "traceId");
            fields.map(|(name, value)| (name.clone(), without_ids(value))).collect()
        }
        Value::Array(items) => items.iter().map(without_ids).collect(),
        Value::String(text) => {
            let mut text = text.clone();
            let mut at = 0;
            while let Some(piece) = text.get(at..at + LENGTH) {
                if Uuid::try_parse(piece).is_ok() {
                    text.replace_range(at..at + LENGTH, "id");
                }
                at += 1;
            }
            text.into()
        }
        other => other.clone(),
    }
}

/// Parses an instant.
#[must_use]
pub fn instant(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

/// Whether any file of a folder contains a text.
#[must_use]
pub fn stands_in(folder: &Path, text: &str) -> bool {
    fs::read_dir(folder).expect("a folder").any(|entry| {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            return stands_in(&path, text);
        }
        let bytes = fs::read(&path).unwrap_or_default();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}
