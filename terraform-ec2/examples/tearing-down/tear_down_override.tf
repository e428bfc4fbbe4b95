# tflint-ignore-file: terraform_required_version
# It is no root of its own: copied into terraform-ec2/, this lifts the guard of the data volume. Its last state becomes a snapshot first.
resource "aws_ebs_volume" "data" {
  #checkov:skip=CKV_AWS_3:An override says only what it changes; storage.tf encrypts
  #checkov:skip=CKV_AWS_189:An override says only what it changes; storage.tf takes kms_key_arn

  lifecycle {
    prevent_destroy = false
  }
}
