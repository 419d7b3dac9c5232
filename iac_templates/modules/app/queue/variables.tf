variable "name" {
  type = string
}

variable "fifo" {
  type    = bool
  default = false
}

variable "visibility_timeout" {
  description = "Seconds a message stays hidden while it is worked on."
  type        = number
}

variable "retention_days" {
  type = number
}

variable "max_receive_count" {
  description = "Deliveries before a message goes to the dead letter queue; null: tried until it is done."
  type        = number
  default     = null
}

variable "publisher_arns" {
  description = "SNS topics that may send to the queue."
  type        = list(string)
  default     = []
}
