-- The ledger.

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

-- A reference of an event goes null with its target. What it named is kept in the metadata, which never changes.
ALTER TABLE aws_infrastructure_events DISABLE TRIGGER append_only_rows;
UPDATE aws_infrastructure_events
SET metadata = coalesce(metadata, '{}') || jsonb_build_object('references', jsonb_strip_nulls(jsonb_build_object(
    'resource_id', resource_id, 'environment_id', environment_id, 'triggered_by', triggered_by)));
ALTER TABLE aws_infrastructure_events ENABLE TRIGGER append_only_rows;
