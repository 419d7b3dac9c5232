variable "name" {
  type = string
}

variable "vpc_id" {
  type = string
}

variable "vpc_cidr_block" {
  type = string
}

variable "private_subnet_ids" {
  type = list(string)
}

variable "admin_cidr_blocks" {
  description = "Offices from which workers may be reached, by name."
  type        = map(string)
  default     = {}
}

variable "queues" {
  description = "Work queues by name."
  type = map(object({
    visibility_timeout = optional(number, 60)
    retention_days     = optional(number, 4)
    max_receive_count  = optional(number)
    fifo               = optional(bool, false)
  }))
}

variable "functions" {
  description = "Lambda functions by name; each reads the queue it names."
  type = map(object({
    timeout     = optional(number, 30)
    memory_mb   = optional(number, 256)
    queue       = optional(string)
    environment = optional(map(string), {})
  }))
}

variable "services" {
  description = "Containers on Fargate by name."
  type = map(object({
    cpu    = number
    memory = number
    count  = number
    port   = number
  }))
  default = {}
}

variable "schedules" {
  description = "EventBridge schedules by name: which function runs when."
  type = map(object({
    expression = string
    function   = string
  }))
  default = {}
}

variable "image_tag" {
  description = "Tag of the container images; the release pipeline sets it."
  type        = string
  default     = "stable"
}

variable "log_retention_days" {
  type = number
}

variable "kms_key_arn" {
  type = string
}

variable "table_arns" {
  type = map(string)
}

variable "upload_bucket_arn" {
  type = string
}

variable "webhook_parameter_arn" {
  type = string
}
