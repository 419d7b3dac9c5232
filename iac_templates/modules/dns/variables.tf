variable "domain" {
  type = string
}

variable "delegated" {
  description = "Subdomain that other teams manage, in a zone of its own."
  type        = string
}

variable "records" {
  description = "Public records by name below the domain; an empty name is the domain itself."
  type = list(object({
    name   = string
    type   = string
    ttl    = optional(number, 300)
    values = list(string)
  }))
}

variable "certificate" {
  description = "Whether to ask for a certificate for the domain."
  type        = bool
  default     = false
}
