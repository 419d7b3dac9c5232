module "network" {
  source = "../modules/network"

  name       = local.name
  cidr_block = "10.20.0.0/16"
  zones = {
    a = { public = "10.20.0.0/24", private = "10.20.10.0/24" }
    c = { public = "10.20.1.0/24", private = "10.20.11.0/24" }
  }
  nat_gateways = 1
  private_inbound = {
    "100" = { protocol = "tcp", from_port = 0, to_port = 65535, cidr_block = "10.20.0.0/16" }
    "110" = { protocol = "tcp", from_port = 1024, to_port = 65535, cidr_block = "0.0.0.0/0" }
  }
}

module "data" {
  source = "../modules/data"

  name = local.name
  buckets = {
    uploads = { expire_days = 90, allowed_origins = ["https://stg.nuri-market.example"] }
    exports = { archive_days = 30 }
  }
  tables = {
    orders   = { hash_key = "order_id", indexes = { by-customer = "customer_id" } }
    sessions = { hash_key = "session_id", expires_at = "expires_at" }
  }
  parameters = {
    "feature/checkout-v2" = "on"
    "search/page-size"    = "24"
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
    order-intake = { queue = "orders", timeout = 60 }
    mail-sender  = { queue = "mail" }
  }
  schedules = {
    nightly-report = { expression = "cron(0 17 * * ? *)", function = "mail-sender" }
  }
  services = {
    storefront = { cpu = 512, memory = 1024, count = 1, port = 8080 }
  }
  log_retention_days = 14

  kms_key_arn           = module.data.kms_key_arn
  table_arns            = module.data.table_arns
  upload_bucket_arn     = module.data.bucket_arns["uploads"]
  webhook_parameter_arn = module.data.webhook_parameter_arn
}

module "dns" {
  source = "../modules/dns"

  providers = {
    aws           = aws
    aws.us_east_1 = aws.us_east_1
  }

  domain    = var.domain
  delegated = "events"
  records = [
    { name = "www", type = "A", values = ["198.51.100.20"] },
  ]
}

module "observability" {
  source = "../modules/observability"

  name         = local.name
  alert_emails = var.alert_emails
  log_groups   = { "web/access" = 14 }
  queues       = { for name in values(module.app.queue_names) : name => 500 }
}
