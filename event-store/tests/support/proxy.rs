//! A line between the store and its server that can go dead.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

/// What the line does with the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// Both sides hear each other.
    Open,
    /// The server hears the client, but its answers are lost.
    AnswersLost,
    /// The client believes that it is heard, but is not.
    RequestsLost,
    /// Connections are closed, and new ones too.
    Down,
}

pub(crate) struct Proxy {
    url: String,
    line: watch::Sender<Line>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Request,
    Answer,
}

impl Proxy {
    /// Listens in front of the server at a URL.
    pub(crate) async fn before(url: &str) -> Self {
        let server: async_nats::ServerAddr = url.parse().unwrap();
        let upstream = format!("{}:{}", server.host(), server.port());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap().to_string();
        let (line, state) = watch::channel(Line::Open);
        let proxy = Self {
            url: url.replace(&upstream, &own),
            line,
        };
        assert_ne!(proxy.url, url, "the proxy stands between");
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *state.borrow() != Line::Down {
                    connect(client, &upstream, &state).await;
                }
            }
        });
        proxy
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn set(&self, line: Line) {
        self.line.send_replace(line);
    }
}

async fn connect(client: TcpStream, upstream: &str, state: &watch::Receiver<Line>) {
    let Ok(server) = TcpStream::connect(upstream).await else {
        return;
    };
    let (client_read, client_write) = client.into_split();
    let (server_read, server_write) = server.into_split();
    tokio::spawn(copy(client_read, server_write, Direction::Request, state.clone()));
    tokio::spawn(copy(server_read, client_write, Direction::Answer, state.clone()));
}

async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, direction: Direction, mut state: watch::Receiver<Line>) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = tokio::select! {
            read = from.read(&mut buffer) => read,
            changed = state.changed() => match changed {
                Ok(()) if *state.borrow() != Line::Down => continue,
                _ => return,
            },
        };
        let Ok(count @ 1..) = read else { return };
        let lost = match *state.borrow() {
            Line::Open => false,
            Line::AnswersLost => direction == Direction::Answer,
            Line::RequestsLost => direction == Direction::Request,
            Line::Down => return,
        };
        if !lost && to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
