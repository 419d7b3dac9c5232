locals {
  environment = "staging"
  name        = "nuri-stg"

  tags = {
    Project     = "storefront"
    Environment = local.environment
    Owner       = var.owner
    ManagedBy   = "terraform"
  }
}
