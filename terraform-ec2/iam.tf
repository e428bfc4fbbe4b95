# Every statement of the host's is in this list, so that the tests can read them one by one.
locals {
  parameter_arn = "${local.arn}:ssm:${var.region}:${local.account}:parameter${local.path}"
  role_arn      = "${local.arn}:iam::${local.account}:role/${local.name}"

  host_statements = concat([
    {
      Sid    = "ReadOwnParameters"
      Effect = "Allow"
      Action = ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"]
      Resource = flatten([
        for part in ["settings", "generated"] : ["${local.parameter_arn}/${part}", "${local.parameter_arn}/${part}/*"]
      ])
    },
    {
      Sid      = "ReadRelease"
      Effect   = "Allow"
      Action   = ["ssm:GetParameter"]
      Resource = ["${local.parameter_arn}/release"]
    },
    {
      Sid      = "WriteGeneratedAndStatus"
      Effect   = "Allow"
      Action   = ["ssm:PutParameter"]
      Resource = ["${local.parameter_arn}/generated/*", "${local.parameter_arn}/status/*"]
    },
    {
      # The first value wins: whoever breaks into the host replaces no secret that the data already depends on.
      Sid       = "NeverReplaceGenerated"
      Effect    = "Deny"
      Action    = ["ssm:PutParameter"]
      Resource  = ["${local.parameter_arn}/generated/*"]
      Condition = { StringEquals = { "ssm:Overwrite" = ["true"] } }
    },
    {
      Sid      = "FetchBundle"
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:GetObjectVersion"]
      Resource = ["${local.arn}:s3:::${local.release_bucket}/${local.bundle_key}"]
    },
    {
      # Containers never reach the instance's own credentials. Those with a stated need get these, for an hour.
      Sid      = "LendCredentials"
      Effect   = "Allow"
      Action   = ["sts:AssumeRole"]
      Resource = concat(["${local.role_arn}-backup"], local.bedrock ? ["${local.role_arn}-model"] : [])
    },
    {
      # Session Manager's core: AWS knows no resource that these could be narrowed to. The managed policy would add
      # reading every parameter of the account.
      Sid    = "SessionManager"
      Effect = "Allow"
      Action = [
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
      ]
      Resource = ["*"]
    },
  ], [for statement in [local.key_statement] : statement if var.kms_key_arn != null])

  key_statement = {
    Sid       = "UseKey"
    Effect    = "Allow"
    Action    = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]
    Resource  = [var.kms_key_arn]
    Condition = { StringEquals = { "kms:ViaService" = ["ssm.${var.region}.amazonaws.com", "s3.${var.region}.amazonaws.com"] } }
  }

  backup_statements = concat([
    {
      Sid      = "ListBackups"
      Effect   = "Allow"
      Action   = ["s3:ListBucket", "s3:GetBucketLocation"]
      Resource = ["${local.arn}:s3:::${local.backup_bucket}"]
    },
    {
      Sid      = "ReadAndAddBackups"
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
      Resource = ["${local.arn}:s3:::${local.backup_bucket}/*"]
    },
  ], [for statement in [local.key_statement] : statement if var.kms_key_arn != null])

  model_statements = [{
    Sid      = "AskModels"
    Effect   = "Allow"
    Action   = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
    Resource = var.bedrock_model_arns
  }]

  bedrock = length(var.bedrock_model_arns) > 0

  trust_of = {
    for service in ["ec2", "dlm"] : service => jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = "${service}.amazonaws.com" }
      }]
    })
  }

  trust_of_host = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = aws_iam_role.host.arn }
    }]
  })
}

resource "aws_iam_role" "host" {
  name               = "${local.name}-host"
  description        = "The host of ${local.name} itself"
  assume_role_policy = local.trust_of["ec2"]
}

resource "aws_iam_role_policy" "host" {
  name   = "host"
  role   = aws_iam_role.host.id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.host_statements })
}

resource "aws_iam_instance_profile" "host" {
  name = "${local.name}-host"
  role = aws_iam_role.host.name
}

resource "aws_iam_role" "backup" {
  name                 = "${local.name}-backup"
  description          = "What the host lends the backup container of ${local.name}, an hour at a time"
  assume_role_policy   = local.trust_of_host
  max_session_duration = 3600
}

resource "aws_iam_role_policy" "backup" {
  name   = "backup"
  role   = aws_iam_role.backup.id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.backup_statements })
}

resource "aws_iam_role" "model" {
  count = local.bedrock ? 1 : 0

  name                 = "${local.name}-model"
  description          = "What the host lends the assistant of ${local.name}, an hour at a time"
  assume_role_policy   = local.trust_of_host
  max_session_duration = 3600
}

resource "aws_iam_role_policy" "model" {
  count = local.bedrock ? 1 : 0

  name   = "model"
  role   = aws_iam_role.model[0].id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.model_statements })
}
