//! A proxy between the store and its servers that can go dead: on request, at a chosen byte of a publish, or at
//! random.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

use super::{
    publishes::{Cut, Publishes},
    weather::{Fate, Gust, Weather},
};

/// How the proxy treats bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// Both directions are open.
    Open,
    /// The server receives requests, but its answers are lost.
    AnswersLost,
    /// Requests are lost without an error.
    RequestsLost,
    /// Both directions are lost without an error.
    Dead,
    /// Connections are closed, and new ones are refused.
    Down,
}

pub(crate) struct Proxy {
    url: String,
    view: View,
}

/// The state that all connections share.
#[derive(Clone)]
struct View {
    line: watch::Sender<Line>,
    /// Changes when all connections are closed.
    generation: watch::Sender<u64>,
    lost: watch::Sender<usize>,
    cut: Arc<Mutex<Option<Cut>>>,
    weather: Option<Arc<Weather>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Request,
    Answer,
}

impl Proxy {
    /// Listens in front of each of the servers in a comma-separated list of URLs.
    pub(crate) async fn before(urls: &str) -> Self {
        Self::listen(urls, None).await
    }

    /// The same, in a storm: connections are cut at random.
    pub(crate) async fn in_weather(urls: &str, weather: Arc<Weather>) -> Self {
        Self::listen(urls, Some(weather)).await
    }

    async fn listen(urls: &str, weather: Option<Arc<Weather>>) -> Self {
        let view = View {
            line: watch::Sender::new(Line::Open),
            generation: watch::Sender::new(0),
            lost: watch::Sender::new(0),
            cut: Arc::default(),
            weather,
        };
        let mut own = Vec::new();
        for url in urls.split(',') {
            own.push(listen_before(url, view.clone()).await);
        }
        let url = own.join(",");
        Self { url, view }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn set(&self, line: Line) {
        self.view.line.send_replace(line);
        if line == Line::Down {
            self.view.generation.send_modify(|generation| *generation += 1);
        }
    }

    /// Closes all connections and lets new ones through.
    pub(crate) fn reconnect(&self) {
        self.set(Line::Down);
        self.set(Line::Open);
    }

    /// Makes the line go dead at a point in the next publishes.
    pub(crate) fn cut_at(&self, cut: Cut) {
        *self.view.cut.lock().unwrap() = Some(cut);
    }

    /// Waits until the line has gone dead at the chosen point.
    pub(crate) async fn is_cut(&self) {
        self.becomes(&self.view.line, |line| *line == Line::Dead).await;
    }

    /// Waits until the line has lost data.
    pub(crate) async fn loses_something(&self) {
        self.becomes(&self.view.lost, |bytes| *bytes > 0).await;
    }

    async fn becomes<T>(&self, state: &watch::Sender<T>, condition: impl FnMut(&T) -> bool) {
        let mut state = state.subscribe();
        let waiting = tokio::time::timeout(super::SOON, state.wait_for(condition));
        waiting.await.expect("something is sent").expect("the proxy runs");
    }
}

/// Forwards connections to one server, and returns the URL to connect to.
async fn listen_before(url: &str, view: View) -> String {
    let server: async_nats::ServerAddr = url.parse().unwrap();
    let upstream = format!("{}:{}", server.host(), server.port());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = url.replace(&upstream, &listener.local_addr().unwrap().to_string());
    assert_ne!(own, url, "the proxy stands between");
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            if *view.line.borrow() != Line::Down {
                tokio::spawn(connect(client, upstream.clone(), view.clone()));
            }
        }
    });
    own
}

/// Serves a connection until either side or the line closes it.
async fn connect(client: TcpStream, upstream: String, view: View) {
    let mut generation = view.generation.subscribe();
    let Ok(server) = TcpStream::connect(upstream).await else {
        return;
    };
    let (client_read, client_write) = client.into_split();
    let (server_read, server_write) = server.into_split();
    let gust = view.weather.as_ref().map(|weather| weather.gust());
    tokio::select! {
        () = copy(client_read, server_write, Direction::Request, &view, gust.as_ref()) => {}
        () = copy(server_read, client_write, Direction::Answer, &view, gust.as_ref()) => {}
        _ = generation.changed() => {}
    }
}

async fn copy(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    direction: Direction,
    view: &View,
    gust: Option<&Mutex<Gust>>,
) {
    let mut publishes = Publishes::default();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let Ok(count @ 1..) = from.read(&mut buffer).await else {
            return;
        };
        let bytes = &buffer[..count];
        if direction == Direction::Request {
            let cut = publishes.cut_of(bytes, &mut view.cut.lock().unwrap());
            if let Some(passed) = cut {
                // Before the server receives the last byte: its answer must find the line dead.
                view.line.send_replace(Line::Dead);
                if to.write_all(&bytes[..passed]).await.is_err() {
                    return;
                }
                continue;
            }
        }
        let lost = match *view.line.borrow() {
            Line::Open => false,
            Line::AnswersLost => direction == Direction::Answer,
            Line::RequestsLost => direction == Direction::Request,
            Line::Dead => true,
            Line::Down => return,
        };
        let fate = match gust {
            _ if lost => Fate::Lost,
            Some(gust) => gust.lock().unwrap().fate_of(direction, count),
            None => Fate::Passed,
        };
        match fate {
            Fate::Lost => view.lost.send_modify(|bytes| *bytes += count),
            Fate::Passed if to.write_all(bytes).await.is_ok() => {}
            Fate::Passed => return,
            Fate::CutAfter(passed) => {
                // The connection is cut anyway.
                let _ = to.write_all(&bytes[..passed]).await;
                return;
            }
        }
    }
}
