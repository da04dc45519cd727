//! Tests of the program as users run it. They are one binary, so that it is linked once.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod accounts;
mod backup;
mod bench;
mod doctor;
mod documents;
mod import;
mod life;
mod look_back;
mod reactors;
mod rebuild;
mod replicas;
mod schema;
mod support;
mod takeover;
mod verify;
