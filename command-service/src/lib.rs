//! The command side: accepts commands over HTTP and gRPC, and responds when their events are durable.

pub mod grpc;
pub mod http;
