//! Shared helpers of this crate's tests: directories, and a probe that talks to servers in their own protocols.
#![allow(dead_code, reason = "every test binary compiles this module and uses a part of it")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use embedded::testing::{eventually, write_script};
use embedded::{Environment, Servers};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

/// A directory that no other user can enter, as `mktemp -d` creates it.
pub(crate) fn private_dir() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::set_permissions(directory.path(), PermissionsExt::from_mode(0o700)).unwrap();
    directory
}

/// An environment in which python3 is the only program on `PATH` and nothing is cached.
pub(crate) fn wheels_only(directory: &Path) -> Environment {
    let python = Environment::from_process();
    let python = std::env::split_paths(&python.path)
        .map(|bin| bin.join("python3"))
        .find(|path| path.is_file())
        .unwrap();
    let bin = directory.join("bin");
    std::fs::create_dir(&bin).unwrap();
    write_script(&bin.join("python3"), &format!("exec '{}' \"$@\"", python.display()));
    Environment {
        path: bin.into(),
        xdg_cache_home: Some(directory.join("cache")),
        ..Environment::default()
    }
}

/// Whether a process with this id exists.
pub(crate) fn is_alive(pid: i32) -> bool {
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::test_kill_process(pid).is_ok()
}

/// The process id in the first line of a file.
pub(crate) fn pid_in(path: &Path) -> i32 {
    std::fs::read_to_string(path)
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .trim()
        .parse()
        .unwrap()
}

/// Reads from and writes to both servers of a pair.
#[derive(Debug, Clone)]
pub(crate) struct Probe {
    nats_url: String,
    postgres_url: String,
}

impl Probe {
    pub(crate) fn of(servers: &Servers) -> Self {
        Self::at(servers.nats_url().unwrap(), servers.postgres_url().unwrap())
    }

    pub(crate) fn at(nats_url: &str, postgres_url: &str) -> Self {
        Self {
            nats_url: nats_url.to_owned(),
            postgres_url: postgres_url.to_owned(),
        }
    }

    async fn nats(&self) -> Result<async_nats::Client, async_nats::Error> {
        let address: async_nats::ServerAddr = self.nats_url.parse()?;
        let (user, password) = (
            address.username().unwrap().to_owned(),
            address.password().unwrap().to_owned(),
        );
        Ok(async_nats::ConnectOptions::with_user_and_password(user, password)
            .connect(address)
            .await?)
    }

    async fn jetstream(&self) -> Result<async_nats::jetstream::Context, async_nats::Error> {
        Ok(async_nats::jetstream::new(self.nats().await?))
    }

    /// Appends a text to a stream and a table.
    pub(crate) async fn write(&self, text: &'static str) {
        let jetstream = self.jetstream().await.unwrap();
        let config = async_nats::jetstream::stream::Config {
            name: "notes".to_owned(),
            ..Default::default()
        };
        jetstream.get_or_create_stream(config).await.unwrap();
        jetstream.publish("notes", text.into()).await.unwrap().await.unwrap();
        let mut connection = PgConnection::connect(&self.postgres_url).await.unwrap();
        sqlx::query("CREATE TABLE IF NOT EXISTS notes (text text)")
            .execute(&mut connection)
            .await
            .unwrap();
        sqlx::query("INSERT INTO notes VALUES ($1)")
            .bind(text)
            .execute(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
    }

    /// The texts written so far, which must be the same in both servers.
    pub(crate) async fn read(&self) -> Vec<String> {
        let mut stream = self.jetstream().await.unwrap().get_stream("notes").await.unwrap();
        let state = stream.info().await.unwrap().state.clone();
        let mut messages = Vec::new();
        for sequence in state.first_sequence..=state.last_sequence {
            let message = stream.get_raw_message(sequence).await.unwrap();
            messages.push(String::from_utf8(message.payload.to_vec()).unwrap());
        }
        let mut connection = PgConnection::connect(&self.postgres_url).await.unwrap();
        let rows: Vec<String> = sqlx::query_scalar("SELECT text FROM notes")
            .fetch_all(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
        assert_eq!(messages, rows);
        messages
    }

    pub(crate) async fn postgres_version(&self) -> String {
        let mut connection = PgConnection::connect(&self.postgres_url).await.unwrap();
        sqlx::query_scalar("SHOW server_version")
            .fetch_one(&mut connection)
            .await
            .unwrap()
    }

    pub(crate) async fn nats_answers(&self) -> bool {
        match self.jetstream().await {
            Ok(jetstream) => jetstream.query_account().await.is_ok(),
            Err(_) => false,
        }
    }

    pub(crate) async fn postgres_answers(&self) -> bool {
        PgConnection::connect(&self.postgres_url).await.is_ok()
    }

    pub(crate) async fn both_are_gone(&self) -> bool {
        !self.nats_answers().await && !self.postgres_answers().await
    }

    pub(crate) async fn wait_for_both(&self) {
        eventually("both servers answer", Duration::from_secs(30), async || {
            self.nats_answers().await && self.postgres_answers().await
        })
        .await;
    }
}
