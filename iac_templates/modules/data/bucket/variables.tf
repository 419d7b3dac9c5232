variable "name" {
  type = string
}

variable "kms_key_arn" {
  type = string
}

variable "versioned" {
  type = bool
}

variable "expire_days" {
  description = "Objects are deleted after so many days; null keeps them."
  type        = number
  default     = null
}

variable "archive_days" {
  description = "Objects move to Glacier after so many days; null leaves them."
  type        = number
  default     = null
}

variable "force_destroy" {
  type    = bool
  default = false
}

variable "allowed_origins" {
  description = "Web origins that may upload directly."
  type        = list(string)
  default     = []
}
