//! Definitions that unit tests share.

use crate::StreamDefinition;

pub(crate) static ORDERS: StreamDefinition = StreamDefinition {
    name: "ORDERS",
    subject: "orders.log",
    models: &[],
};
