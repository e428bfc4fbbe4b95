# The least that has to be said: where, what it is called, and which bundle runs.
# The state stays in this folder; the environments beside show one that a team shares.
terraform {
  required_version = ">= 1.11.0, < 2.0.0"
}

variable "bundle" {
  description = "The path that `make bundle` printed."
  type        = string
}

module "pretamane" {
  source = "../.."

  environment = "production"
  region      = "eu-central-1"
  bundle      = var.bundle
}

output "pretamane" {
  description = "Everything that the root tells."
  value       = module.pretamane
}
