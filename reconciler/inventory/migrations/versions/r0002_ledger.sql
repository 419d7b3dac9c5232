-- The ledger, and what people need to be told apart.

CREATE TABLE ledger (
    sequence BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    kind VARCHAR(50) NOT NULL,
    subject VARCHAR(1200) NOT NULL,
    body TEXT NOT NULL,
    previous_hash VARCHAR(64) NOT NULL,
    hash VARCHAR(64) NOT NULL,
    CONSTRAINT ledger_pkey PRIMARY KEY (sequence),
    -- No two records follow the same one: the chain never forks, whoever writes.
    CONSTRAINT ledger_previous_hash_key UNIQUE (previous_hash),
    CONSTRAINT ledger_sequence_check CHECK (sequence > 0)
);
CREATE INDEX idx_ledger_kind_subject ON ledger (kind, subject, sequence);

CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ledger is append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change();
-- Also where session_replication_role says that triggers do not count.
ALTER TABLE ledger ENABLE ALWAYS TRIGGER append_only;

ALTER TABLE users
    ADD COLUMN role VARCHAR(20) DEFAULT 'viewer' NOT NULL,
    ADD COLUMN token_id VARCHAR(32),
    ADD COLUMN token_hash VARCHAR(64),
    ADD COLUMN token_expires_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN stamp TEXT DEFAULT '' NOT NULL,
    ADD CONSTRAINT users_token_id_key UNIQUE (token_id),
    ADD CONSTRAINT users_role_check CHECK (role IN ('viewer', 'operator', 'approver', 'admin')),
    ADD CONSTRAINT users_token_check
        CHECK ((token_id IS NULL) = (token_hash IS NULL) AND (token_id IS NULL) = (token_expires_at IS NULL));

CREATE TABLE user_environments (
    user_id UUID NOT NULL,
    environment VARCHAR(50) NOT NULL,
    CONSTRAINT user_environments_pkey PRIMARY KEY (user_id, environment),
    CONSTRAINT user_environments_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

-- A reference of an event goes null with its target. What it named is kept in the metadata, which never changes.
ALTER TABLE aws_infrastructure_events DISABLE TRIGGER append_only_rows;
UPDATE aws_infrastructure_events
SET metadata = coalesce(metadata, '{}') || jsonb_build_object('references', jsonb_strip_nulls(jsonb_build_object(
    'resource_id', resource_id, 'environment_id', environment_id, 'triggered_by', triggered_by)));
ALTER TABLE aws_infrastructure_events ENABLE TRIGGER append_only_rows;
