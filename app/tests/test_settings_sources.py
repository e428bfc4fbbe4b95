"""Where settings come from: precedence, files, SSM Parameter Store and the signing key that is made once."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from moto import mock_aws
from moto.core import enable_iam_authentication
from mypy_boto3_ssm import SSMClient

from pretamane.settings import Settings, SettingsRefused, load

SENTINEL = "sentinel-of-a-secret-that-nobody-may-ever-read"
KEY = "k" * 40
SSM = {"PRETAMANE_SSM_PATH": "/pretamane/test", "AWS_REGION": "eu-west-1", "PRETAMANE_SIGNING_KEY": KEY}


@pytest.fixture
def parameters(monkeypatch: pytest.MonkeyPatch) -> Iterator[SSMClient]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield boto3.client("ssm", region_name="eu-west-1")


def faults_of(environ: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsRefused) as refused:
        load(environ, keeping_key=False)
    return refused.value.faults


@pytest.mark.parametrize(("content", "reason"), [(b" \n", "an empty file"), (b"\xff\xfe", "a file that is not text")])
def test_a_file_without_a_value_is_refused(tmp_path, content, reason):
    (tmp_path / "key").write_bytes(content)

    faults = faults_of({"PRETAMANE_SIGNING_KEY_FILE": str(tmp_path / "key")})

    assert faults == [f"PRETAMANE_SIGNING_KEY_FILE names {reason}."]


def test_a_secret_may_be_given_as_a_file(tmp_path):
    (tmp_path / "key").write_text(KEY + "\n")

    loaded = load({"PRETAMANE_SIGNING_KEY_FILE": str(tmp_path / "key")})

    assert loaded.settings.signing_key.get_secret_value() == KEY
    assert loaded.sources["signing_key"] == "file"


def test_the_command_line_beats_the_environment_which_beats_a_file_which_beats_ssm(tmp_path, parameters):
    for name in ("port", "log-level", "body-limit", "visit-limit"):
        parameters.put_parameter(Name=f"/pretamane/test/settings/{name}", Value="9/hour", Type="String")
    (tmp_path / "body").write_text("2048\n")
    environ = {**SSM, "PRETAMANE_PORT": "9001", "PRETAMANE_LOG_LEVEL": "error"}
    environ["PRETAMANE_BODY_LIMIT_FILE"] = str(tmp_path / "body")

    loaded = load(environ, {"port": "9002"})

    assert loaded.settings.port == 9002
    assert loaded.settings.log_level == "error"
    assert loaded.settings.body_limit == 2048
    assert loaded.settings.visit_limit == "9/hour"
    sources = [loaded.sources[name] for name in ("port", "log_level", "body_limit", "visit_limit", "host")]
    assert sources == ["command line", "environment", "file", "SSM", "default"]


def test_an_empty_value_counts_as_unset():
    loaded = load({"PRETAMANE_PORT": "", "PRETAMANE_BODY_LIMIT_FILE": ""}, keeping_key=False)

    assert loaded.settings.port == 8000
    assert loaded.sources["port"] == "default"


def test_a_value_and_its_file_together_are_refused(tmp_path):
    (tmp_path / "port").write_text("9000")

    faults = faults_of({"PRETAMANE_PORT": "9000", "PRETAMANE_PORT_FILE": str(tmp_path / "port")})

    assert faults == ["PRETAMANE_PORT and PRETAMANE_PORT_FILE are both given; keep one."]


def test_development_makes_its_signing_key_once_for_its_owner_only(tmp_path):
    environ = {"PRETAMANE_DATA_DIR": str(tmp_path / "var")}

    first = load(environ).settings.signing_key.get_secret_value()
    second = load(environ).settings.signing_key.get_secret_value()

    kept = tmp_path / "var" / "signing-key"
    assert first == second == kept.read_text().strip()
    assert len(first) >= 32
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in kept.parent.iterdir()] == ["signing-key"]


def test_first_starts_at_once_agree_on_one_signing_key(tmp_path):
    environ = {"PRETAMANE_DATA_DIR": str(tmp_path / "var")}

    with ThreadPoolExecutor(16) as many:
        loads = list(many.map(lambda _: load(environ).settings, range(64)))

    assert len({settings.signing_key.get_secret_value() for settings in loads}) == 1


def test_looking_at_the_settings_leaves_no_trace(tmp_path):
    environ = {"PRETAMANE_DATA_DIR": str(tmp_path / "var")}

    loaded = load(environ, keeping_key=False)

    assert loaded.sources["signing_key"] == "made at first start"
    assert not (tmp_path / "var").exists()


def test_a_data_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(SettingsRefused) as refused:
        load({"PRETAMANE_DATA_DIR": str(tmp_path / "file" / "var")})

    (fault,) = refused.value.faults
    assert fault.startswith("The signing key cannot be kept in the data folder ")
    assert "PRETAMANE_DATA_DIR" in fault


def test_a_damaged_signing_key_is_refused_and_left_alone(tmp_path):
    (tmp_path / "signing-key").write_text("short")

    with pytest.raises(SettingsRefused) as refused:
        load({"PRETAMANE_DATA_DIR": str(tmp_path)})

    assert "holds no signing key" in str(refused.value)
    assert (tmp_path / "signing-key").read_text() == "short"


def test_ssm_is_read_page_by_page_decrypted_and_only_in_its_two_folders(parameters):
    for number in range(12):
        parameters.put_parameter(Name=f"/pretamane/test/other/nothing-{number}", Value="x", Type="String")
    texts = {"database-url": f"postgresql://a:{SENTINEL}@b/c", "port": "9000", "body_limit": "4096"}
    texts |= {
        "log-level": "error",
        "log-format": "json",
        "host": "::1",
        "web-processes": "3",
        "drain-seconds": "2",
    }
    texts |= {
        "contact-limit": "1/day",
        "visit-limit": "2/day",
        "database-pool-size": "4",
        "trusted-proxies": "::1",
        "client-address-header": "X-Real-IP",
    }
    for name, text in texts.items():
        parameters.put_parameter(Name=f"/pretamane/test/settings/{name}", Value=text, Type="SecureString")
    parameters.put_parameter(Name="/pretamane/test/generated/deep/SIGNING-KEY", Value=KEY, Type="SecureString")
    environ = {name: text for name, text in SSM.items() if name != "PRETAMANE_SIGNING_KEY"}

    loaded = load({**environ, "PRETAMANE_SSM_PATH": "/pretamane/test/"})

    assert [name for name, source in loaded.sources.items() if source == "SSM"] == [
        name for name in Settings.model_fields if name.replace("_", "-") in {*texts, "body-limit", "signing-key"}
    ]
    assert loaded.settings.signing_key.get_secret_value() == KEY
    assert loaded.settings.database_url is not None
    assert SENTINEL in loaded.settings.database_url.get_secret_value()


def test_one_name_twice_in_ssm_is_refused(parameters):
    parameters.put_parameter(Name="/pretamane/test/settings/log-level", Value="info", Type="String")
    parameters.put_parameter(Name="/pretamane/test/generated/LOG_LEVEL", Value="info", Type="String")

    (fault,) = faults_of(SSM)

    assert "/pretamane/test/settings/log-level" in fault
    assert "/pretamane/test/generated/LOG_LEVEL" in fault
    assert "both give LOG_LEVEL" in fault


def test_an_unknown_or_faulty_parameter_is_refused_by_its_path(parameters):
    parameters.put_parameter(Name="/pretamane/test/settings/prot", Value=SENTINEL, Type="String")
    parameters.put_parameter(Name="/pretamane/test/settings/port", Value=SENTINEL, Type="String")
    parameters.put_parameter(Name="/pretamane/test/settings/ssm-path", Value="/x", Type="String")

    faults = faults_of(SSM)

    assert faults == [
        "The parameter /pretamane/test/settings/prot is not a setting; the nearest is PORT.",
        "The parameter /pretamane/test/settings/ssm-path cannot say where the parameters are; remove it.",
        "The parameter /pretamane/test/settings/port must be a whole number.",
    ]


def test_ssm_without_a_region_is_refused():
    environ = {name: text for name, text in SSM.items() if name != "AWS_REGION"}

    assert faults_of(environ) == ["AWS_REGION must be given, because PRETAMANE_SSM_PATH is."]


def test_a_refusal_of_aws_is_one_sentence_and_nothing_else_is_called_missing(parameters, monkeypatch):
    parameters.put_parameter(Name="/pretamane/test/settings/port", Value="9000", Type="String")
    stranger = boto3.client("iam", region_name="eu-west-1")
    stranger.create_user(UserName="stranger")
    key = stranger.create_access_key(UserName="stranger")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])

    with enable_iam_authentication():
        faults = faults_of({**SSM, "PRETAMANE_ENVIRONMENT": "production"})

    (fault,) = faults
    assert fault.startswith("The parameters below /pretamane/test/settings cannot be read: AWS answered ")


def test_without_credentials_aws_s_answer_is_one_sentence(monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))

    assert faults_of(SSM) == [
        "The parameters below /pretamane/test/settings cannot be read: Unable to locate credentials."
    ]


def test_a_missing_boto3_is_a_sentence_that_says_how_to_install_it(monkeypatch):
    for name in ("boto3", "botocore.exceptions"):
        monkeypatch.setitem(sys.modules, name, None)

    (fault,) = faults_of(SSM)

    assert "pip install 'pretamane[ssm]'" in fault
