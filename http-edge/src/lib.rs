//! The HTTP edge: it parses and bounds requests, and turns every failure into a problem document. It knows no
//! service's routes.

mod address;
pub mod error_pages;
mod health;
mod home;
mod hyper_answers;
pub mod json;
pub mod layers;
pub mod listen;
mod metrics;
mod observe;
pub mod openapi;
pub mod operation;
pub mod path;
pub mod problem;
pub mod query;
mod received;
pub mod server;
pub mod surface;

pub use address::{Address, Parameter};
pub use error_pages::error_pages;
pub use health::health;
pub use home::home;
pub use json::Json;
pub use layers::{HttpLimits, layers};
pub use listen::{BindError, bind};
pub use metrics::metrics;
pub use openapi::docs;
pub use operation::{Named, Operation};
pub use path::Path;
pub use problem::{Problem, ProblemBody, ProblemType};
pub use query::Query;
pub use server::{Drained, accept, serve};
pub use surface::{describe, surface};
