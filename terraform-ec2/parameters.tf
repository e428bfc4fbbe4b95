# What the host reads. Below /PROJECT/ENVIRONMENT/ there are also generated/ and status/, which the host alone writes
# and Terraform never sees: a secret that is only ignored lands in the state at the next refresh.
locals {
  given_secrets = {
    TUNNEL_TOKEN = var.tunnel_token
    MAIL_URL     = var.mail_url
    MODEL_KEY    = var.model_key
  }

  host_facts = {
    architecture  = local.architecture
    backup_bucket = local.backup_bucket
    backup_role   = aws_iam_role.backup.arn
    data_root     = var.data_root
    data_volume   = aws_ebs_volume.data.id
    kms_key_arn   = var.kms_key_arn
    mail_port     = var.mail_port
    model_role    = local.bedrock ? aws_iam_role.model[0].arn : null
    public_edge   = var.public_edge
    reboot_time   = var.reboot_time
  }
}

resource "aws_ssm_parameter" "settings" {
  #checkov:skip=CKV2_AWS_34:Names and settings that the state shows anyway; secrets are SecureString

  for_each = var.settings

  name  = "${local.path}/settings/${each.key}"
  type  = "String"
  value = each.value
}

resource "aws_ssm_parameter" "host" {
  #checkov:skip=CKV2_AWS_34:Names and settings that the state shows anyway; secrets are SecureString

  name        = "${local.path}/settings/HOST_FACTS"
  description = "What the host has to know of its surroundings: names, no secrets"
  type        = "String"
  value       = jsonencode(local.host_facts)
}

resource "aws_ssm_parameter" "given" {
  for_each = var.secret_versions

  name             = "${local.path}/settings/${each.key}"
  description      = "Given by a person; written anew when its version is raised"
  type             = "SecureString"
  key_id           = var.kms_key_arn
  value_wo         = local.given_secrets[each.key]
  value_wo_version = each.value
}
