//! Drives a system with closed-loop or open-loop clients, and measures it. The caller provides the system: `bench` runs
//! Anamnesis with this driver, and `bench/peers` runs the compared systems with it, so that all are measured alike. The
//! types that the two exchange are here too.

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
