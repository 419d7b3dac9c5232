CREATE TABLE plans (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    workspace_id UUID NOT NULL,
    environment VARCHAR(200) NOT NULL,
    direction VARCHAR(20) NOT NULL,
    status VARCHAR(20) NOT NULL,
    digest VARCHAR(80) NOT NULL,
    basis JSONB DEFAULT '{}'::jsonb NOT NULL,
    changes JSONB DEFAULT '[]'::jsonb NOT NULL,
    risk VARCHAR(20) NOT NULL,
    reasons JSONB DEFAULT '[]'::jsonb NOT NULL,
    proposer VARCHAR(200) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    sealed TEXT NOT NULL,
    outcome JSONB,
    epoch BIGINT,
    stamp TEXT NOT NULL,
    CONSTRAINT plans_pkey PRIMARY KEY (id),
    CONSTRAINT plans_direction_check CHECK (direction IN ('revert', 'adopt')),
    CONSTRAINT plans_status_check CHECK (status IN ('proposed', 'approved', 'rejected', 'expired', 'stale', 'applying', 'applied', 'failed', 'unknown')),
    CONSTRAINT plans_risk_check CHECK (risk IN ('low', 'medium', 'high', 'critical')),
    CONSTRAINT plans_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE RESTRICT
);
CREATE INDEX idx_plans_workspace_id ON plans (workspace_id, status);
-- One apply of a workspace at a time, whatever the program does.
CREATE UNIQUE INDEX idx_plans_applying ON plans (workspace_id) WHERE status = 'applying';

CREATE TABLE plan_approvals (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    plan_id UUID NOT NULL,
    user_name VARCHAR(200) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    digest VARCHAR(80) NOT NULL,
    signature TEXT,
    stamp TEXT NOT NULL,
    CONSTRAINT plan_approvals_pkey PRIMARY KEY (id),
    CONSTRAINT plan_approvals_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES plans (id) ON DELETE RESTRICT
);
CREATE INDEX idx_plan_approvals_plan_id ON plan_approvals (plan_id);

CREATE TABLE workspace_leases (
    workspace_id UUID NOT NULL,
    epoch BIGINT NOT NULL,
    holder TEXT NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT workspace_leases_pkey PRIMARY KEY (workspace_id),
    CONSTRAINT workspace_leases_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);

-- People of the gate. Who has no role may do nothing there.
ALTER TABLE users ADD COLUMN role VARCHAR(20);
ALTER TABLE users ADD COLUMN token_id VARCHAR(20);
ALTER TABLE users ADD COLUMN token_hash TEXT;
ALTER TABLE users ADD COLUMN token_expires_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE users ADD COLUMN environments JSONB DEFAULT '[]'::jsonb NOT NULL;
ALTER TABLE users ADD COLUMN stamp TEXT;
ALTER TABLE users ADD CONSTRAINT users_role_check CHECK (role IN ('viewer', 'operator', 'approver', 'admin'));
ALTER TABLE users ADD CONSTRAINT users_stamp_check CHECK (role IS NULL OR stamp IS NOT NULL);
ALTER TABLE users ADD CONSTRAINT users_token_id_key UNIQUE (token_id);
