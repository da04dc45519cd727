//! The command side: validates commands, decides them against the log, and answers when their events are durable.
//! And its reactors: what an event in one context sets off in another.

pub mod commands;
pub mod grpc;
pub mod http;
pub mod reactors;
