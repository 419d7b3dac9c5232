module "network" {
  source = "../modules/network"

  name       = local.name
  cidr_block = "10.30.0.0/16"
  zones = {
    a = { public = "10.30.0.0/24", private = "10.30.10.0/24" }
    c = { public = "10.30.1.0/24", private = "10.30.11.0/24" }
  }
  nat_gateways = 2
  private_inbound = {
    "100" = { protocol = "tcp", from_port = 0, to_port = 65535, cidr_block = "10.30.0.0/16" }
    "110" = { protocol = "tcp", from_port = 1024, to_port = 65535, cidr_block = "0.0.0.0/0" }
  }
  interface_endpoints     = ["sqs"]
  flow_log_retention_days = 90
}

module "data" {
  source = "../modules/data"

  name = local.name
  buckets = {
    # Nothing expires in production: the law wants uploads and exports for ten years.
    uploads = { allowed_origins = ["https://www.nuri-market.example"] }
    exports = {}
  }
  tables = {
    orders   = { hash_key = "order_id", indexes = { by-customer = "customer_id" }, protected = true }
    sessions = { hash_key = "session_id", expires_at = "expires_at" }
  }
  parameters = {
    "feature/checkout-v2" = "off"
    "search/page-size"    = "48"
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
  admin_cidr_blocks = {
    "seoul office" = "203.0.113.0/25"
    "busan office" = "203.0.113.128/25"
  }

  queues = var.queues
  functions = {
    order-intake = {
      queue       = "orders"
      timeout     = 60
      memory_mb   = 512
      environment = { PAYMENT_MODE = "live" }
    }
    mail-sender = { queue = "mail" }
  }
  schedules = {
    nightly-report = { expression = "cron(0 17 * * ? *)", function = "mail-sender" }
  }
  services = {
    storefront = { cpu = 1024, memory = 2048, count = 3, port = 8080 }
  }
  log_retention_days = 90

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
    { name = "", type = "MX", ttl = 3600, values = ["10 mx1.nuri-mail.example", "20 mx2.nuri-mail.example"] },
    { name = "", type = "TXT", values = ["v=spf1 include:nuri-mail.example -all"] },
    { name = "www", type = "A", ttl = 60, values = ["198.51.100.10", "198.51.100.11"] },
    { name = "status", type = "CNAME", values = ["nuri.status-page.example"] },
  ]
  certificate = true
}

module "observability" {
  source = "../modules/observability"

  name          = local.name
  alert_emails  = var.alert_emails
  log_groups    = { "web/access" = 30, "audit" = 365 }
  error_filters = module.app.function_log_groups
  queues = merge(
    { for name in values(module.app.queue_names) : name => 1000 },
    { for name in values(module.app.dead_letter_queue_names) : name => 0 },
  )
  functions   = toset(values(module.app.function_names))
  audit_trail = true
}

# Access logs of the CDN, which is kept in us-east-1 by its own stack.
resource "aws_s3_bucket" "cdn_logs" {
  provider = aws.us_east_1

  bucket = "${local.name}-cdn-logs"
}

resource "aws_s3_bucket_ownership_controls" "cdn_logs" {
  provider = aws.us_east_1

  bucket = aws_s3_bucket.cdn_logs.id

  # CloudFront delivers its logs with an ACL.
  rule {
    object_ownership = "BucketOwnerPreferred"
  }
}
