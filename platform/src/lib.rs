//! The foundation of every Anamnesis service: settings, the clock, telemetry, health, shutdown and the HTTP edge. It
//! knows no patient, event or table, and depends on no other crate of the workspace.

mod allocator;
pub mod ambient;
pub mod config;
pub mod health;
pub mod http;
pub mod metrics;
pub mod process;
mod serde_message;
pub mod shutdown;
pub mod telemetry;

pub use ambient::{Clock, new_id};
pub use config::Settings;
pub use health::Health;
pub use http::problem::{Problem, ProblemType};
pub use serde_message::describe as describe_json_fault;
pub use shutdown::Shutdown;
