//! The final checks: they compare the log and the read models with the test's own records.

use std::collections::BTreeMap;

use domain::appointment::AppointmentStatus;
use serde_json::{Value, json};
use system_tests::agenda::Agenda;

use super::{cashier::money, clinic::Month};

impl Month {
    /// No appointments overlap, and every appointment has the status that the test recorded.
    pub(crate) async fn check_the_log(&self) {
        let agenda = Agenda::read(&self.clinic).await;
        let expected: BTreeMap<String, AppointmentStatus> = self
            .visits
            .iter()
            .map(|visit| (visit.id.clone(), visit.status))
            .collect();
        assert_eq!(agenda.statuses(), expected);
        let live = self.visits.iter().filter(|visit| visit.status.is_live()).count();
        assert_eq!(agenda.assert_nobody_is_in_two_places(), live);
    }

    /// The lists hold the recorded number of appointments in each status.
    pub(crate) async fn check_the_appointments(&self) {
        use AppointmentStatus::{Arrived, Booked, Cancelled, EnteredInError, Fulfilled, NoShow};

        for status in [Booked, Arrived, Fulfilled, Cancelled, NoShow, EnteredInError] {
            let expected = self.visits.iter().filter(|visit| visit.status == status).count();
            let path = format!("/api/appointments?size=1&status={}", status.code());
            assert_eq!(self.read(&path).await["totalElements"], expected, "{}", status.code());
        }
        for (number, practitioner) in self.practitioners.iter().enumerate() {
            let expected = self.visits.iter().filter(|visit| visit.practitioner == number).count();
            let path = format!("/api/appointments?size=1&practitionerId={}", practitioner.id);
            assert_eq!(self.read(&path).await["totalElements"], expected, "{path}");
        }
    }

    /// The lines of every invoice add up to its total, and its open amount is correct.
    pub(crate) async fn check_the_invoices(&self) {
        let listed = self.everything("/api/invoices").await;
        assert_eq!(listed.len(), self.invoices.len());
        for (number, invoice) in self.invoices.iter().enumerate() {
            let shown = &listed[&invoice.id];
            let lines = shown["lines"].as_array().expect("lines");
            let sum = |what: &str| {
                let amounts = lines
                    .iter()
                    .map(|line| line[what]["minor"].as_i64().expect("an amount"));
                amounts.sum::<i64>()
            };
            let currency = invoice.currency;
            let (net, tax) = (sum("net"), sum("tax"));
            let totals = json!({"net": money(net, currency), "tax": money(tax, currency),
                                "total": money(invoice.total, currency)});
            assert_eq!(shown["totals"], totals, "{shown}");
            assert_eq!(net + tax, invoice.total, "{shown}");
            assert_eq!(shown["open"], money(self.open(number), currency), "{shown}");
            let status = match (invoice.cancelled, self.open(number)) {
                (true, _) => "cancelled",
                (false, 0) => "balanced",
                (false, _) => "issued",
            };
            assert_eq!(shown["status"], status, "{shown}");
            assert_eq!(shown["patientId"], self.patients[invoice.patient], "{shown}");
        }
    }

    /// All patients owe the amounts that the test computed, and the ledger sums to zero.
    pub(crate) async fn check_the_books(&self) {
        for (number, patient) in self.patients.iter().enumerate() {
            let mine = self.owed.iter().filter(|((of, _), _)| *of == number);
            let expected: Vec<Value> = mine.map(|((_, currency), minor)| money(*minor, currency)).collect();
            if expected.is_empty() {
                continue;
            }
            let account = self.read(&format!("/api/accounts/{patient}?size=1")).await;
            assert_eq!(account["owed"], json!(expected), "patient {number}");
            assert_eq!(account["pendingPayment"], Value::Null, "patient {number}");
        }
        let proof = self.read("/api/ledger/proof").await;
        assert_eq!(
            (&proof["balanced"], &proof["unbalancedEntries"]),
            (&json!(true), &json!(0))
        );
        let currencies = proof["currencies"].as_array().expect("the currencies");
        let sums: Vec<&Value> = currencies.iter().map(|proof| &proof["sum"]).collect();
        let expected = ["EUR", "JPY", "USD"].map(|currency| money(0, currency));
        assert_eq!(sums, expected.each_ref(), "{proof}");
    }

    /// All items of a list, by id.
    async fn everything(&self, path: &str) -> BTreeMap<String, Value> {
        let mut items = BTreeMap::new();
        for page in 0.. {
            let page = self.read(&format!("{path}?size=100&page={page}")).await;
            let content = page["content"].as_array().expect("a page");
            let with_id = |item: &Value| (item["id"].as_str().unwrap_or_default().to_owned(), item.clone());
            items.extend(content.iter().map(with_id));
            if page["hasNext"] != true {
                break;
            }
        }
        items
    }
}
