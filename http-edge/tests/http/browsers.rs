//! What browsers are told: what a page may do, and which pages may call.

use axum::{Router, http::header, routing::get as get_route};
use http_edge::{Edge, Surface};
use platform::{
    Health,
    config::{HttpSettings, WebOrigin},
    metrics::Metrics,
};
use utoipa_axum::router::OpenApiRouter;

use crate::support::{Answer, Server, get, request, settings, start_edge};

const CLINIC: &str = "https://clinic.example";

fn app() -> Router {
    let metrics = Metrics::install().unwrap();
    let surface = Surface::new(OpenApiRouter::new(), Vec::new(), Health::new(), &metrics);
    surface.together().route(
        "/things",
        get_route(|| async { [(header::ETAG, "\"1\"")] }).put(|| async {}),
    )
}

async fn start(change: impl FnOnce(&mut HttpSettings)) -> Server {
    start_edge(app(), Edge::from(&settings(change))).await
}

fn policy(answer: &Answer) -> &str {
    &answer.headers["content-security-policy"]
}

#[tokio::test]
async fn every_answer_is_protected() {
    let server = start(|_| {}).await;
    for path in ["/things", "/nothing", "/errors/", "/health/live", "/openapi.json"] {
        let answer = get(&server, path).await;
        for (name, value) in [
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.headers[name], value, "{path}");
        }
        assert!(
            !answer.headers.contains_key("strict-transport-security"),
            "{path}: not over TLS"
        );
    }
    let proxied = start(|http| http.behind_tls_proxy = true).await;
    let answer = get(&proxied, "/things").await;
    assert_eq!(answer.headers["strict-transport-security"], "max-age=31536000");
}

/// A page works if everything that it uses is allowed by its policy: files of the same port, and no script in the page.
#[tokio::test]
async fn pages_use_nothing_that_their_policy_forbids() {
    let server = start(|_| {}).await;
    for path in ["/", "/docs/"] {
        let page = get(&server, path).await;
        assert_eq!(page.status, 200);
        let policy = policy(&page);
        assert!(
            policy.contains("script-src 'self';") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        for script in page.text.split("<script").skip(1) {
            let (attributes, rest) = script.split_once('>').unwrap();
            assert!(
                attributes.contains("src=\"./"),
                "{path}: a script of this port, not {attributes}"
            );
            assert!(
                rest.trim_start().starts_with("</script>"),
                "{path}: no script in the page"
            );
        }
        assert!(!page.text.contains(" onload="), "{path}");
        for link in page.text.split("href=\"").skip(1) {
            assert!(!link.starts_with("http"), "{path}: {link}");
        }
    }
}

#[tokio::test]
async fn pages_of_other_origins_are_refused_unless_they_are_allowed() {
    let preflight = [
        ("origin", CLINIC),
        ("access-control-request-method", "PUT"),
        ("access-control-request-headers", "authorization,if-match"),
    ];
    let closed = start(|_| {}).await;
    assert_eq!(request(&closed, "OPTIONS /things", &preflight).await.status, 405);
    let answer = request(&closed, "GET /things", &[("origin", CLINIC)]).await;
    assert!(!answer.headers.contains_key("access-control-allow-origin"));

    let open = start(|http| {
        http.cors.allowed_origins = vec![WebOrigin::try_from(CLINIC.to_owned()).unwrap()];
        http.rate_limits.address_writes.burst = 1;
        http.rate_limits.address_writes.per_minute = 1;
    });
    let open = open.await;
    let answer = request(&open, "OPTIONS /things", &preflight).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["access-control-allow-origin"], CLINIC);
    assert!(answer.headers["access-control-allow-methods"].contains("PUT"));
    for name in ["authorization", "if-match", "idempotency-key", "consistency-token"] {
        assert!(answer.headers["access-control-allow-headers"].contains(name), "{name}");
    }
    assert!(!answer.headers.contains_key("access-control-allow-credentials"));
    let answer = request(&open, "GET /things", &[("origin", CLINIC)]).await;
    assert_eq!(answer.headers["access-control-allow-origin"], CLINIC);
    for name in [
        "etag",
        "location",
        "consistency-token",
        "retry-after",
        "ratelimit",
        "ratelimit-policy",
    ] {
        let exposed = &answer.headers["access-control-expose-headers"];
        assert!(exposed.split(',').any(|exposed| exposed.trim() == name), "{name}");
    }
    for other in ["https://clinic.example.evil.example", "http://clinic.example", "null"] {
        let answer = request(&open, "GET /things", &[("origin", other)]).await;
        assert!(!answer.headers.contains_key("access-control-allow-origin"), "{other}");
    }
    let put = [("origin", CLINIC), ("content-length", "0")];
    assert_eq!(request(&open, "PUT /things", &put).await.status, 200);
    let refused = request(&open, "PUT /things", &put).await;
    refused.problem(429, "too-many-requests");
    assert_eq!(
        refused.headers["access-control-allow-origin"], CLINIC,
        "the page can read why"
    );
}
