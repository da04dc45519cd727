//! The cashier: charges, invoices, payments of every kind, refunds and credit notes. The test computes the amounts by
//! the rules of docs/reference/billing.md, independently of the domain's code.

use reqwest::Method;
use serde_json::{Value, json};
use system_tests::Answer;

use super::clinic::{Invoice, Month, Pending};

const TAX_RATES_PPM: [u32; 4] = [0, 70_000, 88_750, 190_000];

impl Month {
    /// Charges for a visit, usually with an invoice, which is then paid in one of several ways.
    pub(crate) async fn charge_for(&mut self, visit: usize) {
        if self.one_in(5) {
            return self.charge_without_invoice(visit).await;
        }
        let invoice = self.issue(visit).await;
        if self.one_in(12) {
            return self.withdraw(invoice).await;
        }
        if self.one_in(5) {
            self.credit(invoice).await;
        }
        match self.random.u32(0..10) {
            0..4 => self.pay(invoice, self.open(invoice)).await,
            4..7 => self.pay(invoice, self.open(invoice) / 3 + 1).await,
            7..9 => self.attempt(invoice).await,
            _ => {}
        }
        if self.one_in(6) {
            self.pay_too_much(invoice).await;
        }
    }

    async fn charge_without_invoice(&mut self, visit: usize) {
        let (patient, currency) = (self.visits[visit].patient, self.currency_of(visit));
        let (net, tax) = (self.random.i64(1..10_000), self.random.i64(0..500));
        let body = json!({"amount": money(net, currency), "tax": money(tax, currency)});
        let path = format!("/api/accounts/{}/charges", self.patients[patient]);
        let _ = self.tell(Method::POST, &path, Some(body)).await.expect(201);
        self.owes(patient, currency, net + tax);
    }

    async fn issue(&mut self, visit: usize) -> usize {
        let (patient, currency) = (self.visits[visit].patient, self.currency_of(visit));
        let (mut net, mut exact_tax_ppm, mut lines) = (0, 0, Vec::new());
        for _ in 0..self.random.u32(1..=3) {
            let (quantity, price) = (self.random.i64(1..=3), self.random.i64(1..20_000));
            let rate = TAX_RATES_PPM[self.random.usize(..TAX_RATES_PPM.len())];
            net += quantity * price;
            exact_tax_ppm += quantity * price * i64::from(rate);
            lines.push(
                json!({"description": "Consultation", "quantity": quantity, "taxRatePpm": rate,
                              "unitPrice": money(price, currency)}),
            );
        }
        let total = net + (exact_tax_ppm + 500_000) / 1_000_000;
        let draft = json!({"patientId": self.patients[patient], "currency": currency, "lines": lines,
                           "appointmentId": self.visits[visit].id});
        let drafted = self.tell(Method::POST, "/api/invoices", Some(draft)).await.expect(201);
        let path = format!("{}/issue", drafted.header("location"));
        let issued = self.tell(Method::POST, &path, None).await.expect(200);
        assert_eq!(issued.body["totals"]["total"], money(total, currency));
        self.owes(patient, currency, total);
        self.invoices.push(Invoice {
            id: drafted.id(),
            patient,
            currency,
            total,
            paid: 0,
            credited: 0,
            cancelled: false,
        });
        self.invoices.len() - 1
    }

    async fn withdraw(&mut self, invoice: usize) {
        let path = format!("/api/invoices/{}", self.invoices[invoice].id);
        let why = json!({"reason": "Issued twice"});
        let _ = self.tell(Method::DELETE, &path, Some(why)).await.expect(200);
        self.invoices[invoice].cancelled = true;
        let Invoice {
            patient,
            currency,
            total,
            ..
        } = self.invoices[invoice];
        self.owes(patient, currency, -total);
    }

    async fn credit(&mut self, invoice: usize) {
        let Invoice {
            patient,
            currency,
            total,
            ..
        } = self.invoices[invoice];
        let minor = self.random.i64(1..=total / 2 + 1);
        let body = json!({"amount": money(minor, currency), "reason": "Waited too long"});
        let _ = self.of_invoice(invoice, "credit-notes", body).await.expect(201);
        self.invoices[invoice].credited += minor;
        self.owes(patient, currency, -minor);
        self.happened.credit_notes += 1;
    }

