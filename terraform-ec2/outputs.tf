output "instance_id" {
  description = "The instance that runs now; a rebuilding changes it."
  value       = aws_instance.host.id
}

output "data_volume_id" {
  description = "The volume that holds everything that is kept."
  value       = aws_ebs_volume.data.id
}

output "backup_bucket" {
  description = "Where backups go."
  value       = aws_s3_bucket.backups.id
}

output "parameter_path" {
  description = "The path below which settings, secrets, release and status are kept in Parameter Store."
  value       = local.path
}

output "release" {
  description = "The release that deploy.sh brings to the host, and that a new host begins with."
  value       = local.release.version
}

output "public_address" {
  description = "What a domain's A record names when public_edge is on; nothing otherwise."
  value       = var.public_edge ? aws_eip.edge[0].public_ip : null
}

output "wait_for_boot" {
  description = "Follows the first boot to its end: the address, or the phase that failed and its log."
  value       = "scripts/wait-for-boot.sh ${var.region} ${local.path} ${aws_instance.host.id}"
}

output "watch_boot" {
  description = "Shows how far the host is: phase, state, time, and the error if there is one."
  value       = "aws ssm get-parameter --region ${var.region} --name ${local.path}/status/boot --query Parameter.Value --output text"
}

output "open_session" {
  description = "Opens a shell on the host; it needs AWS's Session Manager plugin."
  value       = "aws ssm start-session --region ${var.region} --target ${aws_instance.host.id}"
}

output "read_address" {
  description = "Shows where the platform is to be found: the tunnel's address, or your own domain."
  value       = "aws ssm get-parameter --region ${var.region} --name ${local.path}/status/address --query Parameter.Value --output text"
}

output "first_administrator" {
  description = "Prints the first administrator's link, which works once."
  value       = "aws ssm start-session --region ${var.region} --target ${aws_instance.host.id} --document-name AWS-StartInteractiveCommand --parameters command='sudo pretamane-host admin create'"
}

output "take_release" {
  description = "Has the host take the release that its parameter names, without a pause; it goes on when the session ends."
  value       = "aws ssm start-session --region ${var.region} --target ${aws_instance.host.id} --document-name AWS-StartInteractiveCommand --parameters command='sudo systemd-run --collect --unit pretamane-release pretamane-host release && sudo journalctl --follow --output cat --unit pretamane-release'"
}
