//! Checks that the generated gRPC code of the command service matches `schemas/proto/billing.proto`. To regenerate it:
//! `cargo test -p api --test proto -- --ignored`
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use protox::prost::Message as _;

const HEADER: &str =
    "//! Generated from `schemas/proto/billing.proto` by `schemas/api/tests/proto.rs`; do not edit.\n\n";

fn crate_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn generated_dir() -> PathBuf {
    crate_dir().join("../../command-service/src/grpc/generated")
}

/// Generates the code and the descriptor set for reflection.
fn generate() -> [(&'static str, Vec<u8>); 2] {
    let protos = crate_dir().join("../proto");
    let described = protox::compile(["billing.proto"], [&protos]).expect("a valid proto");
    let folder = tempfile::tempdir().expect("a folder");
    tonic_prost_build::configure()
        .out_dir(folder.path())
        .emit_rerun_if_changed(false)
        .compile_fds(described.clone())
        .expect("generated");
    let code = fs::read_to_string(folder.path().join("billing.rs")).expect("the code");
    [
        ("billing.rs", format!("{HEADER}{code}").into_bytes()),
        ("billing.bin", described.encode_to_vec()),
    ]
}

fn committed(folder: &Path, name: &str) -> Vec<u8> {
    fs::read(folder.join(name)).unwrap_or_default()
}

#[test]
fn the_generated_code_is_not_stale() {
    for (name, bytes) in generate() {
        assert!(
            committed(&generated_dir(), name) == bytes,
            "command-service/src/grpc/generated/{name} is stale: cargo test -p api --test proto -- --ignored"
        );
    }
}

#[test]
#[ignore = "it writes into the source tree"]
fn write_the_generated_code() {
    fs::create_dir_all(generated_dir()).expect("the folder");
    for (name, bytes) in generate() {
        fs::write(generated_dir().join(name), bytes).expect("written");
    }
}
