output "vpc_id" {
  value = aws_vpc.this.id
}

output "vpc_cidr_block" {
  value = aws_vpc.this.cidr_block
}

output "public_subnet_ids" {
  value = [for letter in local.letters : aws_subnet.public[letter].id]
}

output "private_subnet_ids" {
  value = [for letter in local.letters : aws_subnet.private[letter].id]
}
