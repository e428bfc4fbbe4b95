bucket       = "example-terraform-states"
key          = "pretamane/production/terraform.tfstate"
region       = "eu-central-1"
encrypt      = true
use_lockfile = true
