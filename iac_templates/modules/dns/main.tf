resource "aws_route53_zone" "public" {
  name    = var.domain
  comment = "Public names of the storefront"
}

resource "aws_route53_zone" "delegated" {
  name    = "${var.delegated}.${var.domain}"
  comment = "Managed by the marketing team"
}

resource "aws_route53_record" "public" {
  for_each = { for record in var.records : "${record.type} ${record.name == "" ? "@" : record.name}" => record }

  zone_id = aws_route53_zone.public.zone_id
  name    = each.value.name == "" ? var.domain : "${each.value.name}.${var.domain}"
  type    = each.value.type
  ttl     = each.value.ttl
  records = each.value.values
}

resource "aws_route53_record" "delegation" {
  zone_id = aws_route53_zone.public.zone_id
  name    = aws_route53_zone.delegated.name
  type    = "NS"
  ttl     = 172800
  records = aws_route53_zone.delegated.name_servers
}

resource "aws_acm_certificate" "cdn" {
  count    = var.certificate ? 1 : 0
  provider = aws.us_east_1

  domain_name               = var.domain
  subject_alternative_names = ["*.${var.domain}"]
  validation_method         = "DNS"

  lifecycle {
    create_before_destroy = true
  }
}
