ALTER TABLE aws_credentials ADD COLUMN stamp TEXT;
-- Keys come in pairs, and each type has what it needs and nothing else.
ALTER TABLE aws_credentials ADD CONSTRAINT aws_credentials_whole_check CHECK (
    CASE credential_type
        WHEN 'iam_user' THEN num_nonnulls(access_key_id, secret_access_key) = 2
            AND num_nonnulls(assume_role_arn, external_id) = 0
        WHEN 'assume_role' THEN assume_role_arn IS NOT NULL
            AND num_nonnulls(access_key_id, secret_access_key) IN (0, 2)
        ELSE num_nonnulls(access_key_id, secret_access_key, external_id) = 0
    END
);

-- What the vault keeps for itself, sealed with the master key.
CREATE TABLE vault_secrets (
    name VARCHAR(50) NOT NULL,
    sealed TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    CONSTRAINT vault_secrets_pkey PRIMARY KEY (name),
    CONSTRAINT vault_secrets_sealed_check CHECK (starts_with(sealed, 'sealed:'))
);
