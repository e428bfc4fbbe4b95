"""A newer bundle, named by its parameter, on a host that runs an older one."""

import hashlib
import io
import json
import re
import tarfile

import pytest

OURS = re.compile(rb"^PRETAMANE_(REPOSITORY|VERSION)=.*\n", flags=re.MULTILINE)
NAME = "/pretamane/testing/release"


@pytest.fixture
def newer(site, bundle):
    """Names a release that has the same files, another version and a line more in one of them."""
    s3, ssm = site.root.client("s3"), site.root.client("ssm")
    named = json.loads(ssm.get_parameter(Name=NAME)["Parameter"]["Value"])

    def put(version, published=""):
        packed = io.BytesIO()
        with tarfile.open(bundle) as old, tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as new:
            for entry in old:
                content = contents.read() if (contents := old.extractfile(entry)) else b""
                if entry.name == "VERSION":
                    content = f"{version}\n".encode()
                if published and entry.name == "docker-compose/images.env":
                    content = published.encode() + OURS.sub(b"", content)
                if entry.name == "config/prometheus/prometheus.yml":
                    content += b"# newer\n"
                entry.size = len(content)
                new.addfile(entry, io.BytesIO(content))
        stored = s3.put_object(Bucket=named["bucket"], Key=named["key"], Body=packed.getvalue())
        told = named | {"version": version, "object_version": stored["VersionId"]}
        told["sha256"] = hashlib.sha256(packed.getvalue()).hexdigest()
        ssm.put_parameter(Name=NAME, Value=json.dumps(told), Type="String", Overwrite=True)

    yield put
    ssm.put_parameter(Name=NAME, Value=json.dumps(named), Type="String", Overwrite=True)


def in_service(host):
    told = host.read("srv/pretamane/stack/state.env").splitlines()
    (version,) = [line.partition("=")[2] for line in told if line.startswith("WORKER_VERSION=")]
    return version, host.read("opt/pretamane/stack/VERSION").strip()


def apart(site):
    """As the output take_release has it done, where no session's end is its own; a test waits for it."""
    told = json.loads(site.root.terraform("output", "-json"))["take_release"]["value"]
    begun, _, read = told.partition("command='sudo ")[2].partition(" pretamane-host release && ")
    assert "--pipe" not in begun
    assert read == "sudo journalctl --follow --output cat --unit pretamane-release'"
    return [*begun.split(), "--wait"]


def test_a_newer_bundle_comes_into_service(pair, newer, site):
    newer("0.1.0-aaaaaaaaaaaa")
    pair.first.run("truncate", "--size", "0", "/var/log/calls")

    pair.first.run(*apart(site), "pretamane-host", "release")

    calls = pair.first.read("var/log/calls")
    assert calls.index("swapon /var/swap") < calls.index(" build ")
    assert in_service(pair.first) == ("0.1.0-aaaaaaaaaaaa", "0.1.0-aaaaaaaaaaaa")
    assert pair.first.read("opt/pretamane/stack/config/prometheus/prometheus.yml").endswith("# newer\n")
    assert "restart prometheus" in calls
    assert "restart loki" not in calls
    assert calls.index(" build ") < calls.index("pg_dump") < calls.index("stop app-blue")
    assert pair.first.status()["state"] == "ready"


def test_one_that_fails_is_taken_back_with_its_files_and_not_tried_again(pair, newer):
    before = in_service(pair.first)
    newer("0.1.0-bbbbbbbbbbbb")

    with pair.first.failing("docker", "run --rm --no-deps -T migrate"):
        told = pair.first.try_("pretamane-host", "release")
    pair.first.run("pretamane-host", "setup")

    assert told.returncode == 2
    assert "Release 0.1.0-bbbbbbbbbbbb is not taken; " in told.stderr
    assert in_service(pair.first) == before
    assert "0.1.0-bbbbbbbbbbbb" in pair.first.read("srv/pretamane/stack/bad-versions")


def test_one_that_was_taken_back_is_refused_until_somebody_says_again(pair, newer):
    before = in_service(pair.first)
    newer("0.1.0-bbbbbbbbbbbb")

    told = pair.first.try_("pretamane-host", "release")
    left = in_service(pair.first)
    pair.first.run("pretamane-host", "release", "--again")

    assert told.returncode == 2
    assert "pretamane-host release --again" in told.stderr
    assert left == before
    assert in_service(pair.first) == ("0.1.0-bbbbbbbbbbbb", "0.1.0-bbbbbbbbbbbb")
    assert pair.first.read("srv/pretamane/stack/bad-versions") == ""


def test_what_fails_beside_an_app_that_is_in_service_leaves_the_files_that_belong_to_it(pair, newer):
    newer("0.1.0-dddddddddddd")

    with pair.first.failing("docker", "up --detach --wait --remove-orphans"):
        told = pair.first.try_("pretamane-host", "release")

    assert "docker was broken by a test" in told.stderr
    assert "0.1.0-dddddddddddd is in service, as app-" in told.stderr
    assert told.returncode == 0
    assert in_service(pair.first) == ("0.1.0-dddddddddddd", "0.1.0-dddddddddddd")
    assert pair.first.status()["state"] == "ready"


def test_what_was_rolled_back_is_not_brought_in_again_by_setting_up(pair):
    pair.first.run("pretamane-host", "do", "rollback.sh")

    pair.first.run("pretamane-host", "setup")

    assert in_service(pair.first)[0] != "0.1.0-dddddddddddd"
    assert "0.1.0-dddddddddddd" in pair.first.read("srv/pretamane/stack/bad-versions").splitlines()


def test_one_whose_images_are_published_is_pulled_and_never_built(pair, newer):
    newer(
        "0.1.0-eeeeeeeeeeee", published="PRETAMANE_REPOSITORY=registry.example.org/pretamane\nPRETAMANE_VERSION=0.2.0\n"
    )
    pair.first.run("truncate", "--size", "0", "/var/log/calls")

    pair.first.run("pretamane-host", "release")
    in_service_then, calls = in_service(pair.first), pair.first.read("var/log/calls")
    newer("0.1.0-111111111111")
    pair.first.run("pretamane-host", "release")

    assert in_service_then == ("0.2.0", "0.1.0-eeeeeeeeeeee")
    assert calls.index(" pull --quiet") < calls.index("pg_dump")
    assert " build " not in calls
    assert "registry.example.org/pretamane:0.2.0" in pair.first.read("srv/pretamane/docker/tests-images").splitlines()
    assert in_service(pair.first) == ("0.1.0-111111111111", "0.1.0-111111111111")


def test_images_that_a_broken_build_left_out_are_made_by_the_next(pair):
    made = "/srv/pretamane/docker/tests-images"
    pair.first.run("sed", "-i", "/-minio:/d", made)

    pair.first.run("pretamane-host", "images")

    assert "-minio:" in pair.first.run("cat", made)


def test_another_bundle_than_the_one_that_was_named_is_never_unpacked(pair, site, newer):
    newer("0.1.0-cccccccccccc")
    ssm = site.root.client("ssm")
    named = json.loads(ssm.get_parameter(Name=NAME)["Parameter"]["Value"])
    ssm.put_parameter(Name=NAME, Value=json.dumps(named | {"sha256": "0" * 64}), Type="String", Overwrite=True)

    told = pair.first.try_("pretamane-host", "release")

    assert "is not the one that the release parameter names" in told.stderr
    assert "0.1.0-cccccccccccc" not in pair.first.run("ls", "/opt/pretamane/releases")
