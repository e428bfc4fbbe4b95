environment     = "staging"
region          = "eu-central-1"
instance_type   = "t3.medium"
data_volume_gib = 20
settings        = { PUBLIC_URL = "https://staging.example.org" }
secret_versions = { TUNNEL_TOKEN = 1 }
alarm_email     = "operations@example.org"
