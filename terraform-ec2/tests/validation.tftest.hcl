# Each validation refuses what it is there for. tests/terraform counts that none is left out.
mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  environment = "testing"
  region      = "eu-central-1"
  bundle      = "tests/bundles/pretamane-0.1.0-000000000000.tar"
}

run "one_wrong_value_each" {
  command = plan

  variables {
    project            = "P"
    environment        = "x"
    region             = "Frankfurt"
    subnet_id          = "10.0.0.1"
    network_cidr       = "10.0.0.0/8"
    mail_port          = 80
    instance_type      = "t3.small"
    cpu_credits        = "some"
    image_id           = "ubuntu"
    rebuild            = 0.5
    reboot_time        = "25:00"
    root_volume_gib    = 8
    data_volume_gib    = 10
    data_root          = "/"
    kms_key_arn        = "alias/mine"
    bundle             = "tests/bundles/bundle.tar"
    settings           = { public_url = "https://example.org" }
    secret_versions    = { OTHER = 1 }
    bedrock_model_arns = ["arn:aws:bedrock:eu-central-1::foundation-model/*"]
    snapshot_time      = "2 o'clock"
    snapshots_kept     = 0
    backup_lock_days   = 0
    alarm_email        = "nobody"
    tags               = { Project = "mine" }
  }

  expect_failures = [
    var.project,
    var.environment,
    var.region,
    var.subnet_id,
    var.network_cidr,
    var.mail_port,
    var.instance_type,
    var.cpu_credits,
    var.image_id,
    var.rebuild,
    var.reboot_time,
    var.root_volume_gib,
    var.data_volume_gib,
    var.data_root,
    var.kms_key_arn,
    var.bundle,
    var.settings,
    var.secret_versions,
    var.bedrock_model_arns,
    var.snapshot_time,
    var.snapshots_kept,
    var.backup_lock_days,
    var.alarm_email,
    var.tags,
  ]
}

run "another_wrong_value_each" {
  command = plan

  variables {
    project            = "aws-mine"
    public_address     = false
    instance_type      = "t2.medium"
    data_root          = "/srv"
    network_cidr       = "fd00::/20"
    bundle             = "tests/bundles/pretamane-0.1.0-222222222222.tar"
    settings           = { PUBLIC_URL = "" }
    secret_versions    = { TUNNEL_TOKEN = 0.5 }
    data_volume_gib    = 20.5
    root_volume_gib    = 501
    rebuild            = -1
    snapshots_kept     = 366
    backup_lock_days   = 1.5
    monthly_budget_usd = 25
  }

  expect_failures = [
    var.project,
    var.public_address,
    var.instance_type,
    var.data_root,
    var.network_cidr,
    var.bundle,
    var.settings,
    var.secret_versions,
    var.data_volume_gib,
    var.root_volume_gib,
    var.rebuild,
    var.snapshots_kept,
    var.backup_lock_days,
    var.monthly_budget_usd,
  ]
}

run "a_bundle_that_is_not_what_its_checksum_says" {
  command = plan

  variables {
    bundle   = "tests/bundles/pretamane-0.1.0-111111111111.tar"
    settings = { SIGNING_KEY = "given" }
  }

  expect_failures = [
    var.bundle,
    var.settings,
  ]
}

run "a_secret_in_an_address" {
  command = plan

  variables {
    settings       = { CLAMAV_URL = "tcp://user:word@clamav:3310" } # pragma: allowlist secret: invented
    public_address = false
    public_edge    = true
    subnet_id      = "subnet-00000000000000001"

    backup_kept_days = 3651
  }

  expect_failures = [
    var.backup_kept_days,
    var.settings,
    var.public_edge,
  ]
}

run "a_name_that_is_the_hosts" {
  command = plan

  variables {
    settings           = { HOST_FACTS = "mine" }
    availability_zone  = "eu-west-1a"
    backup_lock_days   = 60
    alarm_email        = "operations@example.org"
    monthly_budget_usd = 0
  }

  expect_failures = [
    var.settings,
    var.availability_zone,
    var.backup_kept_days,
    var.monthly_budget_usd,
  ]
}

run "versions_without_their_secrets" {
  command = plan

  variables {
    secret_versions = { TUNNEL_TOKEN = 1, MAIL_URL = 1, MODEL_KEY = 1 }
  }

  expect_failures = [
    var.tunnel_token,
    var.mail_url,
    var.model_key,
  ]
}

