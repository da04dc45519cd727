//! Stub.
use domain::{
    bookings::TimeTaken,
    values::{EmailHash, Period},
};
use uuid::Uuid;
pub(crate) trait Entries {
    type Error;
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Self::Error>;
    fn range(&self, from: &[u8], to: &[u8]) -> Result<Vec<(Vec<u8>, Vec<u8>)>, Self::Error>;
}
pub(crate) fn time_taken<E: Entries>(_: &E, _: Uuid, _: Period) -> Result<Vec<TimeTaken>, E::Error> {
    Ok(vec![])
}
pub(crate) fn email_holder<E: Entries>(_: &E, _: &EmailHash) -> Result<Option<Uuid>, E::Error> {
    Ok(None)
}
pub(crate) fn live_prescription<E: Entries>(_: &E, _: Uuid) -> Result<Option<Uuid>, E::Error> {
    Ok(None)
}
