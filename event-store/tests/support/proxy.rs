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
    lost: watch::Receiver<usize>,
}

/// What each connection knows of the line.
#[derive(Clone)]
struct View {
    line: watch::Receiver<Line>,
    lost: watch::Sender<usize>,
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
        let (losses, lost) = watch::channel(0);
        let view = View {
            line: state,
            lost: losses,
        };
        let proxy = Self {
            url: url.replace(&upstream, &own),
            line,
            lost,
        };
        assert_ne!(proxy.url, url, "the proxy stands between");
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *view.line.borrow() != Line::Down {
                    connect(client, &upstream, &view).await;
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

    /// Waits until the line has lost something.
    pub(crate) async fn loses_something(&self) {
        let mut lost = self.lost.clone();
        let waiting = tokio::time::timeout(super::SOON, lost.wait_for(|bytes| *bytes > 0));
        waiting.await.expect("something is sent").expect("the proxy runs");
    }
}

async fn connect(client: TcpStream, upstream: &str, view: &View) {
    let Ok(server) = TcpStream::connect(upstream).await else {
        return;
    };
    let (client_read, client_write) = client.into_split();
    let (server_read, server_write) = server.into_split();
    tokio::spawn(copy(client_read, server_write, Direction::Request, view.clone()));
    tokio::spawn(copy(server_read, client_write, Direction::Answer, view.clone()));
}

async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, direction: Direction, mut view: View) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = tokio::select! {
            read = from.read(&mut buffer) => read,
            changed = view.line.changed() => match changed {
                Ok(()) if *view.line.borrow() != Line::Down => continue,
                _ => return,
            },
        };
        let Ok(count @ 1..) = read else { return };
        let lost = match *view.line.borrow() {
            Line::Open => false,
            Line::AnswersLost => direction == Direction::Answer,
            Line::RequestsLost => direction == Direction::Request,
            Line::Down => return,
        };
        if lost {
            view.lost.send_modify(|bytes| *bytes += count);
        } else if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
