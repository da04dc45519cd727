//! Deaths of servers and of their owner.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]
#![allow(clippy::print_stdout, reason = "the tests print measured times")]

mod support;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use embedded::testing::{PrivateServers, eventually, write_script};
use embedded::{Environment, Error, Options, attach, start};
use rustix::process::{Pid, Signal};
use support::{Probe, is_alive, pid_in, private_dir};

const SOON: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_killed_server_is_restarted_on_its_data_and_port() {
    let servers = PrivateServers::start().await;
    let probe = Probe::at(servers.nats_url(), servers.postgres_url());
    probe.write("kept").await;
    let data_dir = servers.servers().data_dir().to_owned();
    let pids = || {
        (
            pid_in(&data_dir.join("nats.pid")),
            pid_in(&data_dir.join("postgres/postmaster.pid")),
        )
    };
    let (nats, postgres) = pids();
    let told = || {
        let servers = servers.servers();
        [servers.nats_pid(), servers.postgres_pid()].map(|pid| pid.map(u32::cast_signed))
    };
    assert_eq!(told(), [Some(nats), Some(postgres)]);
    servers.crash_nats().await;
    servers.crash_postgres().await;
    eventually("both are gone", SOON, async || !is_alive(nats) && !is_alive(postgres)).await;
    probe.wait_for_both().await;
    assert_ne!(pids().0, nats);
    assert_ne!(pids().1, postgres);
    let now = [pids().0, pids().1].map(Some);
    assert_eq!(told(), now, "the current process, not the dead one");
    assert_eq!(probe.read().await, ["kept"]);
    servers.stop().await;
}

#[tokio::test]
async fn a_test_can_stop_servers_and_start_them_again() {
    let servers = PrivateServers::start().await;
    let probe = Probe::at(servers.nats_url(), servers.postgres_url());
    probe.write("kept").await;
    servers.kill_nats().await;
    assert!(!probe.nats_answers().await);
    assert!(probe.postgres_answers().await);
    servers.start_nats().await;
    servers.kill_postgres().await;
    assert!(!probe.postgres_answers().await);
    servers.start_postgres().await;
    assert_eq!(probe.read().await, ["kept"]);
    servers.stop_nats().await;
    servers.stop_postgres().await;
    assert!(probe.both_are_gone().await);
    let servers = servers.restart().await;
    assert_eq!(
        Probe::at(servers.nats_url(), servers.postgres_url()).read().await,
        ["kept"]
    );
}

#[tokio::test]
async fn a_server_that_keeps_dying_is_given_up_with_its_last_log_lines() {
    let directory = private_dir();
    let real = nats_server().await;
    let script = |body: &str| {
        let path = directory.path().join("nats-server");
        write_script(&path.with_extension("new"), body);
        std::fs::rename(path.with_extension("new"), path).unwrap();
    };
    script(&format!("exec '{}' \"$@\"", real.display()));
    let environment = Environment {
        path: directory.path().into(),
        ..Environment::from_process()
    };
    let data_dir = directory.path().join("data");
    let servers = start(Options {
        environment,
        postgres: false,
        ..Options::new(&data_dir)
    })
    .await
    .unwrap();
    script("echo 'the disk is on fire' >&2; exit 3");
    kill(pid_in(&data_dir.join("nats.pid")));
    let error = tokio::time::timeout(SOON * 2, servers.failed()).await.unwrap();
    assert!(
        matches!(
            error,
            Error::GivenUp {
                server: "nats-server",
                ..
            }
        ),
        "{error}"
    );
    assert!(error.to_string().contains("the disk is on fire"), "{error}");
    servers.stop().await.unwrap();
}

/// Also shows that a Postgres that was killed together with its owner starts again, although its pid file remains.
#[tokio::test]
async fn servers_end_with_their_killed_owner_and_start_again() {
    for also_kill_servers in [false, true] {
        let outer = private_dir();
        let data_dir = outer.path().join("data");
        let mut owner = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "own_servers_until_killed"])
            .env("OWNED_DATA_DIR", &data_dir)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        eventually("the owner has published its servers", SOON, async || {
            data_dir.is_dir() && attach(&data_dir).unwrap().is_some()
        })
        .await;
        let addresses = attach(&data_dir).unwrap().unwrap();
        let probe = Probe::at(&addresses.nats_url.unwrap(), &addresses.postgres_url.unwrap());
        probe.write("survived").await;
        let servers = [
            pid_in(&data_dir.join("nats.pid")),
            pid_in(&data_dir.join("postgres/postmaster.pid")),
        ];
        owner.kill().unwrap();
        if also_kill_servers {
            servers.into_iter().for_each(kill);
        } else {
            eventually("the servers have followed their owner", SOON, async || {
                !servers.into_iter().any(is_alive)
            })
            .await;
        }
        owner.wait().unwrap();
        assert_eq!(attach(&data_dir).unwrap(), None);
        let servers = start(Options::new(&data_dir)).await.unwrap();
        assert_eq!(Probe::of(&servers).read().await, ["survived"]);
        servers.stop().await.unwrap();
    }
}

/// Not a test: the process that the test above kills.
#[tokio::test]
#[ignore = "run by another test in a process of its own"]
#[allow(
    clippy::disallowed_methods,
    reason = "the only way to pass an argument through the test harness"
)]
async fn own_servers_until_killed() {
    let data_dir = std::env::var_os("OWNED_DATA_DIR").expect("only the other test runs this one");
    let servers = start(Options::new(Path::new(&data_dir))).await.unwrap();
    panic!("{}", servers.failed().await);
}

fn kill(pid: i32) {
    // The process may have ended just before.
    let _ = rustix::process::kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL);
}

/// The binary that the servers on this machine run.
async fn nats_server() -> std::path::PathBuf {
    let servers = PrivateServers::start().await;
    let pid = pid_in(&servers.servers().data_dir().join("nats.pid"));
    let binary = std::fs::read_link(format!("/proc/{pid}/exe")).unwrap();
    servers.stop().await;
    binary
}
