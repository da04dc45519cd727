//! The HTTP edge: it parses and bounds requests, and turns every failure into a problem document. It knows no
//! service's routes.

mod address;
mod client;
mod cors;
mod edge;
pub mod error_pages;
mod health;
mod home;
mod hyper_answers;
pub mod json;
mod layers;
mod listen;
mod metrics;
mod observe;
pub mod openapi;
pub mod operation;
pub mod path;
pub mod problem;
mod protection;
pub mod query;
mod rates;
mod received;
mod server;
mod slots;
mod surface;
mod tls;

pub use address::{Address, Parameter};
pub use client::ClientAddress;
pub use edge::Edge;
pub use error_pages::error_pages;
pub use health::health;
pub use home::home;
pub use json::Json;
pub use layers::HttpLimits;
pub use listen::{Accepted, BindError, Listener, Ports};
pub use metrics::metrics;
pub use openapi::docs;
pub use operation::{Named, Operation};
pub use path::Path;
pub use problem::{Problem, ProblemBody, ProblemType};
pub use query::Query;
pub use rates::{PrincipalKey, limit_principals, limit_sign_ins};
pub use server::{Drained, serve};
pub use surface::{Surface, describe};
pub use tls::{HandshakeError, TlsError, Transport};
