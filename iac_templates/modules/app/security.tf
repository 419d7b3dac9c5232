# The load balancer's group: one resource per rule, so that other stacks can add theirs.
resource "aws_security_group" "web" {
  name        = "${var.name}-web"
  description = "Public entry of the storefront"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-web" }
}

resource "aws_vpc_security_group_ingress_rule" "web_https" {
  security_group_id = aws_security_group.web.id
  description       = "HTTPS from everywhere"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_ingress_rule" "web_http" {
  security_group_id = aws_security_group.web.id
  description       = "HTTP, answered with a redirect"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
}

# To the containers.
resource "aws_vpc_security_group_egress_rule" "web_to_workers" {
  security_group_id            = aws_security_group.web.id
  referenced_security_group_id = aws_security_group.worker.id
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
}

# The workers' group: its rules are all here, inline.
resource "aws_security_group" "worker" {
  name        = "${var.name}-worker"
  description = "Containers and functions"
  vpc_id      = var.vpc_id

  ingress {
    description = "Storefront traffic"
    protocol    = "tcp"
    from_port   = 8080
    to_port     = 8080
    cidr_blocks = [var.vpc_cidr_block]
  }

  dynamic "ingress" {
    for_each = var.admin_cidr_blocks

    content {
      description = "SSH from ${ingress.key}"
      protocol    = "tcp"
      from_port   = 22
      to_port     = 22
      cidr_blocks = [ingress.value]
    }
  }

  egress {
    description = "Everything outbound"
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }

  tags = { Name = "${var.name}-worker" }
}

# The database's group still uses the older kind of rule.
resource "aws_security_group" "database" {
  name        = "${var.name}-database"
  description = "Orders database"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-database" }
}

resource "aws_security_group_rule" "database_from_worker" {
  security_group_id        = aws_security_group.database.id
  type                     = "ingress"
  description              = "PostgreSQL from the workers"
  protocol                 = "tcp"
  from_port                = 5432
  to_port                  = 5432
  source_security_group_id = aws_security_group.worker.id
}
