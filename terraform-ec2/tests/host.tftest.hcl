# What a host is and what may reach it. Every resource is planned against a mocked AWS.
mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  environment = "testing"
  region      = "eu-central-1"
  bundle      = "tests/bundles/pretamane-0.1.0-000000000000.tar"
}

run "a_host_as_it_comes" {
  command = plan

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.ipv4) + length(aws_vpc_security_group_ingress_rule.ipv6) == 0
    error_message = "Something may come in."
  }

  assert {
    condition     = length(aws_eip.edge) == 0
    error_message = "A fixed address is paid for that nobody uses."
  }

  assert {
    condition = toset([for rule in concat(values(aws_vpc_security_group_egress_rule.ipv4), values(aws_vpc_security_group_egress_rule.ipv6)) :
      "${rule.ip_protocol} ${rule.from_port}-${rule.to_port}"
    ]) == toset(["tcp 80-80", "tcp 443-443", "tcp 7844-7844", "udp 7844-7844"])
    error_message = "Another port is open outwards."
  }

  assert {
    condition     = aws_instance.host.metadata_options[0].http_tokens == "required" && aws_instance.host.metadata_options[0].http_put_response_hop_limit == 1
    error_message = "Containers, or requests without a token, could read the instance's credentials."
  }

  assert {
    condition     = aws_instance.host.instance_type == "t3.medium" && aws_instance.host.ebs_optimized
    error_message = "The instance is not what the costs are reckoned with."
  }

  assert {
    condition     = aws_instance.host.user_data_replace_on_change == false
    error_message = "Changed user data would replace the instance."
  }

  assert {
    condition     = aws_instance.host.maintenance_options[0].auto_recovery == "default"
    error_message = "The instance does not recover by itself."
  }

  assert {
    condition     = aws_instance.host.root_block_device[0].encrypted && aws_instance.host.root_block_device[0].volume_type == "gp3"
    error_message = "The system disk is not an encrypted gp3."
  }

  assert {
    condition     = aws_ebs_volume.data.encrypted && aws_ebs_volume.data.type == "gp3" && aws_ebs_volume.data.final_snapshot
    error_message = "The data volume is not an encrypted gp3 with a snapshot at its end."
  }

  assert {
    condition     = aws_volume_attachment.data.stop_instance_before_detaching && !coalesce(aws_volume_attachment.data.force_detach, false)
    error_message = "The data volume would be unplugged while the databases run."
  }

  assert {
    condition     = aws_ebs_volume.data.availability_zone == aws_subnet.public[0].availability_zone
    error_message = "The data volume is in another zone than the instance."
  }

  assert {
    condition     = length(local.user_data) < 12000
    error_message = "The user data is ${length(local.user_data)} bytes long."
  }

  assert {
    condition     = strcontains(local.user_data, "/pretamane/testing") && strcontains(local.user_data, "eu-central-1")
    error_message = "The user data does not know whose parameters it reads."
  }

  assert {
    condition     = aws_dlm_lifecycle_policy.daily[0].policy_details[0].schedule[0].retain_rule[0].count == 7 && aws_dlm_lifecycle_policy.daily[0].policy_details[0].target_tags.Snapshot == aws_ebs_volume.data.tags.Snapshot
    error_message = "The data volume is not the one that gets seven daily snapshots."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.host["system"].alarm_actions == toset(["arn:aws:automate:eu-central-1:ec2:recover"])
    error_message = "Failed hardware moves nothing."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.host["instance"].alarm_actions == toset(["arn:aws:automate:eu-central-1:ec2:reboot"])
    error_message = "A host that does not answer its own network is not rebooted."
  }

  assert {
    condition     = aws_instance.host.associate_public_ip_address
    error_message = "The instance has no way out of the network made here."
  }

  assert {
    condition     = length(aws_sns_topic.alarms) + length(aws_budgets_budget.month) == 0
    error_message = "Somebody is told who was not named."
  }

  assert {
    condition     = alltrue([for bucket in [aws_s3_bucket_public_access_block.releases, aws_s3_bucket_public_access_block.backups] : bucket.block_public_acls && bucket.block_public_policy && bucket.ignore_public_acls && bucket.restrict_public_buckets])
    error_message = "A bucket could be made public."
  }

  assert {
    condition     = alltrue([for bucket in [aws_s3_bucket_versioning.releases, aws_s3_bucket_versioning.backups] : bucket.versioning_configuration[0].status == "Enabled"])
    error_message = "A bucket forgets what was overwritten."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.backups.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "Backups are not encrypted."
  }

  assert {
    condition = alltrue([
      for rule in aws_s3_bucket_lifecycle_configuration.backups.rule :
      rule.noncurrent_version_expiration[0].noncurrent_days == 30 &&
      rule.abort_incomplete_multipart_upload[0].days_after_initiation == 1 &&
      rule.expiration[0].days == 30 && length(rule.transition) == 0
    ])
    error_message = "Backups do not age as it is written."
  }

  assert {
    condition = alltrue([
      for rule in aws_s3_bucket_lifecycle_configuration.releases.rule :
      rule.status == "Enabled" && length(rule.expiration) == 0 &&
      rule.noncurrent_version_expiration[0].noncurrent_days == 90 &&
      rule.abort_incomplete_multipart_upload[0].days_after_initiation == 1
    ])
    error_message = "Old bundles stay for ever, or the one in use goes."
  }

  assert {
    condition     = length(aws_s3_bucket_object_lock_configuration.backups) == 0 && !aws_s3_bucket.backups.object_lock_enabled
    error_message = "Backups are locked without having been asked for."
  }

  assert {
    condition     = jsondecode(aws_ssm_parameter.release.value).version == "0.1.0-000000000000" && jsondecode(aws_ssm_parameter.release.value).sha256 == filesha256(var.bundle)
    error_message = "The release parameter does not name the bundle."
  }

  assert {
    condition     = output.watch_boot == "aws ssm get-parameter --region eu-central-1 --name /pretamane/testing/status/boot --query Parameter.Value --output text"
    error_message = "Whoever watches the boot looks elsewhere."
  }

  assert {
    condition     = output.read_address == "aws ssm get-parameter --region eu-central-1 --name /pretamane/testing/status/address --query Parameter.Value --output text"
    error_message = "Whoever asks for the address looks elsewhere."
  }

  assert {
    condition     = output.open_session == "aws ssm start-session --region eu-central-1 --target i-00000000000000001"
    error_message = "A session is opened on another host."
  }

  assert {
    condition     = output.first_administrator == "${output.open_session} --document-name AWS-StartInteractiveCommand --parameters command='sudo pretamane-host admin create'"
    error_message = "The first administrator gets no link."
  }
}

