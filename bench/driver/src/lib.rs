//! Drives a system with closed-loop clients, or so many times a second, and measures it. What is driven is the caller's: the
//! same driver runs Anamnesis in `bench` and the systems it is compared with in `bench/peers`, so that all are measured
//! alike. What these two say to each other is here, too.

mod aggregates;
mod body;
mod cell;
mod clients;
mod latency;
mod rebuild;
mod service;
mod tally;
mod tasks;
mod usage;
mod window;

pub use aggregates::{Aggregates, Distribution, LIFE_EVENTS, Slot};
pub use body::body;
pub use cell::{Cell, Measured, System};
pub use clients::{Attempt, Groups, Operation, drive};
pub use latency::{Latencies, Percentiles};
pub use rebuild::{EventLine, PeerMeasured, PeerPart, PeerStep};
pub use service::{ServiceReady, ServiceStart};
pub use tally::{OfKind, Tally, Worked};
pub use tasks::{Done, Tasks, work_at, work_for, work_through};
pub use usage::{cpu_seconds, peak_memory_mb, resident_memory_mb};
pub use window::Window;
