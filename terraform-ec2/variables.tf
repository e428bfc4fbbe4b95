# Names and place

variable "project" {
  description = "First part of every name and of the path of every parameter."
  type        = string
  default     = "pretamane"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.project))
    error_message = "The project is 3 to 20 lower-case letters, digits and dashes, and begins with a letter."
  }

  validation {
    condition     = !startswith(var.project, "aws") && !startswith(var.project, "ssm")
    error_message = "AWS keeps parameter paths that begin with aws or ssm for itself."
  }
}

variable "environment" {
  description = "Which of several, such as staging or production: second part of every name and path."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.environment))
    error_message = "The environment is 3 to 20 lower-case letters, digits and dashes, and begins with a letter."
  }
}

variable "region" {
  description = "The AWS region that everything is in, such as eu-central-1."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "The region is written like eu-central-1."
  }
}

variable "availability_zone" {
  description = "The zone of a network made here; unset, the region's first. Only the first apply heeds it, because the data volume cannot move."
  type        = string
  default     = null

  validation {
    condition     = var.availability_zone == null || can(regex("^${var.region}[a-z]$", var.availability_zone))
    error_message = "The availability zone is the region and one letter, such as eu-central-1a."
  }
}

variable "tags" {
  description = "Tags for everything, beside Project, Environment and ManagedBy."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = length(setintersection(keys(var.tags), ["Project", "Environment", "ManagedBy", "Name"])) == 0
    error_message = "Project, Environment, ManagedBy and Name are set here and cannot be given as tags."
  }
}

# Network

variable "subnet_id" {
  description = "A subnet of your own with a way out to the internet; unset, a network with one public subnet is made."
  type        = string
  default     = null

  validation {
    condition     = var.subnet_id == null || can(regex("^subnet-[0-9a-f]{8,17}$", var.subnet_id))
    error_message = "The subnet is written like subnet-0123456789abcdef0."
  }
}

variable "network_cidr" {
  description = "The IPv4 range of the network made here."
  type        = string
  default     = "10.86.0.0/24"
  nullable    = false

  validation {
    condition     = can(cidrhost(var.network_cidr, 1)) && can(regex("^[0-9.]+/(1[6-9]|2[0-8])$", var.network_cidr))
    error_message = "The network is an IPv4 range between /16 and /28, such as 10.86.0.0/24."
  }
}

variable "ipv6" {
  description = "Whether the network made here has IPv6 beside IPv4."
  type        = bool
  default     = true
  nullable    = false
}

variable "public_address" {
  description = "Whether the instance has a public IPv4 address to go out by. Off only in a subnet of your own that has a NAT gateway."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = var.public_address || var.subnet_id != null
    error_message = "Without a public address the network made here has no way out: give a subnet_id that has one."
  }
}

variable "public_edge" {
  description = "Whether browsers reach the instance itself on ports 80 and 443, at a fixed address, instead of through a tunnel."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.public_edge || var.public_address
    error_message = "A public edge needs a public address."
  }
}

variable "mail_port" {
  description = "The port of your mail server, which is then open outwards; unset, no mail port is."
  type        = number
  default     = null

  validation {
    condition     = var.mail_port == null || try(contains([25, 465, 587, 2525], var.mail_port), false)
    error_message = "The mail port is 25, 465, 587 or 2525."
  }
}

# Instance

variable "instance_type" {
  description = "The instance's type, with 4 GiB of memory or more. A change stops and starts the instance."
  type        = string
  default     = "t3.medium"
  nullable    = false

  validation {
    condition     = can(regex("^(t[34][a-z]*\\.medium|[a-z][a-z0-9-]*[0-9][a-z-]*\\.([0-9]*x)?large)$", var.instance_type))
    error_message = "The instance type is t3.medium, t4g.medium or larger: the stack needs 4 GiB of memory."
  }
}

variable "cpu_credits" {
  description = "What a burstable type does when its credits are used up: unlimited costs more, standard slows down."
  type        = string
  default     = "unlimited"
  nullable    = false

  validation {
    condition     = contains(["unlimited", "standard"], var.cpu_credits)
    error_message = "CPU credits are unlimited or standard."
  }
}

variable "image_id" {
  description = "An image of your own, made from Ubuntu 24.04 with the SSM agent; unset, Canonical's current one."
  type        = string
  default     = null

  validation {
    condition     = var.image_id == null || can(regex("^ami-[0-9a-f]{8,17}$", var.image_id))
    error_message = "The image is written like ami-0123456789abcdef0."
  }
}

variable "rebuild" {
  description = "Raise it to replace the instance by one of the current image and user data, on the same data volume. Nothing else takes those over."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.rebuild >= 0 && floor(var.rebuild) == var.rebuild
    error_message = "Rebuild is a whole number, raised by one for each rebuilding."
  }
}

