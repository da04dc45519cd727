//! Finds or fetches, configures, starts, supervises and stops a local nats-server and a local PostgreSQL. It knows
//! nothing about their content: no streams, no schemas.

#[cfg(not(unix))]
compile_error!("the embedded servers are started and stopped with Unix signals");

mod credentials;
mod data_dir;
mod environment;
mod error;
mod files;
mod leftovers;
mod locate;
mod logs;
mod nats;
mod options;
mod ports;
mod postgres;
mod process;
mod run_as;
mod server;
mod servers;
mod state;
mod supervisor;
mod templates;
#[cfg(feature = "testing")]
pub mod testing;
mod version;
mod wheels;

pub use environment::Environment;
pub use error::Error;
pub use options::{Durability, Options, Progress};
pub use servers::{Servers, start};
pub use state::{Addresses, attach};
