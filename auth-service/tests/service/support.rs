//! A service on a database of its own, with a clock that stands still until a test moves it.

use auth_service::{Auth, database, http};
use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use chrono::{DateTime, TimeDelta};
use http_body_util::BodyExt as _;
use platform::{
    Clock,
    config::{Secret, SecretUrl},
};
use serde_json::{Value, json};
use settings::Settings;
use sqlx::PgPool;
use tower::ServiceExt as _;

/// A password that is strong enough.
pub(crate) const PASSWORD: &str = "marble otter sings 27";

pub(crate) struct Service {
    pub(crate) auth: Auth,
    pub(crate) clock: Clock,
    pub(crate) pool: PgPool,
    pub(crate) settings: Settings,
    router: Router,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self
    }

    #[track_caller]
    pub(crate) fn expect_problem(&self, status: u16, slug: &str) {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert_eq!(self.body["type"], format!("/errors/{slug}"), "{}", self.body);
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.body[name].as_str().unwrap_or_default().to_owned()
    }
}

/// The settings of a service on a new, migrated database.
pub(crate) async fn settings() -> Settings {
    let defaults = Settings::defaults().unwrap();
    let postgres = defaults.postgres.clone();
    let url = embedded::testing::database("auth", |url| {
        let postgres = postgres.clone();
        async move {
            let pool = database::connect(&url, &postgres).map_err(|error| error.to_string())?;
            let migrated = database::migrate(&pool).await.map_err(|error| error.to_string());
            pool.close().await;
            migrated
        }
    })
    .await;
    let mut settings = defaults;
    settings.postgres.url = SecretUrl::new(url);
    settings.sealing.master_keys = Secret::new("5ea1".repeat(16));
    settings.auth.second_factor_roles.clear();
    settings
}

impl Service {
    pub(crate) async fn start() -> Self {
        Self::start_needing_second_factor(&[]).await
    }

    /// A service at which these roles need a second factor.
    pub(crate) async fn start_needing_second_factor(roles: &[&str]) -> Self {
        let mut settings = settings().await;
        settings.auth.second_factor_roles = roles.iter().map(|role| (*role).to_owned()).collect();
        let now = DateTime::parse_from_rfc3339("2027-01-04T08:00:00Z").unwrap();
        Self::start_with(settings, Clock::fixed(now.to_utc())).await
    }

    /// A process on an existing database.
    pub(crate) async fn start_with(settings: Settings, clock: Clock) -> Self {
        let pool = database::connect(settings.postgres.url.expose(), &settings.postgres).unwrap();
        let auth = Auth::open(pool.clone(), &settings, clock.clone()).await.unwrap();
        let (router, _) = http::router().with_state(auth.clone()).split_for_parts();
        Self {
            router,
            auth,
            clock,
            pool,
            settings,
        }
    }

    /// Another process on the same database.
    pub(crate) async fn replica(&self) -> Self {
        Self::start_with(self.settings.clone(), self.clock.clone()).await
    }

    pub(crate) fn pass(&self, time: TimeDelta) {
        self.clock.advance(time);
    }

    pub(crate) async fn send(&self, method: Method, path: &str, token: Option<&str>, body: Option<Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: serde_json::from_slice(&bytes).unwrap_or_default(),
        }
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        self.send(Method::GET, path, Some(token), None).await
    }

    pub(crate) async fn post(&self, path: &str, token: Option<&str>, body: Value) -> Answer {
        self.send(Method::POST, path, token, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str, token: &str) -> Answer {
        self.send(Method::DELETE, path, Some(token), None).await
    }

    pub(crate) async fn login(&self, email: &str, password: &str) -> Answer {
        self.post("/auth/login", None, json!({"email": email, "password": password}))
            .await
    }

    pub(crate) async fn refresh(&self, token: &str) -> Answer {
        self.post("/auth/refresh", None, json!({"refreshToken": token})).await
    }

    /// Signs the first administrator in, with [`PASSWORD`] from then on. Returns the address and an access token.
    pub(crate) async fn admin(&self) -> (String, String) {
        let admin = self.auth.first_admin("admin@clinic.example").await.unwrap().unwrap();
        let body = json!({"email": admin.email, "password": admin.password, "newPassword": PASSWORD});
        let tokens = self.post("/auth/login", None, body).await.expect(200);
        (admin.email, tokens.text("token"))
    }

    /// Makes an account of the front desk and signs it in. Returns its id and an access token.
    pub(crate) async fn front_desk(&self, admin: &str, email: &str) -> (String, Answer) {
        let body = json!({"email": email, "roles": ["front-desk"]});
        let made = self.post("/auth/accounts", Some(admin), body).await.expect(201);
        let one_time = made.text("oneTimePassword");
        let body = json!({"email": email, "password": one_time, "newPassword": PASSWORD});
        let tokens = self.post("/auth/login", None, body).await.expect(200);
        (made.body["account"]["id"].as_str().unwrap().to_owned(), tokens)
    }
}
