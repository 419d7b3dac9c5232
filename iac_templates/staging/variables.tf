variable "region" {
  description = "Region of everything that is not global."
  type        = string
  default     = "ap-northeast-2"
}

variable "owner" {
  description = "Team that answers for this environment."
  type        = string
}

variable "domain" {
  type = string
}

variable "queues" {
  description = "Work queues; see modules/app."
  type = map(object({
    visibility_timeout = optional(number, 60)
    retention_days     = optional(number, 4)
    max_receive_count  = optional(number)
    fifo               = optional(bool, false)
  }))
}

variable "alert_emails" {
  type    = set(string)
  default = []
}

variable "webhook_signing_key" {
  description = "Key with which the payment provider signs its webhooks. The pipeline passes the real one."
  type        = string
  sensitive   = true
  default     = "example-signing-key-of-staging"
}
