//! The benchmarks: what they run, on which servers, and what they report. The command line is the caller's, and the
//! clients and their measurement are `bench-driver`'s.
//!
//! Every cell of `append` runs in a process of its own: one system's memory, caches and connections cannot show in
//! another one's figures, and the systems that this project is compared with are run in just the same way.

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