    /// Takes a cash payment, sometimes with a partial refund.
    async fn pay(&mut self, invoice: usize, minor: i64) {
        let minor = minor.min(self.open(invoice));
        if minor == 0 {
            return;
        }
        let Invoice { patient, currency, .. } = self.invoices[invoice];
        let reference = self.reference();
        let body = json!({"amount": money(minor, currency), "method": "cash", "reference": reference});
        let answer = self.of_invoice(invoice, "payments", body).await;
        if self.pending.iter().any(|pending| pending.patient == patient) {
            return self.refused(&answer, 409, "payment-pending");
        }
        let _ = answer.expect(201);
        self.invoices[invoice].paid += minor;
        self.owes(patient, currency, -minor);
        if self.one_in(5) {
            let back = self.random.i64(1..=minor);
            let body = json!({"reference": reference, "amount": money(back, currency)});
            let _ = self.of_invoice(invoice, "refunds", body).await.expect(201);
            self.invoices[invoice].paid -= back;
            self.owes(patient, currency, back);
            self.happened.refunds += 1;
        }
    }

    /// Starts a card payment whose outcome stays unknown.
    async fn attempt(&mut self, invoice: usize) {
        let minor = self.open(invoice);
        if minor == 0 {
            return;
        }
        let Invoice { patient, currency, .. } = self.invoices[invoice];
        let reference = self.reference();
        let body = json!({"amount": money(minor, currency), "method": "card", "reference": reference,
                          "status": "initiated"});
        let answer = self.of_invoice(invoice, "payments", body).await;
        if self.pending.iter().any(|pending| pending.patient == patient) {
            return self.refused(&answer, 409, "payment-pending");
        }
        let _ = answer.expect(201);
        self.pending.push(Pending {
            patient,
            invoice,
            reference,
            minor,
        });
    }

    async fn pay_too_much(&mut self, invoice: usize) {
        let Invoice { patient, currency, .. } = self.invoices[invoice];
        if self.pending.iter().any(|pending| pending.patient == patient) {
            return;
        }
        let body = json!({"amount": money(self.open(invoice) + 1, currency), "method": "cash",
                          "reference": self.reference()});
        let answer = self.of_invoice(invoice, "payments", body).await;
        self.refused(&answer, 422, "amount-exceeded");
    }

    /// Reports the outcomes of the previous day's payment attempts.
    pub(crate) async fn settle_what_was_open(&mut self) {
        for pending in std::mem::take(&mut self.pending) {
            let captured = !self.one_in(4);
            let status = if captured { "captured" } else { "failed" };
            let path = format!("payments/{}/outcome", pending.reference);
            let settled = self.of_invoice(pending.invoice, &path, json!({"status": status})).await;
            assert_eq!(settled.expect(200).body["status"], status);
            if captured {
                self.invoices[pending.invoice].paid += pending.minor;
                let currency = self.invoices[pending.invoice].currency;
                self.owes(pending.patient, currency, -pending.minor);
                self.happened.captured_late += 1;
            } else {
                self.happened.failed_late += 1;
            }
        }
    }

    async fn of_invoice(&mut self, invoice: usize, what: &str, body: Value) -> Answer {
        let path = format!("/api/invoices/{}/{what}", self.invoices[invoice].id);
        self.tell(Method::POST, &path, Some(body)).await
    }

    /// The open amount of an invoice.
    pub(crate) fn open(&self, invoice: usize) -> i64 {
        let invoice = &self.invoices[invoice];
        if invoice.cancelled {
            return 0;
        }
        invoice.total - invoice.credited - invoice.paid
    }

    fn owes(&mut self, patient: usize, currency: &'static str, minor: i64) {
        *self.owed.entry((patient, currency)).or_default() += minor;
    }

    fn currency_of(&self, visit: usize) -> &'static str {
        self.practitioners[self.visits[visit].practitioner].currency
    }

    fn reference(&mut self) -> String {
        self.payments += 1;
        format!("p-{}", self.payments)
    }
}

pub(crate) fn money(minor: i64, currency: &str) -> Value {
    json!({"minor": minor, "currency": currency})
}
