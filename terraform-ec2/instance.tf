# Ubuntu 24.04: see docs/decisions/0009-one-host-from-nothing.md.
data "aws_ssm_parameter" "image" {
  count = var.image_id == null ? 1 : 0
  name  = "/aws/service/canonical/ubuntu/server/24.04/stable/current/${local.architecture}/hvm/ebs-gp3/ami-id"
}

locals {
  image_id = var.image_id == null ? data.aws_ssm_parameter.image[0].insecure_value : var.image_id

  user_data = templatefile("${path.module}/templates/user-data.sh.tftpl", {
    region = var.region
    path   = local.path
  })
}

resource "terraform_data" "rebuild" {
  input = var.rebuild
}

resource "aws_instance" "host" {
  #checkov:skip=CKV_AWS_88:The public address is the way out without a NAT gateway; no rule lets anybody in
  #checkov:skip=CKV_AWS_126:detailed_monitoring turns it on; Prometheus on the host measures every 15 seconds

  ami                         = local.image_id
  instance_type               = var.instance_type
  subnet_id                   = local.subnet_id
  vpc_security_group_ids      = [aws_security_group.host.id]
  iam_instance_profile        = aws_iam_instance_profile.host.name
  associate_public_ip_address = var.public_address
  ipv6_address_count          = local.own_network && var.ipv6 ? 1 : null
  ebs_optimized               = true
  monitoring                  = var.detailed_monitoring ? true : null

  user_data                   = local.user_data
  user_data_replace_on_change = false

  # A hop limit of 1 ends at the host: no container gets an answer, and with it the host's credentials.
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
    instance_metadata_tags      = "disabled"
  }

  root_block_device {
    volume_type           = "gp3"
    volume_size           = var.root_volume_gib
    encrypted             = true
    kms_key_id            = var.kms_key_arn
    delete_on_termination = true
    tags                  = merge(local.tags, { Name = "${local.name}-root" })
  }

  dynamic "credit_specification" {
    for_each = local.burstable ? [var.cpu_credits] : []

    content {
      cpu_credits = credit_specification.value
    }
  }

  dynamic "maintenance_options" {
    for_each = var.auto_recovery ? ["default"] : []

    content {
      auto_recovery = maintenance_options.value
    }
  }

  tags = { Name = local.name }

  # What the first boot asks for has to be there before it.
  depends_on = [
    aws_iam_role_policy.host,
    aws_route.out,
    aws_route.out_ipv6,
    aws_route_table_association.public,
    aws_ssm_parameter.given,
    aws_ssm_parameter.host,
    aws_ssm_parameter.release,
    aws_ssm_parameter.settings,
    aws_vpc_security_group_egress_rule.ipv4,
    aws_vpc_security_group_egress_rule.ipv6,
  ]

  lifecycle {
    # A newer image would replace the instance, changed user data would stop it, and a fixed address looks like a
    # changed one. None of that happens by the way: raising rebuild replaces the instance by one that has it all.
    ignore_changes       = [ami, user_data, associate_public_ip_address]
    replace_triggered_by = [terraform_data.rebuild]

    precondition {
      condition     = terraform_data.architecture.output == local.architecture
      error_message = "The data volume holds images for ${terraform_data.architecture.output}, and this type needs ${local.architecture}. See README, Another processor."
    }
  }
}
