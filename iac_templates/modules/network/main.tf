data "aws_region" "current" {}

locals {
  region = data.aws_region.current.name

  # One NAT gateway serves several zones where there are fewer gateways than zones.
  letters = sort(keys(var.zones))
  gateway = {
    for index, letter in local.letters : letter => index % var.nat_gateways
    if var.nat_gateways > 0
  }
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr_block
  enable_dns_support   = true
  enable_dns_hostnames = true

  tags = { Name = var.name }
}

# Nobody may use the default group: it is emptied.
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-default-closed" }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = var.name }
}

resource "aws_subnet" "public" {
  for_each = var.zones

  vpc_id                  = aws_vpc.this.id
  cidr_block              = each.value.public
  availability_zone       = "${local.region}${each.key}"
  map_public_ip_on_launch = true

  tags = {
    Name = "${var.name}-public-${each.key}"
    Tier = "public"
  }
}

resource "aws_subnet" "private" {
  for_each = var.zones

  vpc_id            = aws_vpc.this.id
  cidr_block        = each.value.private
  availability_zone = "${local.region}${each.key}"

  tags = {
    Name = "${var.name}-private-${each.key}"
    Tier = "private"
  }
}

resource "aws_eip" "nat" {
  count = var.nat_gateways

  domain = "vpc"

  tags = { Name = "${var.name}-nat-${count.index}" }

  depends_on = [aws_internet_gateway.this]
}

resource "aws_nat_gateway" "this" {
  count = var.nat_gateways

  allocation_id = aws_eip.nat[count.index].id
  subnet_id     = aws_subnet.public[local.letters[count.index]].id

  tags = { Name = "${var.name}-${count.index}" }
}

resource "aws_flow_log" "vpc" {
  count = var.flow_log_retention_days == null ? 0 : 1

  vpc_id               = aws_vpc.this.id
  traffic_type         = "REJECT"
  log_destination_type = "cloud-watch-logs"
  log_destination      = aws_cloudwatch_log_group.flow[0].arn
  iam_role_arn         = aws_iam_role.flow[0].arn

  tags = { Name = "${var.name}-rejected" }
}

resource "aws_cloudwatch_log_group" "flow" {
  count = var.flow_log_retention_days == null ? 0 : 1

  name              = "/${var.name}/vpc/flow"
  retention_in_days = var.flow_log_retention_days
}

resource "aws_iam_role" "flow" {
  count = var.flow_log_retention_days == null ? 0 : 1

  name = "${var.name}-vpc-flow-log"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "vpc-flow-logs.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "flow" {
  count = var.flow_log_retention_days == null ? 0 : 1

  name = "write-flow-log"
  role = aws_iam_role.flow[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
      Resource = "${aws_cloudwatch_log_group.flow[0].arn}:*"
    }]
  })
}

module "endpoints" {
  source = "./endpoints"

  name        = var.name
  vpc_id      = aws_vpc.this.id
  cidr_block  = aws_vpc.this.cidr_block
  subnet_ids  = [for subnet in aws_subnet.private : subnet.id]
  route_table = [for table in aws_route_table.private : table.id]
  interfaces  = var.interface_endpoints
}
