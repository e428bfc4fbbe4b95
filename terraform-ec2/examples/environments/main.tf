# Staging and production from one code. What differs is in the folder of each: where its state lies, and its values.
#
#   terraform init -reconfigure -backend-config=staging/backend.hcl
#   terraform apply -var-file=staging/example.tfvars -var bundle=../../../dist/pretamane-….tar
terraform {
  required_version = ">= 1.11.0, < 2.0.0"

  # Filled in by backend.hcl: an encrypted, versioned bucket of your own, in which a file is the lock.
  backend "s3" {}
}

variable "environment" {
  description = "Staging or production."
  type        = string
}

variable "region" {
  description = "The AWS region."
  type        = string
}

variable "bundle" {
  description = "The path that `make bundle` printed."
  type        = string
}

variable "instance_type" {
  description = "The instance's type."
  type        = string
}

variable "data_volume_gib" {
  description = "The data volume, in GiB."
  type        = number
}

variable "settings" {
  description = "Settings that are no secrets."
  type        = map(string)
}

variable "mail_port" {
  description = "The mail server's port."
  type        = number
  default     = null
}

variable "secret_versions" {
  description = "Which secrets are given, and how often they were changed."
  type        = map(number)
}

variable "tunnel_token" {
  description = "The tunnel's token, from TF_VAR_tunnel_token."
  type        = string
  default     = null
  ephemeral   = true
  sensitive   = true
}

variable "mail_url" {
  description = "The mail server with user and password, from TF_VAR_mail_url."
  type        = string
  default     = null
  ephemeral   = true
  sensitive   = true
}

variable "alarm_email" {
  description = "Who hears of alarms."
  type        = string
}

module "pretamane" {
  source = "../.."

  environment     = var.environment
  region          = var.region
  bundle          = var.bundle
  instance_type   = var.instance_type
  data_volume_gib = var.data_volume_gib
  settings        = var.settings
  mail_port       = var.mail_port
  secret_versions = var.secret_versions
  tunnel_token    = var.tunnel_token
  mail_url        = var.mail_url
  alarm_email     = var.alarm_email
}

output "pretamane" {
  description = "Everything that the root tells."
  value       = module.pretamane
}
