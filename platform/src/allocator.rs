//! The allocator of every program that is built on this crate. It knows nothing of what is allocated.
//!
//! A message of NATS is taken apart into a map of headers, each with strings of its own, and most of the work on a log is
//! messages: with the system's allocator a fifth of a service's processor time went there.

/// In this one place for all programs: a second one would not link.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
