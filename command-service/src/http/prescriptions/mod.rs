//! Commands on prescriptions.

pub(crate) mod amend;
pub(crate) mod cancel;
pub(crate) mod complete;
pub(crate) mod decide_refill;
pub(crate) mod hold;
pub(crate) mod issue;
mod medicines;
pub(crate) mod prescribe;
mod reason;
pub(crate) mod request_refill;
pub(crate) mod resume;
pub(crate) mod stop;
