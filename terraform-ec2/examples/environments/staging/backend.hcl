bucket       = "example-terraform-states"
key          = "pretamane/staging/terraform.tfstate"
region       = "eu-central-1"
encrypt      = true
use_lockfile = true
