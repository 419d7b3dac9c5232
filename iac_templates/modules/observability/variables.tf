variable "name" {
  type = string
}

variable "alert_emails" {
  type    = set(string)
  default = []
}

variable "log_groups" {
  description = "Application log groups: path to days of retention."
  type        = map(number)
  default     = {}
}

variable "error_filters" {
  description = "Log groups in which the word ERROR is counted, by function."
  type        = map(string)
  default     = {}
}

variable "queues" {
  description = "Queues whose backlog is watched: name to threshold in messages."
  type        = map(number)
  default     = {}
}

variable "functions" {
  description = "Lambda functions whose errors are watched."
  type        = set(string)
  default     = []
}

variable "audit_trail" {
  description = "Whether this environment keeps a CloudTrail of its own."
  type        = bool
  default     = false
}
