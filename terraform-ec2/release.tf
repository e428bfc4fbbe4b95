locals {
  # One name, whose versions the bucket keeps: what a host was told to fetch stays there while it fetches.
  bundle_key = "pretamane.tar"
  release = {
    version = trimsuffix(trimprefix(basename(var.bundle), "pretamane-"), ".tar")
    sha256  = filesha256(var.bundle)
  }
}

resource "aws_s3_bucket" "releases" {
  #checkov:skip=CKV2_AWS_62:Nothing waits for new objects
  #checkov:skip=CKV_AWS_18:One host writes here, and CloudTrail can tell of it; a log bucket would need a log of its own
  #checkov:skip=CKV_AWS_144:One region is what this design promises

  bucket = local.release_bucket

  # Bundles are made again from the source at any time; nothing here is the only copy.
  force_destroy = true
}

resource "aws_s3_bucket_public_access_block" "releases" {
  bucket = aws_s3_bucket.releases.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "releases" {
  bucket = aws_s3_bucket.releases.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "releases" {
  bucket = aws_s3_bucket.releases.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "releases" {
  bucket = aws_s3_bucket.releases.id

  rule {
    bucket_key_enabled = var.kms_key_arn != null

    apply_server_side_encryption_by_default {
      sse_algorithm     = var.kms_key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "releases" {
  bucket = aws_s3_bucket.releases.id

  rule {
    id     = "old-bundles"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 90
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  depends_on = [aws_s3_bucket_versioning.releases]
}

resource "aws_s3_bucket_policy" "releases" {
  bucket = aws_s3_bucket.releases.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [local.only_by_tls["releases"]] })

  depends_on = [aws_s3_bucket_public_access_block.releases]
}

resource "aws_s3_object" "bundle" {
  bucket      = aws_s3_bucket.releases.id
  key         = local.bundle_key
  source      = var.bundle
  source_hash = local.release.sha256

  # Whatever is fetched by version has to be stored under versioning.
  depends_on = [
    aws_s3_bucket_versioning.releases,
    aws_s3_bucket_server_side_encryption_configuration.releases,
  ]
}

resource "aws_ssm_parameter" "release" {
  #checkov:skip=CKV2_AWS_34:Names and settings that the state shows anyway; secrets are SecureString

  name        = "${local.path}/release"
  description = "The release that deploy.sh brings to the host, and that a new host begins with"
  type        = "String"
  value = jsonencode({
    version        = local.release.version
    bucket         = aws_s3_bucket.releases.id
    key            = aws_s3_object.bundle.key
    object_version = aws_s3_object.bundle.version_id
    sha256         = local.release.sha256
  })
}
