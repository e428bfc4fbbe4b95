# Everything that is kept. An instance comes and goes; this stays, in its zone.
resource "aws_ebs_volume" "data" {
  availability_zone = local.zone
  type              = "gp3"
  size              = var.data_volume_gib
  encrypted         = true
  kms_key_id        = var.kms_key_arn

  # Should the volume ever be destroyed on purpose, its last state is kept as a snapshot. See README, Tearing down.
  final_snapshot = true

  tags = {
    Name     = "${local.name}-data"
    Snapshot = local.name
  }

  lifecycle {
    prevent_destroy = true

    precondition {
      condition     = !local.own_network || var.availability_zone == null || var.availability_zone == local.zone
      error_message = "The data volume lives in ${local.zone} and cannot move to another zone: restore a snapshot of it there."
    }
  }
}

resource "aws_volume_attachment" "data" {
  device_name = "/dev/sdf"
  volume_id   = aws_ebs_volume.data.id
  instance_id = aws_instance.host.id

  # A database is never unplugged while it runs.
  stop_instance_before_detaching = true
}

# Which processor the images on the data volume are built for.
resource "terraform_data" "architecture" {
  input = local.architecture

  lifecycle {
    ignore_changes = [input]
  }
}

locals {
  snapshot_statements = [
    {
      Sid      = "SnapshotDataVolume"
      Effect   = "Allow"
      Action   = ["ec2:CreateSnapshot"]
      Resource = [aws_ebs_volume.data.arn, "${local.arn}:ec2:${var.region}::snapshot/*"]
    },
    {
      Sid       = "TagNewSnapshots"
      Effect    = "Allow"
      Action    = ["ec2:CreateTags"]
      Resource  = ["${local.arn}:ec2:${var.region}::snapshot/*"]
      Condition = { StringEquals = { "ec2:CreateAction" = ["CreateSnapshot"] } }
    },
    {
      Sid       = "RemoveOwnOldSnapshots"
      Effect    = "Allow"
      Action    = ["ec2:DeleteSnapshot"]
      Resource  = ["${local.arn}:ec2:${var.region}::snapshot/*"]
      Condition = { StringEquals = { "aws:ResourceTag/Snapshot" = [local.name] } }
    },
    {
      # AWS knows no resource that looking could be narrowed to.
      Sid      = "Look"
      Effect   = "Allow"
      Action   = ["ec2:DescribeVolumes", "ec2:DescribeSnapshots"]
      Resource = ["*"]
    },
  ]
}

resource "aws_iam_role" "snapshots" {
  count = var.daily_snapshots ? 1 : 0

  name               = "${local.name}-snapshots"
  description        = "Makes and removes the daily snapshots of ${local.name}"
  assume_role_policy = local.trust_of["dlm"]
}

resource "aws_iam_role_policy" "snapshots" {
  count = var.daily_snapshots ? 1 : 0

  name   = "snapshots"
  role   = aws_iam_role.snapshots[0].id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.snapshot_statements })
}

resource "aws_dlm_lifecycle_policy" "daily" {
  count = var.daily_snapshots ? 1 : 0

  description        = "Daily snapshots of the data volume of ${local.name}"
  execution_role_arn = aws_iam_role.snapshots[0].arn
  state              = "ENABLED"

  policy_details {
    resource_types = ["VOLUME"]
    target_tags    = { Snapshot = local.name }

    schedule {
      name        = "daily"
      copy_tags   = true
      tags_to_add = { SnapshotBy = "schedule" }

      create_rule {
        interval      = 24
        interval_unit = "HOURS"
        times         = [var.snapshot_time]
      }

      retain_rule {
        count = var.snapshots_kept
      }
    }
  }
}
