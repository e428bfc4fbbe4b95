"""What becomes of a host that stands, as its operator plans one thing after another."""

import json

import pytest

from tests.terraform.root import SENTINELS, Root, changes

INSTANCE, VOLUME = "aws_instance.host", "aws_ebs_volume.data"


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


def test_release_settings_and_more_disk_touch_no_instance(applied, bundle):
    settings = {"PUBLIC_URL": "https://other.example.org", "MAIL_FROM": "practice@example.org"}
    wishes = {
        "bundle": str(bundle),
        "settings": settings,
        "data_volume_gib": 80,
        "mail_port": 587,
        "reboot_time": "05:00",
    }

    planned = changes(applied.plan("-refresh=false", **wishes))

    assert planned.keys() >= {
        "aws_s3_object.bundle",
        "aws_ssm_parameter.release",
        'aws_ssm_parameter.settings["PUBLIC_URL"]',
    }
    assert planned[VOLUME] == ["update"]
    assert INSTANCE not in planned
    assert "aws_volume_attachment.data" not in planned
    assert not [address for address, actions in planned.items() if "delete" in actions]


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
    root, volume = begun.ruins.result(timeout=300)

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
