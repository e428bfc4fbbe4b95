# In a private subnet of your own, whose NAT gateway is the way out. The instance has no public address at all.
terraform {
  required_version = ">= 1.11.0, < 2.0.0"
}

variable "bundle" {
  description = "The path that `make bundle` printed."
  type        = string
}

variable "subnet_id" {
  description = "The private subnet. Its network's own DNS server, if it is not AWS's, needs a rule outwards of yours."
  type        = string
}

module "pretamane" {
  source = "../.."

  environment    = "production"
  region         = "eu-central-1"
  bundle         = var.bundle
  subnet_id      = var.subnet_id
  public_address = false
  mail_port      = 587
}

output "pretamane" {
  description = "Everything that the root tells."
  value       = module.pretamane
}
