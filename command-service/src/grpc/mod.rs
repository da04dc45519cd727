//! The gRPC API, for systems that open accounts for the patients they register. It uses the same command path as HTTP.
//! See `docs/grpc.md`.

mod billing;
mod deadline;
#[rustfmt::skip]
#[allow(clippy::all, missing_docs, unreachable_pub, reason = "generated")]
#[path = "generated/billing.rs"]
pub mod generated;
mod incoming;
mod server;
mod status;

pub use server::{GrpcError, serve};
