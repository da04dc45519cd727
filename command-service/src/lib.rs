//! The command side: validates commands, decides them against the log, and answers when their events are durable.

pub mod commands;
pub mod grpc;
pub mod http;
