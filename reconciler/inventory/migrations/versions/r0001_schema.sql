-- The whole schema, first version. docs/schema.md says what each table is for and where it deviates from the seed.
-- Never changed once released: a later version is a later file.

CREATE TABLE users (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    name VARCHAR(100) NOT NULL,
    display_name VARCHAR(200),
    email VARCHAR(320),
    is_active BOOLEAN DEFAULT TRUE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_name_key UNIQUE (name)
);

CREATE TABLE applications (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    name VARCHAR(100) NOT NULL,
    description TEXT,
    source_repo VARCHAR(255),
    is_active BOOLEAN DEFAULT TRUE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    CONSTRAINT applications_pkey PRIMARY KEY (id),
    CONSTRAINT applications_name_key UNIQUE (name)
);

CREATE TABLE cloud_providers (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    name VARCHAR(50) NOT NULL,
    display_name VARCHAR(100) NOT NULL,
    is_active BOOLEAN DEFAULT TRUE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    CONSTRAINT cloud_providers_pkey PRIMARY KEY (id),
    CONSTRAINT cloud_providers_name_key UNIQUE (name)
);

CREATE TABLE aws_environments (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    name VARCHAR(50) NOT NULL,
    description TEXT,
    account_id VARCHAR(20) NOT NULL,
    default_region VARCHAR(20) NOT NULL,
    is_active BOOLEAN DEFAULT TRUE NOT NULL,
    deployment_pipeline_id UUID,
    vpc_id VARCHAR(50),
    network_config JSONB,
    security_group_ids VARCHAR[] DEFAULT ARRAY[]::VARCHAR[],
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    created_by UUID,
    updated_by UUID,
    metadata JSONB DEFAULT '{}'::jsonb,
    CONSTRAINT aws_environments_pkey PRIMARY KEY (id),
    CONSTRAINT aws_environments_name_key UNIQUE (name),
    CONSTRAINT aws_environments_created_by_fkey FOREIGN KEY (created_by) REFERENCES users (id) ON DELETE SET NULL,
    CONSTRAINT aws_environments_updated_by_fkey FOREIGN KEY (updated_by) REFERENCES users (id) ON DELETE SET NULL
);
CREATE INDEX idx_aws_environments_account_id ON aws_environments (account_id);
CREATE INDEX idx_aws_environments_name ON aws_environments (name);

CREATE TABLE aws_resources (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    resource_id VARCHAR(2048) NOT NULL,
    resource_arn VARCHAR(2048),
    resource_type VARCHAR(100) NOT NULL,
    name VARCHAR(1024) NOT NULL,
    region VARCHAR(20) NOT NULL,
    account_id VARCHAR(20) NOT NULL,
    environment_id UUID,
    status VARCHAR(50) NOT NULL,
    configuration JSONB DEFAULT '{}'::jsonb NOT NULL,
    tags JSONB,
    creation_date TIMESTAMP WITH TIME ZONE NOT NULL,
    last_modified_date TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    created_by UUID,
    is_managed BOOLEAN DEFAULT TRUE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    metadata JSONB DEFAULT '{}'::jsonb,
    cloud_provider_id UUID,
    discriminator VARCHAR(64) DEFAULT '' NOT NULL,
    CONSTRAINT aws_resources_pkey PRIMARY KEY (id),
    CONSTRAINT aws_resources_environment_id_fkey
        FOREIGN KEY (environment_id) REFERENCES aws_environments (id) ON DELETE SET NULL,
    CONSTRAINT aws_resources_created_by_fkey FOREIGN KEY (created_by) REFERENCES users (id) ON DELETE SET NULL,
    CONSTRAINT aws_resources_cloud_provider_id_fkey
        FOREIGN KEY (cloud_provider_id) REFERENCES cloud_providers (id) ON DELETE SET NULL
);
CREATE INDEX idx_aws_resources_environment_id ON aws_resources (environment_id);
CREATE INDEX idx_aws_resources_region ON aws_resources (region);
CREATE INDEX idx_aws_resources_status ON aws_resources (status);
CREATE INDEX idx_aws_resources_type ON aws_resources (resource_type);
CREATE UNIQUE INDEX idx_aws_resources_resource_id
    ON aws_resources (resource_id, resource_type, account_id, region, discriminator);

