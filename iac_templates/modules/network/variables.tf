variable "name" {
  description = "Prefix of every name, for example nuri-prod."
  type        = string
}

variable "cidr_block" {
  description = "Address range of the VPC."
  type        = string
}

variable "zones" {
  description = "Subnets by availability zone letter."
  type = map(object({
    public  = string
    private = string
  }))
}

variable "nat_gateways" {
  description = "How many NAT gateways: 0 in development, 1 is enough for staging."
  type        = number
  default     = 0

  validation {
    condition     = var.nat_gateways >= 0 && var.nat_gateways <= 3
    error_message = "Between 0 and 3 NAT gateways."
  }
}

variable "private_inbound" {
  description = "What the network ACL lets into the private subnets, by rule number."
  type = map(object({
    protocol   = string
    from_port  = number
    to_port    = number
    cidr_block = string
  }))
  default = {}
}

variable "interface_endpoints" {
  description = "AWS services that the private subnets reach without leaving the VPC."
  type        = set(string)
  default     = []
}

variable "flow_log_retention_days" {
  description = "How long flow logs are kept; null turns them off."
  type        = number
  default     = null
}
