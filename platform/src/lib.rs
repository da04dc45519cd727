//! The foundation of every Anamnesis service: the loading of settings, the clock, telemetry, health and shutdown. It knows no patient,
//! event or table, and depends on no other crate of the workspace.

mod allocator;
pub mod ambient;
pub mod config;
pub mod health;
pub mod metrics;
pub mod process;
pub mod serde_message;
pub mod shutdown;
pub mod telemetry;

pub use ambient::{Clock, new_id};
pub use health::Health;
pub use shutdown::Shutdown;
