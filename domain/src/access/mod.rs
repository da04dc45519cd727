//! Who may do what: the roles of callers, the actions of the API, and the rule that connects them. The rule knows
//! nothing of tokens and transports.

mod action;
mod role;
mod rule;

pub use action::Action;
pub use role::Role;
pub use rule::{Reach, permits};
