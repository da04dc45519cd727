//! The address of the client, with and without proxies in front.

use axum::{Router, routing::get as get_route};
use http_edge::{ClientAddress, Edge};
use platform::config::AddressBlock;

use crate::support::{Server, request, settings, start_edge};

async fn start(trusted: &[&str]) -> Server {
    let tell = async |client: Option<ClientAddress>| client.map(|client| client.ip().to_string()).unwrap_or_default();
    let block = |text: &&str| AddressBlock::try_from((*text).to_owned()).unwrap();
    let settings = settings(|http| http.trusted_proxies = trusted.iter().map(block).collect());
    start_edge(Router::new().route("/", get_route(tell)), Edge::from(&settings)).await
}

async fn client(server: &Server, headers: &[(&str, &str)]) -> String {
    request(server, "GET /", headers).await.text
}

#[tokio::test]
async fn without_trusted_proxies_the_peer_is_the_client() {
    let server = start(&[]).await;
    assert_eq!(client(&server, &[]).await, "127.0.0.1");
    let forged = [("x-forwarded-for", "192.0.2.7"), ("forwarded", "for=192.0.2.7")];
    assert_eq!(client(&server, &forged).await, "127.0.0.1");
}

#[tokio::test]
async fn a_trusted_proxy_tells_the_client() {
    let server = start(&["127.0.0.0/8"]).await;
    assert_eq!(client(&server, &[("x-forwarded-for", "192.0.2.7")]).await, "192.0.2.7");
    let two_lines = [
        ("x-forwarded-for", "198.51.100.1"),
        ("x-forwarded-for", "192.0.2.7, 127.0.0.2"),
    ];
    assert_eq!(client(&server, &two_lines).await, "192.0.2.7");
    let of_the_client = [("x-forwarded-for", "192.0.2.7"), ("forwarded", "for=198.51.100.1")];
    assert_eq!(
        client(&server, &of_the_client).await,
        "192.0.2.7",
        "the other header is nobody's word"
    );
}
