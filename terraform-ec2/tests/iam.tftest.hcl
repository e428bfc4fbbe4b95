# Who may do what, one statement after another. A new statement has to be added here to pass.
mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  environment = "testing"
  region      = "eu-central-1"
  bundle      = "tests/bundles/pretamane-0.1.0-000000000000.tar"
}

run "the_host" {
  command = plan

  assert {
    condition = {
      for statement in local.host_statements : statement.Sid => { may = sort(statement.Action), on = sort(statement.Resource) } if statement.Effect == "Allow"
      } == {
      ReadOwnParameters = {
        may = tolist(["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"])
        on = tolist([
          "arn:aws:ssm:eu-central-1:111122223333:parameter/pretamane/testing/generated",
          "arn:aws:ssm:eu-central-1:111122223333:parameter/pretamane/testing/generated/*",
          "arn:aws:ssm:eu-central-1:111122223333:parameter/pretamane/testing/settings",
          "arn:aws:ssm:eu-central-1:111122223333:parameter/pretamane/testing/settings/*",
        ])
      }
      ReadRelease = {
        may = tolist(["ssm:GetParameter"])
        on  = tolist(["arn:aws:ssm:eu-central-1:111122223333:parameter/pretamane/testing/release"])
      }
      WriteGeneratedAndStatus = {
        may = tolist(["ssm:PutParameter"])
        on = tolist([
          "arn:aws:ssm:eu-central-1:111122223333:parameter/pretamane/testing/generated/*",
          "arn:aws:ssm:eu-central-1:111122223333:parameter/pretamane/testing/status/*",
        ])
      }
      FetchBundle = {
        may = tolist(["s3:GetObject", "s3:GetObjectVersion"])
        on  = tolist(["arn:aws:s3:::pretamane-testing-releases-111122223333/pretamane.tar"])
      }
      LendCredentials = {
        may = tolist(["sts:AssumeRole"])
        on  = tolist(["arn:aws:iam::111122223333:role/pretamane-testing-backup"])
      }
      SessionManager = {
        may = tolist([
          "ssm:UpdateInstanceInformation",
          "ssmmessages:CreateControlChannel",
          "ssmmessages:CreateDataChannel",
          "ssmmessages:OpenControlChannel",
          "ssmmessages:OpenDataChannel",
        ])
        on = tolist(["*"])
      }
    }
    error_message = "The host may do something else than what is written here."
  }

  assert {
    condition = [for statement in local.host_statements : statement if statement.Effect == "Deny"] == [{
      Sid       = "NeverReplaceGenerated"
      Effect    = "Deny"
      Action    = ["ssm:PutParameter"]
      Resource  = ["arn:aws:ssm:eu-central-1:111122223333:parameter/pretamane/testing/generated/*"]
      Condition = { StringEquals = { "ssm:Overwrite" = ["true"] } }
    }]
    error_message = "The host could replace a generated secret."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.host.policy).Statement[*].Sid == local.host_statements[*].Sid
    error_message = "The policy is not made of the statements that are checked here."
  }

  assert {
    condition     = jsondecode(aws_iam_role.host.assume_role_policy).Statement[0].Principal == { Service = "ec2.amazonaws.com" }
    error_message = "Somebody else than an instance takes the host's role."
  }

  assert {
    condition     = length(aws_iam_role.model) == 0
    error_message = "There is a way to Bedrock that nobody asked for."
  }
}

