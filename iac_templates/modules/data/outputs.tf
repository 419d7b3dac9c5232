output "kms_key_arn" {
  value = aws_kms_key.data.arn
}

output "bucket_names" {
  value = { for purpose, bucket in module.bucket : purpose => bucket.name }
}

output "bucket_arns" {
  value = { for purpose, bucket in module.bucket : purpose => bucket.arn }
}

output "table_names" {
  value = { for key, table in aws_dynamodb_table.this : key => table.name }
}

output "table_arns" {
  value = { for key, table in aws_dynamodb_table.this : key => table.arn }
}

output "webhook_parameter_arn" {
  value = aws_ssm_parameter.webhook_signing_key.arn
}

output "database_secret_arn" {
  value = aws_secretsmanager_secret.database.arn
}
