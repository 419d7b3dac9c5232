module "network" {
  source = "../modules/network"

  name       = local.name
  cidr_block = "10.10.0.0/16"
  zones = {
    a = { public = "10.10.0.0/24", private = "10.10.10.0/24" }
  }
  private_inbound = {
    "100" = { protocol = "tcp", from_port = 0, to_port = 65535, cidr_block = "10.10.0.0/16" }
  }
}

module "data" {
  source = "../modules/data"

  name = local.name
  buckets = {
    uploads = { versioned = false, expire_days = 30, force_destroy = true }
  }
  tables = {
    orders = { hash_key = "order_id" }
  }
  parameters = {
    "feature/checkout-v2" = "on"
  }
  webhook_signing_key = var.webhook_signing_key
  database_subnet_ids = module.network.private_subnet_ids
}

module "app" {
  source = "../modules/app"

  name               = local.name
  vpc_id             = module.network.vpc_id
  vpc_cidr_block     = module.network.vpc_cidr_block
  private_subnet_ids = module.network.private_subnet_ids
  admin_cidr_blocks  = { "seoul office" = "203.0.113.0/25" }

  queues = var.queues
  functions = {
    order-intake = { queue = "orders", environment = { LOG_LEVEL = "DEBUG" } }
  }
  log_retention_days = 3

  kms_key_arn           = module.data.kms_key_arn
  table_arns            = module.data.table_arns
  upload_bucket_arn     = module.data.bucket_arns["uploads"]
  webhook_parameter_arn = module.data.webhook_parameter_arn
}

module "observability" {
  source = "../modules/observability"

  name         = local.name
  alert_emails = var.alert_emails
  log_groups   = { "web/access" = 3 }
}