variable "auto_recovery" {
  description = "Whether AWS moves the instance to healthy hardware by itself."
  type        = bool
  default     = true
  nullable    = false
}

variable "detailed_monitoring" {
  description = "Whether EC2 reports every minute instead of every five, for a charge; the stack's own Prometheus needs neither."
  type        = bool
  default     = false
  nullable    = false
}

variable "reboot_time" {
  description = "When security upgrades may reboot the host, in UTC, such as 04:30."
  type        = string
  default     = "04:30"
  nullable    = false

  validation {
    condition     = can(regex("^([01][0-9]|2[0-3]):[0-5][0-9]$", var.reboot_time))
    error_message = "The time of reboots is written like 04:30."
  }
}

# Disks

variable "root_volume_gib" {
  description = "The system disk, in GiB. It holds no data that is kept."
  type        = number
  default     = 16
  nullable    = false

  validation {
    condition     = var.root_volume_gib >= 12 && var.root_volume_gib <= 500 && floor(var.root_volume_gib) == var.root_volume_gib
    error_message = "The system disk has 12 to 500 GiB."
  }
}

variable "data_volume_gib" {
  description = "The data volume, in GiB: documents, databases, Docker's own data. It can grow at any time and never shrinks."
  type        = number
  default     = 40
  nullable    = false

  validation {
    condition     = var.data_volume_gib >= 20 && var.data_volume_gib <= 16384 && floor(var.data_volume_gib) == var.data_volume_gib
    error_message = "The data volume has 20 to 16384 GiB."
  }
}

variable "data_root" {
  description = "Where the host mounts the data volume."
  type        = string
  default     = "/srv/pretamane"
  nullable    = false

  validation {
    condition     = can(regex("^/(srv|mnt|data)(/[a-z0-9][a-z0-9_-]*)+$", var.data_root))
    error_message = "The data root is a folder below /srv, /mnt or /data, in lower-case letters, digits, dashes and underscores."
  }
}

variable "kms_key_arn" {
  description = "A key of your own for disks, buckets and secrets; unset, AWS's own keys for each service."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[0-9a-f-]+$", var.kms_key_arn))
    error_message = "The key is given by its full ARN, not by an alias."
  }
}

# Release and settings

variable "bundle" {
  description = "The bundle to run, as `make bundle` printed its path; its .sha256 lies beside it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("(^|/)pretamane-[0-9][0-9A-Za-z.]*-[0-9a-f]{12}\\.tar$", var.bundle))
    error_message = "The bundle is a file that `make bundle` made: pretamane-VERSION.tar."
  }

  validation {
    condition     = fileexists(var.bundle) && fileexists("${var.bundle}.sha256")
    error_message = "The bundle, or the checksum beside it, is not there: run `make bundle`."
  }

  validation {
    condition     = try(filesha256(var.bundle) == split(" ", file("${var.bundle}.sha256"))[0], true)
    error_message = "The bundle does not have the checksum that lies beside it: run `make bundle` again."
  }
}

variable "settings" {
  description = "Settings of docs/settings.md that are no secrets, such as PUBLIC_URL. They land in the state in plain sight."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.settings) : can(regex("^[A-Z][A-Z0-9_]*$", name))])
    error_message = "A setting's name is written as in docs/settings.md, such as PUBLIC_URL."
  }

  validation {
    condition     = alltrue([for value in values(var.settings) : try(length(value) > 0 && length(value) <= 4096, false)])
    error_message = "A setting has 1 to 4096 characters; leave out what is not set."
  }

  validation {
    condition     = alltrue([for name in keys(var.settings) : !can(regex("(PASSWORD|SECRET|TOKEN|_KEY$|^DATABASE_|^MAIL_URL$|^BLOB_URL$|_KEY_|CREDENTIAL)", name))])
    error_message = "What can hold a secret is not given here, where it would land in the state: see secret_versions."
  }

  validation {
    condition     = alltrue([for value in values(var.settings) : !can(regex("://[^/?#]*@", value))])
    error_message = "An address with a user or a password before its host is a secret, and would land in the state."
  }

  validation {
    condition     = !contains(keys(var.settings), "HOST_FACTS")
    error_message = "HOST_FACTS is written here, for the host."
  }
}

variable "secret_versions" {
  description = "Which secrets are given by Terraform, each with a number that is raised to write it anew: TUNNEL_TOKEN, MAIL_URL, MODEL_KEY."
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = length(setsubtract(keys(var.secret_versions), ["TUNNEL_TOKEN", "MAIL_URL", "MODEL_KEY"])) == 0
    error_message = "The secrets that can be given are TUNNEL_TOKEN, MAIL_URL and MODEL_KEY."
  }

  validation {
    condition     = alltrue([for version in values(var.secret_versions) : try(version >= 1 && floor(version) == version, false)])
    error_message = "A secret's version is a whole number from 1."
  }
}