CREATE TABLE aws_resource_costs (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    resource_id UUID,
    date DATE NOT NULL,
    cost_amount NUMERIC(12, 6) NOT NULL,
    currency VARCHAR(3) DEFAULT 'USD' NOT NULL,
    cost_type VARCHAR(50) NOT NULL,
    usage_quantity NUMERIC(20, 6),
    usage_unit VARCHAR(100),
    blended_cost NUMERIC(12, 6),
    unblended_cost NUMERIC(12, 6),
    amortized_cost NUMERIC(12, 6),
    is_estimated BOOLEAN DEFAULT FALSE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    metadata JSONB DEFAULT '{}'::jsonb,
    CONSTRAINT aws_resource_costs_pkey PRIMARY KEY (id, date),
    CONSTRAINT aws_resource_costs_resource_id_fkey
        FOREIGN KEY (resource_id) REFERENCES aws_resources (id) ON DELETE CASCADE
) PARTITION BY RANGE (date);
CREATE INDEX idx_aws_resource_costs_date ON aws_resource_costs (date);
CREATE UNIQUE INDEX idx_aws_resource_costs_resource_date ON aws_resource_costs (resource_id, date, cost_type);
-- Takes what no month's partition takes, so that a late or early row is never refused.
CREATE TABLE aws_resource_costs_default PARTITION OF aws_resource_costs DEFAULT;

CREATE TABLE dns_records (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    domain_name VARCHAR(1024) NOT NULL,
    record_name VARCHAR(1024) NOT NULL,
    record_type VARCHAR(10) NOT NULL,
    record_value TEXT[] NOT NULL,
    ttl INTEGER DEFAULT 300 NOT NULL,
    is_alias BOOLEAN DEFAULT FALSE NOT NULL,
    route53_zone_id VARCHAR(50),
    route53_record_id VARCHAR(2048),
    resource_id UUID,
    environment_id UUID,
    is_active BOOLEAN DEFAULT TRUE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    created_by UUID,
    updated_by UUID,
    metadata JSONB DEFAULT '{}'::jsonb,
    set_identifier VARCHAR(128),
    CONSTRAINT dns_records_pkey PRIMARY KEY (id),
    CONSTRAINT dns_records_ttl_check CHECK (ttl >= 0),
    CONSTRAINT dns_records_resource_id_fkey
        FOREIGN KEY (resource_id) REFERENCES aws_resources (id) ON DELETE SET NULL,
    CONSTRAINT dns_records_environment_id_fkey
        FOREIGN KEY (environment_id) REFERENCES aws_environments (id) ON DELETE SET NULL,
    CONSTRAINT dns_records_created_by_fkey FOREIGN KEY (created_by) REFERENCES users (id) ON DELETE SET NULL,
    CONSTRAINT dns_records_updated_by_fkey FOREIGN KEY (updated_by) REFERENCES users (id) ON DELETE SET NULL
);
CREATE INDEX idx_dns_records_environment_id ON dns_records (environment_id);
CREATE INDEX idx_dns_records_resource_id ON dns_records (resource_id);
CREATE UNIQUE INDEX idx_dns_records_domain_name_record
    ON dns_records (domain_name, record_name, record_type, route53_zone_id, set_identifier) NULLS NOT DISTINCT;

CREATE TABLE workspaces (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    name VARCHAR(200) NOT NULL,
    environment_id UUID,
    template_path TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    CONSTRAINT workspaces_pkey PRIMARY KEY (id),
    CONSTRAINT workspaces_name_key UNIQUE (name),
    CONSTRAINT workspaces_environment_id_fkey
        FOREIGN KEY (environment_id) REFERENCES aws_environments (id) ON DELETE SET NULL
);

