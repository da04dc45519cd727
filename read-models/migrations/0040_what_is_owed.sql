-- What payments count towards, and what was given up of invoices.

ALTER TABLE payment
    ALTER COLUMN invoice_id DROP NOT NULL,
    ADD COLUMN allocations jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN unallocated_minor bigint NOT NULL DEFAULT 0;
CREATE INDEX payment_by_account ON payment (account_id, attempted_at, id);
CREATE INDEX payment_by_allocation ON payment USING gin (allocations jsonb_path_ops);
CREATE INDEX payment_unallocated ON payment (account_id) WHERE unallocated_minor <> 0;

ALTER TABLE invoice ADD COLUMN written_off_minor bigint NOT NULL DEFAULT 0;

ALTER TABLE ledger_posting ADD COLUMN charge_id uuid;
