locals {
  told = var.alarm_email == null ? [] : [aws_sns_topic.alarms[0].arn]

  alarms = merge({
    system = {
      metric      = "StatusCheckFailed_System"
      description = "AWS's hardware or network below the host has failed; the instance is being moved."
      actions     = ["${local.arn}:automate:${var.region}:ec2:recover"]
      period      = 60
      evaluations = 2
      threshold   = 1
      operator    = "GreaterThanOrEqualToThreshold"
      statistic   = "Maximum"
    }
    instance = {
      metric      = "StatusCheckFailed_Instance"
      description = "The host does not answer its own network; it is being rebooted."
      actions     = ["${local.arn}:automate:${var.region}:ec2:reboot"]
      period      = 60
      evaluations = 5
      threshold   = 1
      operator    = "GreaterThanOrEqualToThreshold"
      statistic   = "Maximum"
    }
    disk = {
      metric      = "StatusCheckFailed_AttachedEBS"
      description = "A disk of the host does not answer."
      actions     = []
      period      = 60
      evaluations = 5
      threshold   = 1
      operator    = "GreaterThanOrEqualToThreshold"
      statistic   = "Maximum"
    }
    cpu = {
      metric      = "CPUUtilization"
      description = "The host has been busy for an hour."
      actions     = []
      period      = 300
      evaluations = 12
      threshold   = 90
      operator    = "GreaterThanOrEqualToThreshold"
      statistic   = "Average"
    }
    }, local.burstable ? {
    credits = {
      metric      = var.cpu_credits == "unlimited" ? "CPUSurplusCreditsCharged" : "CPUCreditBalance"
      description = var.cpu_credits == "unlimited" ? "The host computes more than its type includes, for a charge." : "The host's CPU credits are nearly used up; it will slow down."
      actions     = []
      period      = 300
      evaluations = 3
      threshold   = var.cpu_credits == "unlimited" ? 0 : 20
      operator    = var.cpu_credits == "unlimited" ? "GreaterThanThreshold" : "LessThanThreshold"
      statistic   = "Average"
    }
  } : {})
}

resource "aws_cloudwatch_metric_alarm" "host" {
  for_each = local.alarms

  alarm_name          = "${local.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = "AWS/EC2"
  metric_name         = each.value.metric
  dimensions          = { InstanceId = aws_instance.host.id }
  statistic           = each.value.statistic
  period              = each.value.period
  evaluation_periods  = each.value.evaluations
  threshold           = each.value.threshold
  comparison_operator = each.value.operator
  treat_missing_data  = "missing"
  alarm_actions       = concat(each.value.actions, local.told)
  ok_actions          = local.told
}

# Not encrypted by AWS's own key, which lets no alarm publish; an alarm names a host and a metric, nothing secret.
resource "aws_sns_topic" "alarms" {
  count = var.alarm_email == null ? 0 : 1

  name              = "${local.name}-alarms"
  kms_master_key_id = var.kms_key_arn
}

resource "aws_sns_topic_subscription" "alarms" {
  count = var.alarm_email == null ? 0 : 1

  topic_arn = aws_sns_topic.alarms[0].arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

resource "aws_budgets_budget" "month" {
  count = var.monthly_budget_usd == null ? 0 : 1

  name         = local.name
  budget_type  = "COST"
  limit_amount = tostring(var.monthly_budget_usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  # Counts what bears this tag, once the account's owner has made Environment and Project cost allocation tags.
  cost_filter {
    name   = "TagKeyValue"
    values = [join("$", ["user:Environment", var.environment])]
  }

  notification {
    comparison_operator        = "GREATER_THAN"
    threshold                  = 80
    threshold_type             = "PERCENTAGE"
    notification_type          = "ACTUAL"
    subscriber_email_addresses = [var.alarm_email]
  }

  notification {
    comparison_operator        = "GREATER_THAN"
    threshold                  = 100
    threshold_type             = "PERCENTAGE"
    notification_type          = "FORECASTED"
    subscriber_email_addresses = [var.alarm_email]
  }
}
