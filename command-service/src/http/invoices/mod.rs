//! Commands on invoices, and on the payments towards them.

pub(crate) mod add_line;
pub(crate) mod cancel;
pub(crate) mod credit;
pub(crate) mod draft;
pub(crate) mod issue;
mod line;
pub(crate) mod pay;
pub(crate) mod refund;
pub(crate) mod settle;
