//! What unit tests share.

use crate::StreamDefinition;

/// A stream.
pub(crate) static ORDERS: StreamDefinition = StreamDefinition {
    name: "ORDERS",
    subject: "orders.log",
    models: &[],
};
