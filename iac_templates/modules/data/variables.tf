variable "name" {
  type = string
}

variable "buckets" {
  description = "Buckets by purpose."
  type = map(object({
    versioned       = optional(bool, true)
    expire_days     = optional(number)
    archive_days    = optional(number)
    force_destroy   = optional(bool, false)
    allowed_origins = optional(list(string), [])
  }))
}

variable "tables" {
  description = "DynamoDB tables by name."
  type = map(object({
    hash_key   = string
    range_key  = optional(string)
    indexes    = optional(map(string), {}) # index name to its hash key
    expires_at = optional(string)
    protected  = optional(bool, false)
  }))
}

variable "parameters" {
  description = "Plain configuration of the applications, by path below the prefix."
  type        = map(string)
  default     = {}
}

variable "webhook_signing_key" {
  description = "Key with which the payment provider signs its webhooks."
  type        = string
  sensitive   = true
}

variable "database_subnet_ids" {
  type = list(string)
}
