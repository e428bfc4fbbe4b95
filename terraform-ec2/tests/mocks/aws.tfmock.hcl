# What AWS would have made up, for all tests that reach no AWS.
mock_data "aws_caller_identity" {
  defaults = { account_id = "111122223333" }
}

mock_data "aws_partition" {
  defaults = { partition = "aws" }
}

mock_data "aws_availability_zones" {
  defaults = { names = ["eu-central-1a", "eu-central-1b"] }
}

mock_data "aws_subnet" {
  defaults = { availability_zone = "eu-central-1b", vpc_id = "vpc-00000000000000001" }
}

mock_data "aws_ssm_parameter" {
  defaults = { insecure_value = "ami-00000000000000001" }
}

mock_resource "aws_vpc" {
  defaults = { ipv6_cidr_block = "2001:db8::/56" }
}

mock_resource "aws_iam_role" {
  defaults = { arn = "arn:aws:iam::111122223333:role/mocked" }
}

mock_resource "aws_instance" {
  defaults = { id = "i-00000000000000001" }
}

mock_resource "aws_ebs_volume" {
  defaults = { id = "vol-00000000000000001", arn = "arn:aws:ec2:eu-central-1:111122223333:volume/vol-00000000000000001" }
}

mock_resource "aws_s3_bucket" {
  defaults = { id = "mocked" }
}

mock_resource "aws_s3_object" {
  defaults = { version_id = "mocked" }
}

mock_resource "aws_sns_topic" {
  defaults = { arn = "arn:aws:sns:eu-central-1:111122223333:mocked" }
}
