//! Following a stream: in order from a position, or shared with other processes under a name that the server keeps.

pub(crate) mod durable;
pub(crate) mod notices;
pub(crate) mod parking;
pub(crate) mod subscription;

pub use durable::{Delivery, Durable, DurableError, DurableOptions, DurableStatus, Start};
pub use notices::{NOTICE_LIFETIME, NoticeError, Notices};
pub use parking::{Parked, ParkingError};
pub use subscription::{Subscription, SubscriptionError};
