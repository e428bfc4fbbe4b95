# Copied into terraform-ec2/, this lifts the guard of the data volume. Its last state becomes a snapshot first.
resource "aws_ebs_volume" "data" {
  lifecycle {
    prevent_destroy = false
  }
}
