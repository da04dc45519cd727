//! A running `anamnesis up`.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::anamnesis;

/// A running `up`.
pub(crate) struct Up {
    child: Child,
    urls: Value,
}

impl Up {
    /// Starts it on a free port, and waits until it is ready.
    pub(crate) fn start(data_dir: &Path, more: &[&str]) -> Self {
        Self::start_with(data_dir, more, &[])
    }

    /// As [`Up::start`], with settings from the environment.
    pub(crate) fn start_with(data_dir: &Path, more: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = anamnesis(data_dir);
        let ports = ["--listen", "127.0.0.1:0", "--grpc-listen", "127.0.0.1:0"];
        command.args(["up", "--json"]).args(ports).args(more);
        command.envs(environment.iter().copied());
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the program runs");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output"))
            .read_line(&mut line)
            .expect("a line");
        let urls = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON line, but {line:?}"));
        Self { child, urls }
    }

    /// One of its URLs.
    pub(crate) fn url(&self, name: &str) -> &str {
        self.urls[name].as_str().expect("a URL")
    }

    /// The sign-ins that it made: roles, e-mail addresses and passwords.
    pub(crate) fn sign_ins(&self) -> &[Value] {
        self.urls["signIns"].as_array().expect("a list")
    }

    /// Requests JSON.
    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = reqwest::get(format!("{}{path}", self.url("http")))
            .await
            .expect("an answer");
        answer.json().await.expect("JSON")
    }

    /// Sends a `DELETE`, which must succeed.
    pub(crate) async fn delete(&self, path: &str) {
        self.send(reqwest::Method::DELETE, path).await;
    }

    /// Sends a `POST` without a body, which must succeed.
    pub(crate) async fn post(&self, path: &str) {
        self.send(reqwest::Method::POST, path).await;
    }

    async fn send(&self, method: reqwest::Method, path: &str) {
        let url = format!("{}{path}", self.url("http"));
        let answer = reqwest::Client::new()
            .request(method, url)
            .send()
            .await
            .expect("an answer");
        assert!(answer.status().is_success(), "{path}: {answer:?}");
    }

    /// The number of items in a list.
    pub(crate) async fn total(&self, noun: &str) -> u64 {
        self.get(&format!("/api/{noun}?size=1")).await["totalElements"]
            .as_u64()
            .expect("a count")
    }

    /// Stops it with SIGINT, as Ctrl-C does.
    pub(crate) fn stop(mut self) {
        self.signal(Signal::INT);
        assert!(self.child.wait().expect("it ends").success());
    }

    /// Kills it with SIGKILL, as `kill -9` does.
    pub(crate) fn kill(mut self) {
        self.signal(Signal::KILL);
        assert!(!self.child.wait().expect("it ends").success());
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id())
            .ok()
            .and_then(Pid::from_raw)
            .expect("a pid");
        kill_process(pid, signal).expect("it runs");
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        // A failed test must not leave it running. A successful test has already reaped it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
