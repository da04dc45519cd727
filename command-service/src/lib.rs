//! The command side: takes commands over HTTP and gRPC, and answers when their events are durable.

pub mod grpc;
pub mod http;
