data "aws_subnet" "given" {
  count = local.own_network ? 0 : 1
  id    = var.subnet_id
}

data "aws_availability_zones" "here" {
  count = local.own_network && var.availability_zone == null ? 1 : 0
  state = "available"

  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

resource "aws_vpc" "main" {
  #checkov:skip=CKV2_AWS_11:One host without an open port; flow logs would cost more than they tell

  count = local.own_network ? 1 : 0

  cidr_block                       = var.network_cidr
  assign_generated_ipv6_cidr_block = var.ipv6
  enable_dns_support               = true
  enable_dns_hostnames             = true

  tags = { Name = local.name }
}

# AWS makes one that lets its members talk to each other; ours has no rule at all, so nobody joins it by mistake.
resource "aws_default_security_group" "unused" {
  count  = local.own_network ? 1 : 0
  vpc_id = aws_vpc.main[0].id

  tags = { Name = "${local.name}-unused" }
}

resource "aws_internet_gateway" "main" {
  count  = local.own_network ? 1 : 0
  vpc_id = aws_vpc.main[0].id

  tags = { Name = local.name }
}

resource "aws_subnet" "public" {
  count = local.own_network ? 1 : 0

  vpc_id                          = aws_vpc.main[0].id
  cidr_block                      = cidrsubnet(var.network_cidr, 0, 0)
  ipv6_cidr_block                 = var.ipv6 ? cidrsubnet(aws_vpc.main[0].ipv6_cidr_block, 8, 0) : null
  availability_zone               = var.availability_zone != null ? var.availability_zone : data.aws_availability_zones.here[0].names[0]
  map_public_ip_on_launch         = false
  assign_ipv6_address_on_creation = false

  tags = { Name = "${local.name}-public" }

  lifecycle {
    # The data volume stays where it is. A region's list of zones changes now and then, and must move nothing.
    ignore_changes = [availability_zone]
  }
}

resource "aws_route_table" "public" {
  count  = local.own_network ? 1 : 0
  vpc_id = aws_vpc.main[0].id

  tags = { Name = "${local.name}-public" }
}

resource "aws_route" "out" {
  count = local.own_network ? 1 : 0

  route_table_id         = aws_route_table.public[0].id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.main[0].id
}

resource "aws_route" "out_ipv6" {
  count = local.own_network && var.ipv6 ? 1 : 0

  route_table_id              = aws_route_table.public[0].id
  destination_ipv6_cidr_block = "::/0"
  gateway_id                  = aws_internet_gateway.main[0].id
}

resource "aws_route_table_association" "public" {
  count = local.own_network ? 1 : 0

  subnet_id      = aws_subnet.public[0].id
  route_table_id = aws_route_table.public[0].id
}

locals {
  # 443: AWS, the tunnel's control, image registries, models. 80: the distribution's signed packages. 7844: the tunnel,
  # by TCP or QUIC. Names and the time come from AWS's own addresses inside the network, which no rule here concerns.
  outbound = merge(
    {
      https      = { port = 443, protocol = "tcp" }
      http       = { port = 80, protocol = "tcp" }
      tunnel     = { port = 7844, protocol = "tcp" }
      tunnel_udp = { port = 7844, protocol = "udp" }
    },
    var.mail_port == null ? {} : { mail = { port = var.mail_port, protocol = "tcp" } },
  )
  inbound = var.public_edge ? { http = 80, https = 443 } : {}
}

resource "aws_security_group" "host" {
  name        = local.name
  description = "The host of ${local.name}: nothing in, little out"
  vpc_id      = local.vpc_id

  tags = { Name = local.name }
}

resource "aws_vpc_security_group_egress_rule" "ipv4" {
  for_each = local.outbound

  security_group_id = aws_security_group.host.id
  description       = "Out: ${each.key}"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = each.value.protocol
  from_port         = each.value.port
  to_port           = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "ipv6" {
  for_each = local.outbound

  security_group_id = aws_security_group.host.id
  description       = "Out: ${each.key}"
  cidr_ipv6         = "::/0"
  ip_protocol       = each.value.protocol
  from_port         = each.value.port
  to_port           = each.value.port
}

resource "aws_vpc_security_group_ingress_rule" "ipv4" {
  for_each = local.inbound

  security_group_id = aws_security_group.host.id
  description       = "The public edge: ${each.key}"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = each.value
  to_port           = each.value
}

resource "aws_vpc_security_group_ingress_rule" "ipv6" {
  for_each = local.inbound

  security_group_id = aws_security_group.host.id
  description       = "The public edge: ${each.key}"
  cidr_ipv6         = "::/0"
  ip_protocol       = "tcp"
  from_port         = each.value
  to_port           = each.value
}

# A domain's A record needs an address that outlives the instance.
resource "aws_eip" "edge" {
  count  = var.public_edge ? 1 : 0
  domain = "vpc"

  tags = { Name = local.name }
}

resource "aws_eip_association" "edge" {
  count = var.public_edge ? 1 : 0

  allocation_id = aws_eip.edge[0].id
  instance_id   = aws_instance.host.id
}
