data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  name    = "${var.project}-${var.environment}"
  path    = "/${var.project}/${var.environment}"
  account = data.aws_caller_identity.current.account_id
  arn     = "arn:${data.aws_partition.current.partition}"

  # Bucket names are one for the whole world; the account's number makes them ours.
  release_bucket = "${local.name}-releases-${local.account}"
  backup_bucket  = "${local.name}-backups-${local.account}"

  tags = merge(var.tags, {
    Project     = var.project
    Environment = var.environment
    ManagedBy   = "terraform"
  })

  # AWS writes a g after the generation for its own arm processors: t4g, m7g, c6gn, im4gn.
  architecture = can(regex("^([a-z]+[0-9]+g[a-z]*|a1)\\.", var.instance_type)) ? "arm64" : "amd64"
  burstable    = startswith(var.instance_type, "t")

  own_network = var.subnet_id == null
  zone        = local.own_network ? aws_subnet.public[0].availability_zone : data.aws_subnet.given[0].availability_zone
  subnet_id   = local.own_network ? aws_subnet.public[0].id : var.subnet_id
  vpc_id      = local.own_network ? aws_vpc.main[0].id : data.aws_subnet.given[0].vpc_id
}
