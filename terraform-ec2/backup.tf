resource "aws_s3_bucket" "backups" {
  #checkov:skip=CKV2_AWS_62:Nothing waits for new objects
  #checkov:skip=CKV_AWS_18:One host writes here, and CloudTrail can tell of it; a log bucket would need a log of its own
  #checkov:skip=CKV_AWS_144:One region is what this design promises

  bucket              = local.backup_bucket
  object_lock_enabled = var.backup_lock_days != null

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_public_access_block" "backups" {
  bucket = aws_s3_bucket.backups.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "backups" {
  bucket = aws_s3_bucket.backups.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "backups" {
  bucket = aws_s3_bucket.backups.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "backups" {
  bucket = aws_s3_bucket.backups.id

  rule {
    bucket_key_enabled = var.kms_key_arn != null

    apply_server_side_encryption_by_default {
      sse_algorithm     = var.kms_key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_object_lock_configuration" "backups" {
  count  = var.backup_lock_days == null ? 0 : 1
  bucket = aws_s3_bucket.backups.id

  rule {
    default_retention {
      mode = "GOVERNANCE"
      days = var.backup_lock_days
    }
  }

  depends_on = [aws_s3_bucket_versioning.backups]
}

resource "aws_s3_bucket_lifecycle_configuration" "backups" {
  bucket = aws_s3_bucket.backups.id

  rule {
    id     = "backups"
    status = "Enabled"

    filter {}

    # Cold, yet readable at once: a restore does not wait for hours.
    dynamic "transition" {
      for_each = var.backup_kept_days > 90 ? [90] : []

      content {
        days          = transition.value
        storage_class = "GLACIER_IR"
      }
    }

    # Each night's backup has a name of its own, so that nothing but its age ends it.
    expiration {
      days = var.backup_kept_days
    }

    noncurrent_version_expiration {
      noncurrent_days = 30
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  depends_on = [aws_s3_bucket_versioning.backups]
}

locals {
  only_by_tls = {
    for which, bucket in { releases = local.release_bucket, backups = local.backup_bucket } :
    which => merge(local.deny_without_tls, { Resource = ["${local.arn}:s3:::${bucket}", "${local.arn}:s3:::${bucket}/*"] })
  }

  deny_without_tls = {
    Sid       = "OnlyByTls"
    Effect    = "Deny"
    Principal = "*"
    Action    = "s3:*"
    Condition = { Bool = { "aws:SecureTransport" = "false" } }
  }

  # Said here once more, where no policy that somebody adds to a role can take it back.
  host_keeps_backups = {
    Sid       = "HostKeepsBackups"
    Effect    = "Deny"
    Principal = { AWS = [aws_iam_role.host.arn, aws_iam_role.backup.arn] }
    Action = [
      "s3:BypassGovernanceRetention",
      "s3:DeleteBucket",
      "s3:DeleteBucketPolicy",
      "s3:DeleteObject",
      "s3:DeleteObjectVersion",
      "s3:PutBucketObjectLockConfiguration",
      "s3:PutBucketPolicy",
      "s3:PutBucketVersioning",
      "s3:PutLifecycleConfiguration",
      "s3:PutObjectLegalHold",
      "s3:PutObjectRetention",
    ]
    Resource = ["${local.arn}:s3:::${local.backup_bucket}", "${local.arn}:s3:::${local.backup_bucket}/*"]
  }
}

locals {
  # Each backup has a name of its own. Whoever breaks into the host puts nothing in the place of one that is good.
  # The parts of an upload cannot say it; what ends the upload has to.
  host_writes_once = {
    Sid       = "HostWritesOnce"
    Effect    = "Deny"
    Principal = { AWS = [aws_iam_role.host.arn, aws_iam_role.backup.arn] }
    Action    = "s3:PutObject"
    Resource  = "${local.arn}:s3:::${local.backup_bucket}/*"
    Condition = {
      Null = { "s3:if-none-match" = "true" }
      Bool = { "s3:ObjectCreationOperation" = "true" }
    }
  }
}

resource "aws_s3_bucket_policy" "backups" {
  bucket = aws_s3_bucket.backups.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [local.only_by_tls["backups"], local.host_keeps_backups, local.host_writes_once]
  })

  depends_on = [aws_s3_bucket_public_access_block.backups]
}
