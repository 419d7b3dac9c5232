-- Every row is looked at, however many there are.
SET LOCAL statement_timeout = '30min';
ALTER TABLE aws_infrastructure_events
    DROP CONSTRAINT aws_infrastructure_events_event_type_check,
    ADD CONSTRAINT aws_infrastructure_events_event_type_check CHECK (event_type IN (
        'create', 'update', 'delete', 'start', 'stop', 'error',
        'drift_detected', 'drift_changed', 'drift_resolved', 'drift_contested',
        'plan_proposed', 'plan_approved', 'plan_rejected', 'apply_started', 'apply_finished'));