variable "tunnel_token" {
  description = "The Cloudflare tunnel's token, with secret_versions.TUNNEL_TOKEN; without it a quick tunnel gets an address by itself."
  type        = string
  default     = null
  ephemeral   = true
  sensitive   = true

  validation {
    condition     = !contains(keys(var.secret_versions), "TUNNEL_TOKEN") || try(length(trimspace(var.tunnel_token)) >= 20, false)
    error_message = "secret_versions names TUNNEL_TOKEN, so the tunnel_token is needed for every plan, in TF_VAR_tunnel_token."
  }
}

variable "mail_url" {
  description = "The mail server with its user and password, as MAIL_URL of docs/settings.md, with secret_versions.MAIL_URL."
  type        = string
  default     = null
  ephemeral   = true
  sensitive   = true

  validation {
    condition     = !contains(keys(var.secret_versions), "MAIL_URL") || try(can(regex("^(log:|smtps?://.+)", var.mail_url)), false)
    error_message = "secret_versions names MAIL_URL, so a mail_url that begins with smtp:// or smtps:// is needed for every plan, in TF_VAR_mail_url."
  }
}

variable "model_key" {
  description = "The key for an outside language model, with secret_versions.MODEL_KEY."
  type        = string
  default     = null
  ephemeral   = true
  sensitive   = true

  validation {
    condition     = !contains(keys(var.secret_versions), "MODEL_KEY") || try(length(trimspace(var.model_key)) >= 8, false)
    error_message = "secret_versions names MODEL_KEY, so the model_key is needed for every plan, in TF_VAR_model_key."
  }
}

variable "bedrock_model_arns" {
  description = "The Bedrock models and inference profiles that the assistant may call, by their ARNs; none, no access to Bedrock."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.bedrock_model_arns : can(regex("^arn:aws[a-z-]*:bedrock:[a-z0-9-]+:[0-9]*:(foundation-model|inference-profile)/[^*?]+$", arn))])
    error_message = "A Bedrock model is named by its full ARN, without * or ?."
  }
}

# Backups, alarms, costs

variable "daily_snapshots" {
  description = "Whether a snapshot of the data volume is made every day."
  type        = bool
  default     = true
  nullable    = false
}

variable "snapshot_time" {
  description = "When the daily snapshot begins, in UTC, such as 02:10."
  type        = string
  default     = "02:10"
  nullable    = false

  validation {
    condition     = can(regex("^([01][0-9]|2[0-3]):[0-5][0-9]$", var.snapshot_time))
    error_message = "The time of snapshots is written like 02:10."
  }
}

variable "snapshots_kept" {
  description = "How many daily snapshots are kept."
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition     = var.snapshots_kept >= 1 && var.snapshots_kept <= 365 && floor(var.snapshots_kept) == var.snapshots_kept
    error_message = "Between 1 and 365 snapshots are kept."
  }
}

variable "backup_lock_days" {
  description = "Days for which a backup in the bucket can be neither changed nor removed; unset, no lock. To be decided before the first apply: a bucket gains or loses its lock only by being made anew."
  type        = number
  default     = null

  validation {
    condition     = var.backup_lock_days == null || try(var.backup_lock_days >= 1 && var.backup_lock_days <= 3650 && floor(var.backup_lock_days) == var.backup_lock_days, false)
    error_message = "Backups are locked for 1 to 3650 days."
  }
}

variable "backup_kept_days" {
  description = "Days for which each night's backup is kept in the bucket, and then for 30 more as one that was removed. More than 90, and it is kept cold from the 90th on; with the 30 of the default none ever is."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.backup_kept_days >= 1 && var.backup_kept_days <= 3650 && floor(var.backup_kept_days) == var.backup_kept_days
    error_message = "Backups are kept for 1 to 3650 days."
  }

  validation {
    condition     = var.backup_kept_days >= coalesce(var.backup_lock_days, 1)
    error_message = "Backups are kept for as long as they are locked, or longer."
  }
}

variable "alarm_email" {
  description = "Who hears of alarms and of the budget; the address has to be confirmed once. Unset, alarms are only to be seen."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_email == null || can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.alarm_email))
    error_message = "The address for alarms is a mail address."
  }
}

variable "monthly_budget_usd" {
  description = "Dollars a month that are meant to be enough; at 80 % of them, and when more is foreseen, alarm_email is told. Unset, no budget."
  type        = number
  default     = null

  validation {
    condition     = var.monthly_budget_usd == null || try(var.monthly_budget_usd > 0, false)
    error_message = "The budget is more than 0 dollars."
  }

  validation {
    condition     = var.monthly_budget_usd == null || var.alarm_email != null
    error_message = "A budget needs an alarm_email that is told of it."
  }
}
