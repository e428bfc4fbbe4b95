"""One copy of terraform-ec2, with its own state, that is planned and applied against an address."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import boto3

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "terraform-ec2"
TERRAFORM = shutil.which("terraform")
BUNDLE = SOURCE / "tests" / "bundles" / "pretamane-0.1.0-000000000000.tar"
PROVIDER = "registry.terraform.io/hashicorp/aws"
PLACES = ("/usr/share/terraform/plugins", "/usr/local/share/terraform/plugins", "~/.terraform.d/plugins")

VARIABLES = re.findall(r'^variable "(\w+)"', (SOURCE / "variables.tf").read_text(), flags=re.MULTILINE)

SENTINELS = {
    "tunnel_token": "sentinel-of-the-tunnel-0123456789",
    "mail_url": "smtps://practice:sentinel-of-the-mail@mail.example.org:465",  # pragma: allowlist secret: invented
    "model_key": "sentinel-of-the-model",
}

# moto takes Deny statements without their conditions, waits a minute for each life cycle, and forgets the rules of an
# instance with a public address. Terraform's own tests, with a mocked AWS, look at all three. An override changes the
# copy that is tested alone: a variable for it would be a switch by which people could open their buckets.
OVERRIDES = """
resource "aws_s3_bucket_policy" "releases" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [local.host_keeps_backups] })
}

resource "aws_s3_bucket_lifecycle_configuration" "releases" {
  count = 0
}

resource "aws_s3_bucket_lifecycle_configuration" "backups" {
  count = 0
}

resource "aws_instance" "host" {
  associate_public_ip_address = null
}
"""


def plugin_folder() -> Path | None:
    """Where this machine keeps providers, as `terraform init -plugin-dir` takes them."""
    folders = [Path(place).expanduser() for place in PLACES] + sorted(Path("/opt").glob("*"))
    return next((folder for folder in folders if (folder / PROVIDER).is_dir()), None)


PLUGINS = plugin_folder()


def environment(endpoint: str = "http://127.0.0.1:9") -> dict[str, str]:
    """Nothing of the caller's AWS or Terraform: a test must never reach a real account."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))}
    invented = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "invented")
    limits = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "2", "CHECKPOINT_DISABLE": "1"}
    return kept | invented | limits | {"AWS_ENDPOINT_URL": endpoint, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


def prepare(folder: Path) -> Path:
    """A copy of the root that has its provider."""
    copy = folder / "terraform-ec2"
    shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*", "*.auto.tfvars"))
    initialise(copy)
    return copy


def initialise(folder: Path, *more: str) -> None:
    command = [str(TERRAFORM), "init", "-no-color", f"-plugin-dir={PLUGINS}", *more]
    told = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


class Root:
    def __init__(self, folder: Path, endpoint: str) -> None:
        self.folder = folder
        self.endpoint = endpoint
        # All that Terraform ever printed.
        self.said = ""
        self.given: dict[str, Any] = {  # as Terraform's variables: strings, numbers, maps
            "environment": "testing",
            "region": "eu-central-1",
            "bundle": str(BUNDLE),
            "image_id": self.images()[0],
            "settings": {"PUBLIC_URL": "https://example.org"},
            "secret_versions": {"TUNNEL_TOKEN": 1, "MAIL_URL": 1, "MODEL_KEY": 1},
            "alarm_email": "operations@example.org",
            "tags": {"Practice": "ours"},
            # What moto cannot do.
            "ipv6": False,
            "auto_recovery": False,
            "daily_snapshots": False,
            "cpu_credits": "standard",
            **SENTINELS,
        }

    def client(self, service: str) -> Any:  # boto3 makes its clients' types when it runs
        keys = dict.fromkeys(("aws_access_key_id", "aws_secret_access_key"), "invented")
        return boto3.client(service, endpoint_url=self.endpoint, region_name="eu-central-1", **keys)  # type: ignore[call-overload]  # by name

    def images(self) -> list[str]:
        """Two that moto knows, of the same processor."""
        found = self.client("ec2").describe_images()["Images"]
        return sorted(image["ImageId"] for image in found if image["Name"].startswith("ubuntu/images/"))[:2]

    def try_terraform(self, *arguments: str, **changed: Any) -> subprocess.CompletedProcess[str]:
        command = [arguments[0], "-no-color", *arguments[1:]]
        return self.run(command, self.given | changed)

    def run(self, command: list[str], given: dict[str, Any], said: str = "") -> subprocess.CompletedProcess[str]:
        variables = {
            f"TF_VAR_{name}": value if isinstance(value, str) else json.dumps(value)
            for name, value in given.items()
            if value is not None
        }
        told = subprocess.run(
            [str(TERRAFORM), *command],
            input=said,
            cwd=self.folder,
            env=environment(self.endpoint) | variables,
            capture_output=True,
            text=True,
            check=False,
        )
        self.said += told.stdout + told.stderr
        return told

    def terraform(self, *arguments: str, **changed: Any) -> str:
        told = self.try_terraform(*arguments, **changed)
        assert told.returncode == 0, told.stdout[-4000:] + told.stderr
        return told.stdout

    def plan(self, *arguments: str, **changed: Any) -> dict[str, Any]:
        """What would be done, as an auditor would read it."""
        self.terraform("plan", "-out=planned", *arguments, **changed)
        plan: dict[str, Any] = json.loads(self.show("-json", "planned"))
        return plan

    def show(self, *arguments: str) -> str:
        told = self.run(["show", *arguments], {})
        assert told.returncode == 0, told.stderr
        return told.stdout

    def state(self) -> str:
        return (self.folder / "terraform.tfstate").read_text()

    def user_data(self) -> str:
        told = self.run(["console"], self.given, said="jsonencode(local.user_data)\n")
        assert told.returncode == 0, told.stderr
        rendered: str = json.loads(json.loads(told.stdout))
        return rendered


def stand_up(folder: Path, endpoint: str, **given: Any) -> Root:
    """With every secret given, and without what moto lacks."""
    root = Root(folder, endpoint)
    root.given |= given
    (folder / "moto_override.tf").write_text(OVERRIDES)
    root.terraform("apply", "-auto-approve")
    return root


class Ruins(NamedTuple):
    root: Root
    volume: str
    unlocking: subprocess.CompletedProcess[str]


def tear_down(root: Root) -> Ruins:
    """As README says, word for word; before that, its backups' lock is tried."""
    unlocking = root.try_terraform("plan", "-refresh=false", backup_lock_days=None)
    volume = json.loads(root.terraform("output", "-json"))["data_volume_id"]["value"]
    listed = root.run(["state", "list"], {}).stdout.split()
    root.run(["state", "rm", *(address for address in listed if ".backups" in address)], {})
    shutil.copy(root.folder / "examples" / "tearing-down" / "tear_down_override.tf", root.folder)
    root.terraform("destroy", "-auto-approve")
    return Ruins(root, volume, unlocking)


def changes(plan: dict[str, Any]) -> dict[str, list[str]]:
    """Which resources would be touched, and how."""
    return {
        change["address"]: change["change"]["actions"]
        for change in plan["resource_changes"]
        if change["change"]["actions"] not in (["no-op"], ["read"])
    }
