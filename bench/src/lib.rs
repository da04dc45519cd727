//! The benchmarks: what they run, on which servers, and what they report. The caller provides the command line,
//! `bench-driver` the clients and their measurement.
//!
//! Every cell of `append` runs in a separate process. So the memory, caches and connections of one system cannot affect
//! the figures of another, and compared systems run the same way.

pub mod append;
mod bare;
mod cells;
mod clinic;
pub mod commands;
mod machine;
mod peer_server;
pub mod rebuild;
mod report;
mod run;
mod servers;
mod statistics;
mod syncs;
mod table;
pub mod visible;

pub use cells::{Programs, run_cell};
pub use machine::Machine;
pub use report::{Figure, Goal, Report};
pub use servers::{Progress, Scratch};
pub use table::Table;
