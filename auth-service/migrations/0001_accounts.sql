-- A person or a service that can sign in.
CREATE TABLE auth.account (
    id uuid PRIMARY KEY,
    -- A person's e-mail address in its normal form. A service has none.
    email text UNIQUE,
    -- A service's name. A person has none.
    name text UNIQUE,
    roles text[] NOT NULL CHECK (cardinality(roles) > 0),
    patient_id uuid UNIQUE,
    practitioner_id uuid UNIQUE,
    password_hash text,
    password_set_at timestamptz,
    -- A one-time password is valid until then, and is replaced at the first sign-in. Null: the person chose the password.
    one_time_until timestamptz,
    created_at timestamptz NOT NULL,
    disabled_at timestamptz,
    CHECK ((email IS NULL) <> (name IS NULL))
);

-- A sign-in on one device, until it ends.
CREATE TABLE auth.session (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES auth.account ON DELETE CASCADE,
    -- The ways in which the person proved who they are (RFC 8176).
    amr text[] NOT NULL,
    started_at timestamptz NOT NULL,
    refreshed_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    -- Together with a refresh token, it yields the token's successor. Alone it yields nothing.
    rotation_key bytea NOT NULL,
    generation integer NOT NULL
);
CREATE INDEX session_account ON auth.session (account_id, started_at);
CREATE INDEX session_end ON auth.session (ends_at);

-- The refresh tokens of a session, as hashes: the current one and earlier ones.
CREATE TABLE auth.refresh_token (
    hash bytea PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES auth.session ON DELETE CASCADE,
    generation integer NOT NULL,
    replaced_at timestamptz,
    UNIQUE (session_id, generation)
);

-- The keys that sign access tokens. The private key is wrapped by a master key.
CREATE TABLE auth.signing_key (
    id text PRIMARY KEY,
    public_key bytea NOT NULL,
    master_key text NOT NULL,
    wrapped_key bytea NOT NULL,
    created_at timestamptz NOT NULL,
    signs_from timestamptz NOT NULL
);

-- The keys of services, as hashes. A service has several while one replaces another.
CREATE TABLE auth.service_key (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES auth.account ON DELETE CASCADE,
    hash bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL
);
CREATE INDEX service_key_account ON auth.service_key (account_id);

-- Invitations of patients to make an account, as hashes. Each is used once.
CREATE TABLE auth.invitation (
    hash bytea PRIMARY KEY,
    patient_id uuid NOT NULL UNIQUE,
    ends_at timestamptz NOT NULL
);

-- Sessions that were ended before their access tokens expire, until every process has been told.
CREATE TABLE auth.ended_session (
    session_id uuid PRIMARY KEY,
    tokens_expire_at timestamptz NOT NULL
);

-- The second factor of a person. The secret is wrapped by a master key.
CREATE TABLE auth.totp (
    account_id uuid PRIMARY KEY REFERENCES auth.account ON DELETE CASCADE,
    master_key text NOT NULL,
    wrapped_seed bytea NOT NULL,
    -- Whether the person has shown a code of it.
    confirmed boolean NOT NULL,
    -- The step of the last code that was used.
    last_step bigint NOT NULL
);

-- The recovery codes that have not been used, as hashes.
CREATE TABLE auth.recovery_code (
    account_id uuid NOT NULL REFERENCES auth.account ON DELETE CASCADE,
    hash bytea NOT NULL,
    PRIMARY KEY (account_id, hash)
);