run "a_public_edge" {
  command = plan

  variables {
    public_edge = true
    mail_port   = 587
  }

  assert {
    condition = toset([for rule in concat(values(aws_vpc_security_group_ingress_rule.ipv4), values(aws_vpc_security_group_ingress_rule.ipv6)) :
      "${rule.ip_protocol} ${rule.from_port}-${rule.to_port}"
    ]) == toset(["tcp 80-80", "tcp 443-443"])
    error_message = "The public edge is not ports 80 and 443 alone."
  }

  assert {
    condition     = length(aws_eip.edge) == 1
    error_message = "A domain has no address to name."
  }

  assert {
    condition     = aws_vpc_security_group_egress_rule.ipv4["mail"].from_port == 587 && aws_vpc_security_group_egress_rule.ipv4["mail"].to_port == 587
    error_message = "Mail does not get out."
  }
}

run "a_subnet_of_ones_own" {
  command = plan

  variables {
    subnet_id      = "subnet-00000000000000001"
    public_address = false
  }

  assert {
    condition     = length(aws_vpc.main) + length(aws_subnet.public) + length(aws_internet_gateway.main) == 0
    error_message = "A network is made although one was given."
  }

  assert {
    condition     = aws_instance.host.subnet_id == "subnet-00000000000000001" && !aws_instance.host.associate_public_ip_address
    error_message = "The instance is elsewhere, or has a public address."
  }

  assert {
    condition     = aws_ebs_volume.data.availability_zone == "eu-central-1b" && aws_security_group.host.vpc_id == "vpc-00000000000000001"
    error_message = "Volume and rules do not follow the subnet."
  }
}

run "everything_asked_for" {
  command = plan

  variables {
    instance_type       = "t4g.medium"
    kms_key_arn         = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-0000-0000-000000000000"
    backup_lock_days    = 30
    backup_kept_days    = 120
    alarm_email         = "operations@example.org"
    monthly_budget_usd  = 60
    detailed_monitoring = true
    snapshots_kept      = 14
  }

  assert {
    condition     = local.architecture == "arm64" && strcontains(data.aws_ssm_parameter.image[0].name, "/arm64/")
    error_message = "An arm instance gets another processor's image."
  }

  assert {
    condition     = aws_ebs_volume.data.kms_key_id == var.kms_key_arn && aws_instance.host.root_block_device[0].kms_key_id == var.kms_key_arn
    error_message = "A disk is not encrypted by the key that was given."
  }

  assert {
    condition     = local.host_facts.kms_key_arn == var.kms_key_arn
    error_message = "The host does not hear of the key for the secrets that it makes."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.backups.rule).apply_server_side_encryption_by_default).kms_master_key_id == var.kms_key_arn
    error_message = "Backups are not encrypted by the key that was given."
  }

  assert {
    condition     = one(aws_s3_bucket_lifecycle_configuration.backups.rule[0].expiration[*].days) == 120 && one(aws_s3_bucket_lifecycle_configuration.backups.rule[0].transition[*].days) == 90
    error_message = "Backups do not grow cold and end as asked for."
  }

  assert {
    condition     = aws_s3_bucket.backups.object_lock_enabled && aws_s3_bucket_object_lock_configuration.backups[0].rule[0].default_retention[0].days == 30
    error_message = "Backups are not locked."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.host : contains(alarm.alarm_actions, aws_sns_topic.alarms[0].arn)])
    error_message = "An alarm tells nobody."
  }

  assert {
    condition     = aws_budgets_budget.month[0].limit_amount == "60" && contains(one(aws_budgets_budget.month[0].cost_filter[*].values), "user:Environment$testing")
    error_message = "The budget is another's."
  }

  assert {
    condition     = aws_instance.host.monitoring && aws_dlm_lifecycle_policy.daily[0].policy_details[0].schedule[0].retain_rule[0].count == 14
    error_message = "Monitoring or snapshots are not as asked for."
  }
}
