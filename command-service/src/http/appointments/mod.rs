//! Commands on appointments.

pub(crate) mod arrive;
pub(crate) mod book;
pub(crate) mod cancel;
pub(crate) mod change;
pub(crate) mod fulfil;
pub(crate) mod mark_in_error;
pub(crate) mod no_show;
mod overbooking;
pub(crate) mod reopen;