CREATE TABLE aws_infrastructure_events (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    resource_id UUID,
    environment_id UUID,
    event_type VARCHAR(50) NOT NULL,
    status VARCHAR(20) NOT NULL,
    description TEXT NOT NULL,
    details JSONB,
    event_source VARCHAR(50) NOT NULL,
    triggered_by UUID,
    resource_type VARCHAR(100),
    timestamp TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    metadata JSONB DEFAULT '{}'::jsonb,
    workspace_id UUID,
    sequence BIGINT GENERATED ALWAYS AS IDENTITY,
    CONSTRAINT aws_infrastructure_events_pkey PRIMARY KEY (id),
    CONSTRAINT aws_infrastructure_events_event_type_check CHECK (event_type IN (
        'create', 'update', 'delete', 'start', 'stop', 'error', 'drift_detected', 'drift_changed',
        'drift_resolved', 'plan_proposed', 'plan_approved', 'plan_rejected', 'apply_started',
        'apply_finished'
    )),
    CONSTRAINT aws_infrastructure_events_status_check CHECK (status IN ('success', 'failure', 'in_progress')),
    CONSTRAINT aws_infrastructure_events_event_source_check CHECK (event_source IN (
        'terraform', 'cloudformation', 'console', 'api', 'scheduled'
    )),
    CONSTRAINT aws_infrastructure_events_resource_id_fkey
        FOREIGN KEY (resource_id) REFERENCES aws_resources (id) ON DELETE SET NULL,
    CONSTRAINT aws_infrastructure_events_environment_id_fkey
        FOREIGN KEY (environment_id) REFERENCES aws_environments (id) ON DELETE SET NULL,
    CONSTRAINT aws_infrastructure_events_triggered_by_fkey
        FOREIGN KEY (triggered_by) REFERENCES users (id) ON DELETE SET NULL,
    CONSTRAINT aws_infrastructure_events_workspace_id_fkey
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE RESTRICT
);
CREATE INDEX idx_aws_infrastructure_events_environment_id ON aws_infrastructure_events (environment_id);
CREATE INDEX idx_aws_infrastructure_events_event_type ON aws_infrastructure_events (event_type);
CREATE INDEX idx_aws_infrastructure_events_resource_id ON aws_infrastructure_events (resource_id);
CREATE INDEX idx_aws_infrastructure_events_timestamp ON aws_infrastructure_events (timestamp);
CREATE INDEX idx_aws_infrastructure_events_workspace_id ON aws_infrastructure_events (workspace_id, sequence);
CREATE UNIQUE INDEX idx_aws_infrastructure_events_sequence ON aws_infrastructure_events (sequence);

CREATE TABLE aws_deployments (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    app_id UUID,
    environment_id UUID,
    version VARCHAR(100) NOT NULL,
    deployment_type VARCHAR(50) NOT NULL,
    source_repo VARCHAR(255),
    commit_hash VARCHAR(64),
    branch VARCHAR(256),
    status VARCHAR(20) NOT NULL,
    start_time TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    end_time TIMESTAMP WITH TIME ZONE,
    triggered_by UUID,
    config_override JSONB,
    deployment_resources JSONB,
    rollback_version VARCHAR(100),
    error_message TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    metadata JSONB DEFAULT '{}'::jsonb,
    CONSTRAINT aws_deployments_pkey PRIMARY KEY (id),
    CONSTRAINT aws_deployments_deployment_type_check CHECK (deployment_type IN (
        'code_deploy', 'elastic_beanstalk', 'ecs', 'lambda'
    )),
    CONSTRAINT aws_deployments_status_check CHECK (status IN (
        'pending', 'in_progress', 'completed', 'failed', 'rolled_back'
    )),
    CONSTRAINT aws_deployments_app_id_fkey FOREIGN KEY (app_id) REFERENCES applications (id) ON DELETE SET NULL,
    CONSTRAINT aws_deployments_environment_id_fkey
        FOREIGN KEY (environment_id) REFERENCES aws_environments (id) ON DELETE SET NULL,
    CONSTRAINT aws_deployments_triggered_by_fkey FOREIGN KEY (triggered_by) REFERENCES users (id) ON DELETE SET NULL
);
CREATE INDEX idx_aws_deployments_app_id ON aws_deployments (app_id);
CREATE INDEX idx_aws_deployments_environment_id ON aws_deployments (environment_id);
CREATE INDEX idx_aws_deployments_start_time ON aws_deployments (start_time);
CREATE INDEX idx_aws_deployments_status ON aws_deployments (status);

