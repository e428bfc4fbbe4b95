environment     = "production"
region          = "eu-central-1"
instance_type   = "t3.large"
data_volume_gib = 100
settings        = { PUBLIC_URL = "https://example.org", MAIL_FROM = "practice@example.org" }
mail_port       = 465
secret_versions = { TUNNEL_TOKEN = 1, MAIL_URL = 1 }
alarm_email     = "operations@example.org"
