//! Commands on practitioners.

pub(crate) mod add_time_off;
pub(crate) mod change;
pub(crate) mod deactivate;
pub(crate) mod register;
pub(crate) mod remove_time_off;
pub(crate) mod set_availability;
