//! Rate limits per address and per principal.

use axum::{
    Router,
    extract::Request,
    middleware::{Next, from_fn},
    routing::{get as get_route, post as post_route},
};
use http_edge::{Edge, PrincipalKey, limit_principals, limit_sign_ins};
use platform::{
    Health,
    config::{AddressBlock, HttpSettings, RateSettings},
};
use uuid::Uuid;

use crate::support::{Answer, Server, request, settings, start_edge};

const FEW: RateSettings = RateSettings {
    per_minute: 2,
    burst: 2,
};

fn app() -> Router {
    Router::new()
        .route("/things", get_route(|| async {}).post(|| async {}))
        .route("/things/search", post_route(|| async {}))
        .merge(http_edge::health(Health::new()))
        .merge(
            Router::new()
                .route("/sign-in", post_route(|| async {}))
                .layer(from_fn(limit_sign_ins)),
        )
}

async fn start(app: Router, change: impl FnOnce(&mut HttpSettings)) -> Server {
    start_edge(app, Edge::from(&settings(change))).await
}

async fn statuses(server: &Server, request_line: &str, headers: &[(&str, &str)], count: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..count {
        statuses.push(request(server, request_line, headers).await.status);
    }
    statuses
}

fn limits(answer: &Answer) -> (&str, &str) {
    (&answer.headers["ratelimit-policy"], &answer.headers["ratelimit"])
}

#[tokio::test]
async fn a_client_above_the_limit_is_told_when_to_come_back() {
    let server = start(app(), |http| http.rate_limits.address_reads = FEW).await;
    let first = request(&server, "GET /things", &[]).await;
    assert_eq!(
        limits(&first),
        (r#""address-reads";q=2;w=60"#, r#""address-reads";r=1;t=30"#)
    );
    assert_eq!(request(&server, "HEAD /things", &[]).await.status, 200);
    let refused = request(&server, "POST /things/search", &[]).await;
    let problem = refused.problem(429, "too-many-requests");
    assert_eq!(
        problem.detail.unwrap(),
        "the limit address-reads is reached: 2 requests per minute, and 2 at once after a pause"
    );
    assert_eq!(problem.instance.unwrap(), "/things/search");
    assert_eq!(refused.headers["retry-after"], "30");
    assert_eq!(limits(&refused).1, r#""address-reads";r=0;t=30"#);

    assert_eq!(
        request(&server, "POST /things", &[]).await.status,
        200,
        "writes have their own limit"
    );
    assert_eq!(statuses(&server, "GET /health/live", &[], 5).await, [200; 5]);
    assert_eq!(
        request(&server, "GET /nothing", &[]).await.status,
        429,
        "a missing address counts"
    );
}

#[tokio::test]
async fn who_rotates_a_forwarded_address_is_one_client_unless_a_proxy_says_it() {
    let rotate = async |server: &Server| {
        let mut answered = 0;
        for n in 0..20 {
            let address = format!("192.0.2.{n}");
            let headers = [("x-forwarded-for", address.as_str()), ("content-length", "0")];
            let answer = request(server, "POST /sign-in", &headers).await;
            if answer.status == 200 {
                answered += 1;
            } else {
                answer.problem(429, "too-many-requests");
            }
        }
        answered
    };
    let server = start(app(), |http| http.rate_limits.address_sign_ins = FEW).await;
    assert_eq!(rotate(&server).await, 2);
    let behind_a_proxy = start(app(), |http| {
        http.rate_limits.address_sign_ins = FEW;
        http.trusted_proxies = vec![AddressBlock::try_from("127.0.0.1".to_owned()).unwrap()];
    });
    let server = behind_a_proxy.await;
    assert_eq!(rotate(&server).await, 20);
    let neighbours = |host| [("x-forwarded-for", host), ("content-length", "0")];
    for (host, expected) in [
        ("2001:db8:0:1::1", 200),
        ("2001:db8:0:1::2", 200),
        ("2001:db8:0:1:a::3", 429),
    ] {
        assert_eq!(
            request(&server, "POST /sign-in", &neighbours(host)).await.status,
            expected,
            "{host}"
        );
    }
    assert_eq!(
        request(&server, "POST /sign-in", &neighbours("2001:db8:0:2::1"))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_sign_in_is_told_both_of_its_limits() {
    let server = start(app(), |http| http.rate_limits.address_sign_ins = FEW).await;
    let answer = crate::support::open(
        server.address,
        "POST /sign-in HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
    )
    .await;
    let text = String::from_utf8(crate::support::rest(answer).await).unwrap();
    for line in [
        "ratelimit-policy: \"address-sign-ins\";q=2;w=60\r\n",
        "ratelimit: \"address-sign-ins\";r=1;t=30\r\n",
        "ratelimit-policy: \"address-writes\";q=600000;w=60\r\n",
        "ratelimit: \"address-writes\";r=599999;t=1\r\n",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
}

#[tokio::test]
async fn a_principal_has_a_limit_whatever_its_address() {
    let authenticate = async |mut request: Request, next: Next| {
        let named = request
            .headers()
            .get("authorization")
            .and_then(|name| name.to_str().ok());
        if let Some(principal) = named.and_then(|name| Uuid::parse_str(name).ok()) {
            request.extensions_mut().insert(PrincipalKey(principal));
        }
        next.run(request).await
    };
    let app = app().layer(from_fn(limit_principals)).layer(from_fn(authenticate));
    let server = start(app, |http| {
        http.rate_limits.principal_reads = FEW;
        http.trusted_proxies = vec![AddressBlock::try_from("127.0.0.1".to_owned()).unwrap()];
    });
    let server = server.await;
    let (one, other) = (Uuid::from_u128(1).to_string(), Uuid::from_u128(2).to_string());
    for (address, expected) in [("192.0.2.1", 200), ("192.0.2.2", 200), ("192.0.2.3", 429)] {
        let headers = [("x-forwarded-for", address), ("authorization", &one)];
        assert_eq!(
            request(&server, "GET /things", &headers).await.status,
            expected,
            "{address}"
        );
    }
    assert_eq!(
        request(&server, "GET /things", &[("authorization", &other)])
            .await
            .status,
        200
    );
    assert_eq!(
        statuses(&server, "GET /things", &[], 5).await,
        [200; 5],
        "nobody in particular"
    );
}