CREATE TABLE aws_credentials (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    name VARCHAR(100) NOT NULL,
    account_id VARCHAR(20) NOT NULL,
    account_alias VARCHAR(100),
    credential_type VARCHAR(20) NOT NULL,
    access_key_id TEXT,
    secret_access_key TEXT,
    assume_role_arn VARCHAR(2048),
    external_id TEXT,
    is_active BOOLEAN DEFAULT TRUE NOT NULL,
    expiration_date TIMESTAMP WITH TIME ZONE,
    last_used_date TIMESTAMP WITH TIME ZONE,
    created_by UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    metadata JSONB DEFAULT '{}'::jsonb,
    CONSTRAINT aws_credentials_pkey PRIMARY KEY (id),
    CONSTRAINT aws_credentials_credential_type_check CHECK (credential_type IN (
        'iam_user', 'iam_role', 'assume_role'
    )),
    CONSTRAINT aws_credentials_access_key_id_check CHECK (access_key_id !~ '^A[A-Z0-9]{15,127}$'),
    CONSTRAINT aws_credentials_secret_access_key_check CHECK (secret_access_key !~ '^[A-Za-z0-9/+]{40}$'),
    CONSTRAINT aws_credentials_name_key UNIQUE (name),
    CONSTRAINT aws_credentials_created_by_fkey FOREIGN KEY (created_by) REFERENCES users (id) ON DELETE SET NULL
);
CREATE INDEX idx_aws_credentials_account_id ON aws_credentials (account_id);
CREATE INDEX idx_aws_credentials_is_active ON aws_credentials (is_active);

CREATE TABLE aws_backups (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    resource_id UUID,
    backup_id VARCHAR(2048) NOT NULL,
    backup_type VARCHAR(50) NOT NULL,
    name VARCHAR(1024) NOT NULL,
    description TEXT,
    status VARCHAR(20) NOT NULL,
    creation_date TIMESTAMP WITH TIME ZONE NOT NULL,
    expiration_date TIMESTAMP WITH TIME ZONE,
    backup_size_gb NUMERIC(10, 2),
    storage_location VARCHAR(2048),
    is_encrypted BOOLEAN DEFAULT TRUE NOT NULL,
    kms_key_id VARCHAR(2048),
    is_automated BOOLEAN DEFAULT FALSE NOT NULL,
    retention_policy VARCHAR(50),
    created_by UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    metadata JSONB DEFAULT '{}'::jsonb,
    account_id VARCHAR(20) NOT NULL,
    region VARCHAR(20) NOT NULL,
    CONSTRAINT aws_backups_pkey PRIMARY KEY (id),
    CONSTRAINT aws_backups_backup_type_check CHECK (backup_type IN ('snapshot', 'ami', 'rds_snapshot', 's3_copy')),
    CONSTRAINT aws_backups_status_check CHECK (status IN ('created', 'available', 'error', 'deleted')),
    CONSTRAINT aws_backups_retention_policy_check CHECK (retention_policy IN (
        'daily', 'weekly', 'monthly', 'yearly'
    )),
    CONSTRAINT aws_backups_resource_id_fkey
        FOREIGN KEY (resource_id) REFERENCES aws_resources (id) ON DELETE SET NULL,
    CONSTRAINT aws_backups_created_by_fkey FOREIGN KEY (created_by) REFERENCES users (id) ON DELETE SET NULL
);
CREATE INDEX idx_aws_backups_backup_type ON aws_backups (backup_type);
CREATE INDEX idx_aws_backups_creation_date ON aws_backups (creation_date);
CREATE INDEX idx_aws_backups_resource_id ON aws_backups (resource_id);
CREATE INDEX idx_aws_backups_status ON aws_backups (status);
CREATE UNIQUE INDEX idx_aws_backups_backup_id ON aws_backups (backup_id, backup_type, account_id, region);

