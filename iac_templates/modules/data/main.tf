data "aws_caller_identity" "current" {}

resource "aws_kms_key" "data" {
  description             = "Data at rest of ${var.name}"
  deletion_window_in_days = 30
  enable_key_rotation     = true

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AccountAdministersTheKey"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}

resource "aws_kms_alias" "data" {
  name          = "alias/${var.name}-data"
  target_key_id = aws_kms_key.data.key_id
}

module "bucket" {
  source   = "./bucket"
  for_each = var.buckets

  name            = "${var.name}-${each.key}"
  kms_key_arn     = aws_kms_key.data.arn
  versioned       = each.value.versioned
  expire_days     = each.value.expire_days
  archive_days    = each.value.archive_days
  force_destroy   = each.value.force_destroy
  allowed_origins = each.value.allowed_origins
}

resource "aws_dynamodb_table" "this" {
  for_each = var.tables

  name                        = "${var.name}-${each.key}"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = each.value.hash_key
  range_key                   = each.value.range_key
  deletion_protection_enabled = each.value.protected

  dynamic "attribute" {
    for_each = toset(compact(concat([each.value.hash_key, each.value.range_key], values(each.value.indexes))))

    content {
      name = attribute.value
      type = "S"
    }
  }

  dynamic "global_secondary_index" {
    for_each = each.value.indexes

    content {
      name            = global_secondary_index.key
      hash_key        = global_secondary_index.value
      projection_type = "ALL"
    }
  }

  dynamic "ttl" {
    for_each = each.value.expires_at[*]

    content {
      enabled        = true
      attribute_name = ttl.value
    }
  }

  point_in_time_recovery {
    enabled = each.value.protected
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.data.arn
  }
}

# The password is made once and then rotated by the database team, never by Terraform.
data "aws_secretsmanager_random_password" "database" {
  password_length     = 32
  exclude_punctuation = true
}

resource "aws_secretsmanager_secret" "database" {
  name                    = "${var.name}/database"
  description             = "Master user of the orders database"
  kms_key_id              = aws_kms_key.data.arn
  recovery_window_in_days = 7
}

resource "aws_secretsmanager_secret_version" "database" {
  secret_id = aws_secretsmanager_secret.database.id
  secret_string = jsonencode({
    username = "orders"
    password = data.aws_secretsmanager_random_password.database.random_password
  })

  lifecycle {
    ignore_changes = [secret_string]
  }
}

resource "aws_ssm_parameter" "plain" {
  for_each = var.parameters

  name  = "/${var.name}/${each.key}"
  type  = "String"
  value = each.value
}

resource "aws_ssm_parameter" "webhook_signing_key" {
  name   = "/${var.name}/payment/webhook-signing-key"
  type   = "SecureString"
  key_id = aws_kms_key.data.arn
  value  = var.webhook_signing_key
}

resource "aws_db_subnet_group" "orders" {
  name        = "${var.name}-orders"
  description = "Private subnets of the orders database"
  subnet_ids  = var.database_subnet_ids
}
