"""What becomes of a host that stands, as its operator plans one thing after another."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.root import SENTINELS, VARIABLES, Root, changes

INSTANCE, VOLUME = "aws_instance.host", "aws_ebs_volume.data"
SUBSCRIPTION, BACKUPS = "aws_sns_topic_subscription.alarms[0]", "aws_s3_bucket.backups"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000000"
TAGS = {"Project": "pretamane", "Environment": "testing", "ManagedBy": "terraform", "Practice": "ours"}

# Each with another value than the one that was applied, here and below.
SETTINGS_OF_THE_INSTANCE = {
    "tags": {"Practice": "another's"},
    "cpu_credits": "unlimited",
    "auto_recovery": True,
    "detailed_monitoring": True,
    "root_volume_gib": 24,
}
CHANGED_AS_IT_RUNS = {"credit_specification", "maintenance_options", "monitoring", "root_block_device", "tags_all"}
# None of the settings: which host it is, and where. README says what becomes of it.
THE_HOST_ITSELF = (
    *("project", "environment", "region", "availability_zone", "subnet_id", "network_cidr", "ipv6", "public_address"),
    *("instance_type", "image_id", "rebuild", "kms_key_arn", "backup_lock_days"),
)


def settings_elsewhere(bundle: Path) -> dict[str, object]:
    return {
        "bundle": str(bundle),
        "settings": {"PUBLIC_URL": "https://other.example.org", "MAIL_FROM": "practice@example.org"},
        "secret_versions": {"TUNNEL_TOKEN": 2, "MAIL_URL": 2, "MODEL_KEY": 2},
        "tunnel_token": "another-tunnel-0123456789",
        "mail_url": "smtp://other.example.org",
        "model_key": "another-model",
        "bedrock_model_arns": ["arn:aws:bedrock:eu-central-1::foundation-model/a-model"],
        "data_volume_gib": 80,
        "data_root": "/srv/elsewhere",
        "reboot_time": "05:00",
        "public_edge": True,
        "mail_port": 587,
        "daily_snapshots": True,
        "snapshot_time": "03:00",
        "snapshots_kept": 14,
        "backup_kept_days": 120,
        "alarm_email": "others@example.org",
        "monthly_budget_usd": 60,
    }


def differing(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def secrets_in(text: str) -> list[str]:
    return [name for name in [*SENTINELS.values(), "sentinel-of-the"] if name in text]


def test_a_second_plan_changes_nothing(applied):
    told = applied.try_terraform("plan", "-detailed-exitcode")

    assert told.returncode == 0, told.stdout + told.stderr


def test_the_instance_has_no_key_pair_and_the_bundle_is_where_the_parameter_says(applied):
    ec2, ssm, s3 = applied.client("ec2"), applied.client("ssm"), applied.client("s3")

    (reservation,) = ec2.describe_instances(Filters=[{"Name": "tag:Name", "Values": ["pretamane-testing"]}])[
        "Reservations"
    ]
    release = json.loads(ssm.get_parameter(Name="/pretamane/testing/release")["Parameter"]["Value"])
    bundle = s3.get_object(Bucket=release["bucket"], Key=release["key"], VersionId=release["object_version"])

    assert "KeyName" not in reservation["Instances"][0]
    assert release["version"] == "0.1.0-000000000000"
    assert bundle["Body"].read() == b"It only has to have a checksum.\n"


def test_every_secret_arrives_and_none_is_in_state_plan_or_user_data(applied, user_data):
    newer = {"TUNNEL_TOKEN": 2, "MAIL_URL": 2, "MODEL_KEY": 2}

    plan = applied.plan("-refresh=false", secret_versions=newer)

    assert len(changes(plan)) == 3
    for name, secret in SENTINELS.items():
        told = applied.client("ssm").get_parameter(
            Name=f"/pretamane/testing/settings/{name.upper()}", WithDecryption=True
        )
        assert told["Parameter"]["Value"] == secret
        assert told["Parameter"]["Type"] == "SecureString"
    assert [secrets_in(text) for text in (json.dumps(plan), applied.state(), user_data)] == [[], [], []]


def test_what_the_host_writes_never_reaches_the_state(applied):
    ssm = applied.client("ssm")
    ssm.put_parameter(
        Name="/pretamane/testing/generated/SIGNING_KEY", Value="sentinel-of-the-host", Type="SecureString"
    )
    ssm.put_parameter(Name="/pretamane/testing/status/boot", Value='{"said": "sentinel-of-the-host"}', Type="String")

    applied.terraform("apply", "-refresh-only", "-auto-approve")

    assert secrets_in(applied.state()) == []


def test_every_variable_is_a_setting_or_what_the_host_itself_is(bundle):
    assert sorted([*settings_elsewhere(bundle), *SETTINGS_OF_THE_INSTANCE, *THE_HOST_ITSELF]) == sorted(VARIABLES)


def test_release_settings_and_more_disk_touch_no_instance(applied, bundle):
    planned = changes(applied.plan("-refresh=false", **settings_elsewhere(bundle)))

    assert planned.keys() >= {
        "aws_s3_object.bundle",
        "aws_ssm_parameter.host",
        "aws_ssm_parameter.release",
        'aws_ssm_parameter.settings["PUBLIC_URL"]',
    }
    assert planned[VOLUME] == ["update"]
    assert INSTANCE not in planned
    assert "aws_volume_attachment.data" not in planned
    assert [address for address, actions in planned.items() if "delete" in actions] == [SUBSCRIPTION]


def test_no_setting_stops_the_instance_or_makes_it_anew(applied):
    plan = applied.plan("-refresh=false", **SETTINGS_OF_THE_INSTANCE)

    (instance,) = [change["change"] for change in plan["resource_changes"] if change["address"] == INSTANCE]
    (disk,), (larger,) = instance["before"]["root_block_device"], instance["after"]["root_block_device"]
    assert instance["actions"] == ["update"]
    assert instance["after_unknown"] == {}
    assert differing(instance["before"], instance["after"]) == CHANGED_AS_IT_RUNS
    assert differing(disk, larger) == {"tags", "volume_size"}
    assert [address for address, actions in changes(plan).items() if "delete" in actions] == []


@pytest.mark.parametrize(
    ("moved", "refusal"),
    [
        ({"availability_zone": "eu-central-1b"}, "The data volume lives in eu-central-1a and cannot move"),
        ({"backup_lock_days": 30}, f"Resource {BACKUPS} has lifecycle.prevent_destroy set"),
        ({"kms_key_arn": KEY}, f"Resource {VOLUME} has lifecycle.prevent_destroy set"),
    ],
    ids=["zone", "lock", "key"],
)
def test_what_would_make_the_kept_anew_is_refused(applied, moved, refusal):
    told = applied.try_terraform("plan", "-refresh=false", **moved)

    assert told.returncode == 1
    assert refusal in " ".join(told.stderr.replace("│", " ").split())


def test_backups_that_are_locked_stay_so(begun):
    told = begun.ruins.result(timeout=300).unlocking

    assert told.returncode == 1
    assert f"Resource {BACKUPS} has lifecycle.prevent_destroy set" in " ".join(told.stderr.replace("│", " ").split())


def test_whatever_is_made_bears_its_tags(applied):
    ec2, project = applied.client("ec2"), {"Name": "tag:Project", "Values": ["pretamane"]}

    (reservation,) = ec2.describe_instances(Filters=[project])["Reservations"]
    volumes = ec2.describe_volumes(Filters=[project])["Volumes"]
    bucket = applied.client("s3").get_bucket_tagging(Bucket="pretamane-testing-releases-123456789012")

    tagged = [reservation["Instances"][0], *volumes]
    bear = [
        {tag["Key"]: tag["Value"] for tag in tags} for tags in (*(each["Tags"] for each in tagged), bucket["TagSet"])
    ]
    assert len(bear) == 4
    assert all(tags.items() >= TAGS.items() for tags in bear)


@pytest.fixture
def newer_user_data(applied: Root):
    template = applied.folder / "templates" / "user-data.sh.tftpl"
    was = template.read_text()
    template.write_text(f"{was}# A line that is new.\n")
    yield
    template.write_text(was)


@pytest.mark.usefixtures("newer_user_data")
def test_a_new_image_and_new_user_data_wait_until_they_are_asked_for(applied):
    newer = applied.images()[1]

    unasked = applied.try_terraform("plan", "-refresh=false", "-detailed-exitcode", image_id=newer)
    asked = applied.plan("-refresh=false", image_id=newer, rebuild=1)

    (instance,) = [change["change"] for change in asked["resource_changes"] if change["address"] == INSTANCE]
    assert unasked.returncode == 0, unasked.stdout
    assert instance["actions"] == ["delete", "create"]
    assert instance["after"]["ami"] == newer
    assert instance["after"]["user_data"] != instance["before"]["user_data"]
    assert VOLUME not in changes(asked)


def test_another_processor_is_refused_while_the_volume_holds_images(applied):
    told = applied.try_terraform("plan", "-refresh=false", instance_type="t4g.medium")

    assert told.returncode == 1
    assert "The data volume holds images for amd64" in told.stderr


def test_another_processor_is_taken_once_somebody_says_that_the_images_are_gone(applied):
    said = "-replace=terraform_data.architecture"

    planned = changes(applied.plan("-refresh=false", said, instance_type="t4g.medium", rebuild=1))

    assert planned[INSTANCE] == ["delete", "create"]
    assert VOLUME not in planned


def test_a_plan_to_destroy_is_refused_for_the_data_volume(applied):
    told = applied.try_terraform("plan", "-destroy", "-refresh=false")

    assert told.returncode == 1
    assert f"Resource {VOLUME} has lifecycle.prevent_destroy set" in " ".join(told.stderr.split())


def test_tearing_down_as_it_is_written_keeps_a_snapshot_and_the_backups(begun):
    root, volume, _ = begun.ruins.result(timeout=300)

    ec2, ours = root.client("ec2"), [{"Name": "volume-id", "Values": [volume]}]
    (snapshot,) = ec2.describe_snapshots(Filters=ours)["Snapshots"]
    left = [volume for volume in ec2.describe_volumes()["Volumes"] if volume["State"] != "deleted"]
    buckets = [bucket["Name"] for bucket in root.client("s3").list_buckets()["Buckets"]]
    assert snapshot["State"] == "completed"
    assert left == []
    assert buckets == ["pretamane-testing-backups-123456789012"]
    assert root.run(["state", "list"], {}).stdout == ""


def test_terraforms_own_tests_pass_against_a_mocked_aws(begun):
    told, _ = begun.mocks.communicate(timeout=300)

    assert begun.mocks.returncode == 0, told
    assert ", 0 failed" in told