run "backups" {
  command = plan

  assert {
    condition = {
      for statement in local.backup_statements : statement.Sid => { may = sort(statement.Action), on = sort(statement.Resource) }
      } == {
      ListBackups = {
        may = tolist(["s3:GetBucketLocation", "s3:ListBucket"])
        on  = tolist(["arn:aws:s3:::pretamane-testing-backups-111122223333"])
      }
      ReadAndAddBackups = {
        may = tolist(["s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"])
        on  = tolist(["arn:aws:s3:::pretamane-testing-backups-111122223333/*"])
      }
    }
    error_message = "Backups may be touched in another way than what is written here."
  }

  assert {
    condition     = jsondecode(aws_iam_role.backup.assume_role_policy).Statement[0].Principal == { AWS = aws_iam_role.host.arn }
    error_message = "Somebody else than the host takes the role for backups."
  }

  assert {
    condition = alltrue([
      for action in ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention", "s3:PutLifecycleConfiguration", "s3:PutBucketVersioning", "s3:PutObjectRetention"] :
      anytrue([for statement in jsondecode(aws_s3_bucket_policy.backups.policy).Statement : statement.Effect == "Deny" && contains(flatten([statement.Action]), action) && try(statement.Principal.AWS, null) != null])
    ])
    error_message = "The host could shorten how long backups are kept."
  }

  # As the S3 user guide has it, "Enforce conditional writes on Amazon S3 buckets".
  assert {
    condition = anytrue([
      for statement in jsondecode(aws_s3_bucket_policy.backups.policy).Statement :
      statement.Effect == "Deny" && statement.Action == "s3:PutObject" &&
      toset(statement.Principal.AWS) == toset([aws_iam_role.host.arn, aws_iam_role.backup.arn]) &&
      statement.Resource == "arn:aws:s3:::pretamane-testing-backups-111122223333/*" &&
      statement.Condition == { Null = { "s3:if-none-match" = "true" }, Bool = { "s3:ObjectCreationOperation" = "true" } }
      if can(statement.Action == "s3:PutObject") && can(statement.Condition.Null)
    ])
    error_message = "The host could write over a backup."
  }

  assert {
    condition = alltrue([
      for policy in [aws_s3_bucket_policy.backups.policy, aws_s3_bucket_policy.releases.policy] :
      anytrue([for statement in jsondecode(policy).Statement : statement.Effect == "Deny" && try(statement.Condition.Bool["aws:SecureTransport"], "") == "false"])
    ])
    error_message = "A bucket answers without TLS."
  }
}

run "a_model_and_a_key" {
  command = plan

  variables {
    bedrock_model_arns = ["arn:aws:bedrock:eu-central-1::foundation-model/a-model"]
    kms_key_arn        = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-0000-0000-000000000000"
  }

  assert {
    condition     = tolist(jsondecode(aws_iam_role_policy.model[0].policy).Statement[0].Resource) == var.bedrock_model_arns && length(local.model_statements) == 1
    error_message = "Another model than the one named may be asked."
  }

  assert {
    condition     = one([for statement in local.host_statements : statement.Resource if statement.Sid == "LendCredentials"]) == ["arn:aws:iam::111122223333:role/pretamane-testing-backup", "arn:aws:iam::111122223333:role/pretamane-testing-model"]
    error_message = "The host lends another role."
  }

  assert {
    condition     = one([for statement in local.host_statements : statement.Resource if statement.Sid == "UseKey"]) == [var.kms_key_arn] && one([for statement in local.backup_statements : statement.Resource if statement.Sid == "UseKey"]) == [var.kms_key_arn]
    error_message = "The host uses another key."
  }
}

run "snapshots" {
  command = plan

  assert {
    condition = {
      for statement in local.snapshot_statements : statement.Sid => statement.Resource
      } == {
      SnapshotDataVolume    = [aws_ebs_volume.data.arn, "arn:aws:ec2:eu-central-1::snapshot/*"]
      TagNewSnapshots       = ["arn:aws:ec2:eu-central-1::snapshot/*"]
      RemoveOwnOldSnapshots = ["arn:aws:ec2:eu-central-1::snapshot/*"]
      Look                  = ["*"]
    }
    error_message = "Snapshots may touch something else."
  }

  assert {
    condition     = one([for statement in local.snapshot_statements : statement.Condition.StringEquals["aws:ResourceTag/Snapshot"] if statement.Sid == "RemoveOwnOldSnapshots"]) == ["pretamane-testing"]
    error_message = "Another environment's snapshots could be removed."
  }
}

run "no_star_that_nobody_explained" {
  command = plan

  variables {
    bedrock_model_arns = ["arn:aws:bedrock:eu-central-1::foundation-model/a-model"]
  }

  assert {
    condition = toset([
      for statement in concat(local.host_statements, local.backup_statements, local.model_statements, local.snapshot_statements) :
      statement.Sid if contains(statement.Resource, "*")
    ]) == toset(["SessionManager", "Look"])
    error_message = "A statement has every resource there is."
  }

  assert {
    condition = alltrue(flatten([
      for statement in concat(local.host_statements, local.backup_statements, local.model_statements, local.snapshot_statements) :
      [for action in statement.Action : !strcontains(action, "*")]
    ]))
    error_message = "A statement has actions that it does not name."
  }
}