CREATE TABLE iac_templates (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    name VARCHAR(1024) NOT NULL,
    description TEXT,
    iac_type VARCHAR(50) NOT NULL,
    version VARCHAR(128) NOT NULL,
    template_content TEXT NOT NULL,
    variables JSONB,
    environment_id UUID,
    last_applied_date TIMESTAMP WITH TIME ZONE,
    created_by UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    CONSTRAINT iac_templates_pkey PRIMARY KEY (id),
    CONSTRAINT iac_templates_iac_type_check CHECK (iac_type IN ('terraform', 'cloudformation', 'arm')),
    CONSTRAINT iac_templates_environment_id_fkey
        FOREIGN KEY (environment_id) REFERENCES aws_environments (id) ON DELETE SET NULL,
    CONSTRAINT iac_templates_created_by_fkey FOREIGN KEY (created_by) REFERENCES users (id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX idx_iac_templates_name_version ON iac_templates (name, version);

CREATE TABLE workspace_resources (
    workspace_id UUID NOT NULL,
    label VARCHAR(1200) NOT NULL,
    declaration VARCHAR(1200) NOT NULL,
    resource_id UUID NOT NULL,
    CONSTRAINT workspace_resources_pkey PRIMARY KEY (workspace_id, label),
    CONSTRAINT workspace_resources_workspace_id_fkey
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
    CONSTRAINT workspace_resources_resource_id_key UNIQUE (resource_id),
    CONSTRAINT workspace_resources_resource_id_fkey
        FOREIGN KEY (resource_id) REFERENCES aws_resources (id) ON DELETE CASCADE
);

CREATE TABLE resource_dependencies (
    workspace_id UUID NOT NULL,
    label VARCHAR(1200) NOT NULL,
    depends_on VARCHAR(1200) NOT NULL,
    CONSTRAINT resource_dependencies_pkey PRIMARY KEY (workspace_id, label, depends_on),
    CONSTRAINT resource_dependencies_workspace_id_label_fkey
        FOREIGN KEY (workspace_id, label) REFERENCES workspace_resources (workspace_id, label) ON DELETE CASCADE
);

CREATE TABLE passes (
    id VARCHAR(64) NOT NULL,
    depth VARCHAR(20) NOT NULL,
    status VARCHAR(20) NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    api_calls INTEGER DEFAULT 0 NOT NULL,
    error TEXT,
    host VARCHAR(255) NOT NULL,
    process_id INTEGER NOT NULL,
    CONSTRAINT passes_pkey PRIMARY KEY (id),
    CONSTRAINT passes_depth_check CHECK (depth IN ('static', 'sweep', 'exact', 'plan')),
    CONSTRAINT passes_status_check CHECK (status IN ('running', 'finished', 'cut_off', 'failed')),
    CONSTRAINT passes_finished_at_check CHECK ((status = 'running') = (finished_at IS NULL))
);
CREATE INDEX idx_passes_status ON passes (status);

CREATE TABLE pass_workspaces (
    pass_id VARCHAR(64) NOT NULL,
    workspace_id UUID NOT NULL,
    environment_id UUID,
    finished_at TIMESTAMP WITH TIME ZONE,
    verdict VARCHAR(20),
    template_path TEXT,
    template_version VARCHAR(128),
    state_lineage VARCHAR(255),
    state_serial NUMERIC(20, 0),
    state_resources INTEGER DEFAULT 0 NOT NULL,
    state_location TEXT,
    recorded INTEGER DEFAULT 0 NOT NULL,
    checked INTEGER DEFAULT 0 NOT NULL,
    unknown INTEGER DEFAULT 0 NOT NULL,
    fault JSONB,
    problems JSONB DEFAULT '[]'::jsonb NOT NULL,
    ignored JSONB DEFAULT '[]'::jsonb NOT NULL,
    suppressed JSONB DEFAULT '[]'::jsonb NOT NULL,
    CONSTRAINT pass_workspaces_pkey PRIMARY KEY (pass_id, workspace_id),
    CONSTRAINT pass_workspaces_verdict_check CHECK (verdict IN ('in_sync', 'drifted', 'unknown')),
    CONSTRAINT pass_workspaces_finished_at_check CHECK ((verdict IS NULL) = (finished_at IS NULL)),
    CONSTRAINT pass_workspaces_coverage_check CHECK (checked + unknown <= recorded),
    CONSTRAINT pass_workspaces_in_sync_check
        CHECK (verdict <> 'in_sync' OR (checked = recorded AND unknown = 0 AND fault IS NULL)),
    CONSTRAINT pass_workspaces_pass_id_fkey FOREIGN KEY (pass_id) REFERENCES passes (id) ON DELETE CASCADE,
    CONSTRAINT pass_workspaces_workspace_id_fkey
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
    CONSTRAINT pass_workspaces_environment_id_fkey
        FOREIGN KEY (environment_id) REFERENCES aws_environments (id) ON DELETE SET NULL
);
CREATE INDEX idx_pass_workspaces_workspace_id ON pass_workspaces (workspace_id, finished_at);

CREATE TABLE unknown_resources (
    pass_id VARCHAR(64) NOT NULL,
    workspace_id UUID NOT NULL,
    position INTEGER NOT NULL,
    label VARCHAR(1200) NOT NULL,
    reason VARCHAR(50) NOT NULL,
    detail TEXT DEFAULT '' NOT NULL,
    CONSTRAINT unknown_resources_pkey PRIMARY KEY (pass_id, workspace_id, position),
    CONSTRAINT unknown_resources_pass_id_workspace_id_fkey
        FOREIGN KEY (pass_id, workspace_id) REFERENCES pass_workspaces (pass_id, workspace_id) ON DELETE CASCADE,
    CONSTRAINT unknown_resources_reason_check CHECK (reason IN (
        'denied', 'throttled', 'timeout', 'unsupported', 'provider_error', 'config_unresolved'
    ))
);

CREATE TABLE findings (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    workspace_id UUID NOT NULL,
    label VARCHAR(1200) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    severity VARCHAR(20) NOT NULL,
    status VARCHAR(20) DEFAULT 'open' NOT NULL,
    resource_type VARCHAR(100) NOT NULL,
    address TEXT,
    suggested_address TEXT,
    resource_id TEXT,
    arn TEXT,
    account_id VARCHAR(20),
    region VARCHAR(20),
    changes JSONB DEFAULT '[]'::jsonb NOT NULL,
    reference JSONB DEFAULT '[]'::jsonb NOT NULL,
    reasons JSONB DEFAULT '[]'::jsonb NOT NULL,
    position TEXT,
    detail TEXT,
    attribution JSONB,
    first_seen TIMESTAMP WITH TIME ZONE NOT NULL,
    last_seen TIMESTAMP WITH TIME ZONE NOT NULL,
    resolved_at TIMESTAMP WITH TIME ZONE,
    acknowledged_by VARCHAR(200),
    acknowledged_at TIMESTAMP WITH TIME ZONE,
    note TEXT,
    first_pass VARCHAR(64) NOT NULL,
    last_pass VARCHAR(64) NOT NULL,
    CONSTRAINT findings_pkey PRIMARY KEY (id),
    CONSTRAINT findings_kind_check CHECK (kind IN ('changed', 'deleted', 'unmanaged', 'unapplied', 'orphaned')),
    CONSTRAINT findings_severity_check CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    CONSTRAINT findings_status_check CHECK (status IN ('open', 'acknowledged', 'resolved')),
    CONSTRAINT findings_resolved_at_check CHECK ((status = 'resolved') = (resolved_at IS NOT NULL)),
    CONSTRAINT findings_acknowledged_by_check CHECK (status <> 'acknowledged' OR acknowledged_by IS NOT NULL),
    CONSTRAINT findings_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);
CREATE INDEX idx_findings_workspace_id ON findings (workspace_id, status);
CREATE UNIQUE INDEX idx_findings_unresolved ON findings (workspace_id, label, kind) WHERE status <> 'resolved';

INSERT INTO cloud_providers (name, display_name) VALUES ('aws', 'Amazon Web Services');

-- Events are append-only. One change is let through: a foreign key's ON DELETE SET NULL, told from a hand's work by the
-- target being gone. What the event was about stays in its metadata.
CREATE FUNCTION refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) - '{resource_id,environment_id,triggered_by}'::text[]
               = to_jsonb(OLD) - '{resource_id,environment_id,triggered_by}'::text[]
           AND (NEW.resource_id IS NOT DISTINCT FROM OLD.resource_id
                OR NEW.resource_id IS NULL AND NOT EXISTS (SELECT FROM aws_resources WHERE id = OLD.resource_id))
           AND (NEW.environment_id IS NOT DISTINCT FROM OLD.environment_id
                OR NEW.environment_id IS NULL
                AND NOT EXISTS (SELECT FROM aws_environments WHERE id = OLD.environment_id))
           AND (NEW.triggered_by IS NOT DISTINCT FROM OLD.triggered_by
                OR NEW.triggered_by IS NULL AND NOT EXISTS (SELECT FROM users WHERE id = OLD.triggered_by))
        THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'aws_infrastructure_events is append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER append_only_rows BEFORE UPDATE OR DELETE ON aws_infrastructure_events
    FOR EACH ROW EXECUTE FUNCTION refuse_event_change();
CREATE TRIGGER append_only_table BEFORE TRUNCATE ON aws_infrastructure_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_event_change();
