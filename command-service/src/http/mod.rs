//! The commands over HTTP: one endpoint a file, named by noun and deed.

mod accounts;
mod answer;
mod appointments;
mod fields;
mod invoices;
mod keyed;
mod money;
mod patients;
mod practitioners;
mod prescriptions;
pub mod problems;
mod refusals;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::commands::Commands;

/// Who is behind a request, while requests are not authenticated.
const ANONYMOUS: &str = "anonymous";

/// Every command's route, with its part of the OpenAPI document.
pub fn router() -> OpenApiRouter<Commands> {
    OpenApiRouter::new()
        .routes(routes!(patients::register::register))
        .routes(routes!(patients::change::change, patients::deactivate::deactivate))
        .routes(routes!(patients::reactivate::reactivate))
        .routes(routes!(patients::erase::erase))
        .routes(routes!(practitioners::register::register))
        .routes(routes!(
            practitioners::change::change,
            practitioners::deactivate::deactivate
        ))
        .routes(routes!(practitioners::set_availability::set_availability))
        .routes(routes!(practitioners::add_time_off::add_time_off))
        .routes(routes!(practitioners::remove_time_off::remove_time_off))
        .routes(routes!(appointments::book::book))
        .routes(routes!(prescriptions::prescribe::prescribe))
        .routes(routes!(prescriptions::amend::amend, prescriptions::cancel::cancel))
        .routes(routes!(prescriptions::issue::issue))
        .routes(routes!(prescriptions::hold::hold))
        .routes(routes!(prescriptions::resume::resume))
        .routes(routes!(prescriptions::request_refill::request_refill))
        .routes(routes!(prescriptions::decide_refill::decide_refill))
        .routes(routes!(prescriptions::complete::complete))
        .routes(routes!(prescriptions::stop::stop))
        .routes(routes!(accounts::charge::charge))
        .routes(routes!(accounts::adjust::adjust))
        .routes(routes!(accounts::close::close))
        .routes(routes!(invoices::draft::draft))
        .routes(routes!(invoices::add_line::add_line))
        .routes(routes!(invoices::issue::issue))
        .routes(routes!(invoices::pay::pay))
        .routes(routes!(invoices::settle::settle))
        .routes(routes!(invoices::refund::refund))
        .routes(routes!(invoices::credit::credit))
        .routes(routes!(invoices::cancel::cancel))
        .routes(routes!(appointments::change::change, appointments::cancel::cancel))
        .routes(routes!(appointments::arrive::arrive))
        .routes(routes!(appointments::fulfil::fulfil))
        .routes(routes!(appointments::no_show::no_show))
        .routes(routes!(appointments::reopen::reopen))
        .routes(routes!(appointments::mark_in_error::mark_in_error))
}
