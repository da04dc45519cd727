//! The store's tests on real servers. One program holds all of them, so that it is linked once and the servers start
//! once.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod append;
mod cluster;
mod cqrs;
mod deciding;
mod durable;
mod durable_outage;
mod example;
mod full;
mod group_commit;
mod index;
mod inspect;
mod load;
mod notices;
mod outage;
mod parking;
mod replicas;
mod restore;
mod sealing;
mod snapshots;
mod state;
mod storm;
mod streams;
mod subscription;
mod support;
mod verify;
