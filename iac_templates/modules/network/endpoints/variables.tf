variable "name" {
  type = string
}

variable "vpc_id" {
  type = string
}

variable "cidr_block" {
  type = string
}

variable "subnet_ids" {
  type = list(string)
}

variable "route_table" {
  description = "Route tables that gateway endpoints are entered into."
  type        = list(string)
}

variable "interfaces" {
  type = set(string)
}
