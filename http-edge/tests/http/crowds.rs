//! Many connections of one client, idle or half-sent: others are served meanwhile.

use std::{net::SocketAddr, time::Instant};

use axum::Router;
use http_edge::{Edge, HttpLimits};
use platform::{Health, config::AddressBlock};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use crate::support::{Answer, in_time, limits, rest, settings, start, start_edge};

const GET: &str = "GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
const STRANGER: [u8; 4] = [127, 0, 0, 2];

/// Connects from another loopback address, as another machine would.
async fn connect_from(source: [u8; 4], server: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from((source, 0))).unwrap();
    socket.connect(server).await.unwrap()
}

async fn is_closed(stream: &mut TcpStream) -> bool {
    !matches!(in_time(stream.read(&mut [0])).await, Ok(read) if read > 0)
}

fn app() -> Router {
    http_edge::health(Health::new())
}

#[tokio::test]
async fn one_client_cannot_take_every_connection() {
    let few = HttpLimits {
        max_connections: 8,
        max_connections_per_address: 4,
        ..limits()
    };
    let server = start(app(), few).await;
    let mut held = Vec::new();
    for begun in ["", "GET /health/live HTTP/1.1\r\nho"].repeat(2) {
        let mut stream = connect_from(STRANGER, server.address).await;
        stream.write_all(begun.as_bytes()).await.unwrap();
        held.push(stream);
    }
    for _ in 0..20 {
        assert!(is_closed(&mut connect_from(STRANGER, server.address).await).await);
    }
    let began = Instant::now();
    let mut other = TcpStream::connect(server.address).await.unwrap();
    other.write_all(GET.as_bytes()).await.unwrap();
    assert_eq!(Answer::parse(&rest(other).await).status, 200);
    assert!(began.elapsed() < limits().header_read_timeout, "nobody had to go first");

    drop(held);
    let again = async {
        loop {
            let mut stream = connect_from(STRANGER, server.address).await;
            let mut bytes = Vec::new();
            let sent = stream.write_all(GET.as_bytes()).await;
            if sent.is_ok() && stream.read_to_end(&mut bytes).await.is_ok() && !bytes.is_empty() {
                return Answer::parse(&bytes).status;
            }
        }
    };
    assert_eq!(in_time(again).await, 200, "its places are free again");
}

#[tokio::test]
async fn a_trusted_proxy_may_take_every_connection() {
    let settings = settings(|http| {
        http.trusted_proxies = vec![AddressBlock::try_from("127.0.0.2".to_owned()).unwrap()];
        http.max_connections_per_address = 1;
    });
    let server = start_edge(app(), Edge::from(&settings)).await;
    let mut streams = Vec::new();
    for _ in 0..10 {
        streams.push(connect_from(STRANGER, server.address).await);
    }
    for mut stream in streams {
        stream.write_all(GET.as_bytes()).await.unwrap();
        assert_eq!(Answer::parse(&rest(stream).await).status, 200);
    }
}

#[tokio::test]
async fn idle_connections_do_not_slow_down_others() {
    let limits = HttpLimits {
        max_connections: 256,
        max_connections_per_address: 128,
        ..limits()
    };
    let server = start(app(), limits).await;
    let mut held = Vec::new();
    for n in 0..200 {
        let mut stream = connect_from(STRANGER, server.address).await;
        if n % 2 == 0 {
            // Above the limit, the server has closed it already.
            let _ = stream.write_all(b"GET /health/live HTTP/1.1\r\nho").await;
        }
        held.push(stream);
    }
    for _ in 0..20 {
        let mut other = TcpStream::connect(server.address).await.unwrap();
        other.write_all(GET.as_bytes()).await.unwrap();
        assert_eq!(Answer::parse(&rest(other).await).status, 200);
    }
}
