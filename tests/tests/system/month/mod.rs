//! A deterministic month of a clinic over HTTP: visits, money of all kinds, and refused commands. At the end, the log,
//! the read models and the ledger must match the test's own records.

mod audit;
mod cashier;
mod clinic;
mod desk;
mod visits;

use chrono::{Datelike as _, Days, Weekday};
use clinic::Month;

use crate::event_index::index_equals_the_log;

/// The seed, which alone determines a run.
const SEED: u64 = 20_270_104;
const DAYS: u64 = 28;

#[tokio::test(flavor = "multi_thread")]
async fn after_a_month_the_log_the_read_models_and_the_ledger_match_what_happened() {
    let mut month = Month::begin(SEED).await;
    let first_day = month.first_day;
    for day in (0..DAYS).map(|number| first_day + Days::new(number)) {
        month.open_the_day(day);
        month.settle_what_was_open().await;
        if day.weekday() != Weekday::Sun {
            month.answer_the_telephone(day).await;
        }
        month.see_patients(day).await;
    }
    month.settle_what_was_open().await;

    let happened = month.happened;
    assert!(
        happened.booked > 100 && happened.fulfilled > 50 && happened.missed > 5 && happened.cancelled > 5,
        "{happened:?}"
    );
    assert!(
        happened.rescheduled > 10 && happened.refused > 30 && happened.refunds > 3 && happened.credit_notes > 3,
        "{happened:?}"
    );
    assert!(happened.captured_late > 3 && happened.failed_late > 0, "{happened:?}");
    month.check_the_log().await;
    index_equals_the_log(&month.clinic).await;
    month.check_the_appointments().await;
    month.check_the_invoices().await;
    month.check_the_books().await;
}
