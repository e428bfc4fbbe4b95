"""Settings: what each may be, what is refused, and that no secret is ever repeated."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from pretamane.settings import Settings, SettingsRefused, load

SENTINEL = "sentinel-of-a-secret-that-nobody-may-ever-read"
KEY = "k" * 40
SECURE = {
    "PRETAMANE_ENVIRONMENT": "production",
    "PRETAMANE_DATABASE_URL": "postgresql://pretamane@db/pretamane",
    "PRETAMANE_SIGNING_KEY": KEY,
    "PRETAMANE_PUBLIC_URL": "https://practice.example",
    "PRETAMANE_MAIL_URL": "smtp://mail.practice.example",
}


def faults_of(environ: dict[str, str], overrides: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(SettingsRefused) as refused:
        load(environ, overrides, keeping_key=False)
    assert str(refused.value) == "\n".join(refused.value.faults)
    return refused.value.faults


def test_an_empty_environment_gives_every_default():
    loaded = load({}, keeping_key=False)

    assert loaded.settings.port == 8000
    assert loaded.settings.public_url == "http://127.0.0.1:8000"
    assert set(loaded.sources) == set(Settings.model_fields)
    assert loaded.sources["signing_key"] == "made at first start"
    assert loaded.sources["port"] == "default"


@pytest.mark.parametrize(
    ("host", "port", "address"),
    [
        ("0.0.0.0", "8001", "http://127.0.0.1:8001"),  # noqa: S104 — a text to read, nothing listens
        ("::", "8001", "http://[::1]:8001"),
        ("[::1]", "80", "http://[::1]"),
        ("Office.Example", "8000", "http://office.example:8000"),
    ],
)
def test_without_a_public_url_the_address_is_one_that_a_browser_can_open(host, port, address):
    settings = load({}, {"host": host, "port": port}, keeping_key=False).settings

    assert settings.public_url == address


@pytest.mark.parametrize(
    ("variable", "nearest"),
    [
        ("PRETAMANE_PROT", "PRETAMANE_PORT"),
        ("PRETAMANE_DATABSE_URL", "PRETAMANE_DATABASE_URL"),
        ("PRETAMANE_SIGNING_KEE_FILE", "PRETAMANE_SIGNING_KEY_FILE"),
        ("PRETAMANE_Port", "PRETAMANE_PORT"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_known_one(variable, nearest):
    faults = faults_of({variable: SENTINEL})

    assert faults == [f"{variable} is not a setting; the nearest is {nearest}."]


def test_names_without_the_prefix_are_nobody_s_business():
    loaded = load({"PORT": "1", "PRETAMAN_PORT": "2", "HOME": "/nowhere"}, keeping_key=False)

    assert loaded.settings.port == 8000


def test_production_names_everything_it_lacks_at_once():
    faults = faults_of({"PRETAMANE_ENVIRONMENT": "production"})

    assert faults == [
        "PRETAMANE_DATABASE_URL must be given in production.",
        "PRETAMANE_SIGNING_KEY must be given in production.",
        "PRETAMANE_PUBLIC_URL must be given in production.",
        "PRETAMANE_MAIL_URL must be given in production.",
    ]


def test_production_with_its_secrets_starts_and_makes_no_key(tmp_path):
    loaded = load({**SECURE, "PRETAMANE_DATA_DIR": str(tmp_path)})

    assert loaded.settings.signing_key.get_secret_value() == KEY
    assert loaded.sources["signing_key"] == "environment"
    assert list(tmp_path.iterdir()) == []


def test_all_faults_are_named_at_once():
    environ = {
        "PRETAMANE_ENVIRONMENT": "production",
        "PRETAMANE_PORT": "http",
        "PRETAMANE_PROT": "1",
        "PRETAMANE_CORS_ORIGINS": "*",
        "PRETAMANE_LOG_LEVEL": "loud",
        "PRETAMANE_DATABASE_URL_FILE": "/nowhere/at/all",
    }

    faults = faults_of(environ)

    assert len(faults) == 9
    assert "PRETAMANE_PORT must be a whole number." in faults
    assert "PRETAMANE_LOG_LEVEL must be 'debug', 'info', 'warning' or 'error'." in faults


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("port", "0", "must be at least 1."),
        ("port", "65536", "must be at most 65535."),
        ("port", "80.5", "must be a whole number."),
        ("port", "9" * 5000, "must be a smaller number."),
        ("body_limit", "-1", "must be at least 1024."),
        ("database_pool_wait", "0", "must be more than 0.0."),
        ("database_pool_wait", "soon", "must be a number."),
        ("drain_seconds", "inf", "must be a number."),
        ("drain_seconds", "nan", "must be a number."),
        ("host", "http://localhost", "must be an address or a host name, such as 127.0.0.1 or localhost."),
        ("host", "256.0.0.1", "must be an address or a host name, such as 127.0.0.1 or localhost."),
        ("client_address_header", "Two Words", "must be the name of one header, such as Cf-Connecting-Ip."),
        ("ssm_path", "pretamane", "must be a path in the Parameter Store, such as /pretamane/production."),
        ("public_url", "https://a.example/app", "must hold scheme://host or scheme://host:port only, which"),
        ("database_url", "sqlite:///x", "must begin with postgresql://, because only PostgreSQL keeps"),
        ("environment", "staging", "must be 'development' or 'production'."),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_a_sentence(name, text, reason):
    (fault,) = faults_of({f"PRETAMANE_{name.upper()}": text})

    assert fault.startswith(f"PRETAMANE_{name.upper()} {reason}")


def test_a_fault_names_what_its_writer_would_look_for(tmp_path):
    (tmp_path / "port").write_text("x")

    from_option = faults_of({"PRETAMANE_PORT": "9000"}, {"port": "x"})
    from_file = faults_of({"PRETAMANE_PORT_FILE": str(tmp_path / "port")})

    assert from_option == ["--port must be a whole number."]
    assert from_file == ["PRETAMANE_PORT_FILE must be a whole number."]


def test_an_owner_without_the_apps_own_role_beside_it_is_refused():
    [fault] = faults_of({"PRETAMANE_DATABASE_OWNER_URL": f"postgresql://owner:{SENTINEL}@db/pretamane"})

    assert fault.startswith("PRETAMANE_DATABASE_OWNER_URL needs PRETAMANE_DATABASE_URL beside it")
    assert SENTINEL not in fault


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg2"])
def test_a_postgresql_address_is_taken_as_it_is_given(scheme):
    url = f"{scheme}://who:p%40ss@db.example/pretamane?sslmode=require"

    settings = load({"PRETAMANE_DATABASE_URL": url}, keeping_key=False).settings

    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == url


@pytest.mark.parametrize(
    "half", [{"PRETAMANE_TRUSTED_PROXIES": "10.0.0.0/8"}, {"PRETAMANE_CLIENT_ADDRESS_HEADER": "Cf-Connecting-Ip"}]
)
def test_proxies_and_the_header_that_they_are_believed_in_come_together(half):
    both = {"PRETAMANE_TRUSTED_PROXIES": "10.0.0.0/8", "PRETAMANE_CLIENT_ADDRESS_HEADER": "Cf-Connecting-Ip"}

    (fault,) = faults_of(half)

    assert "PRETAMANE_TRUSTED_PROXIES and PRETAMANE_CLIENT_ADDRESS_HEADER must be given together" in fault
    assert load(both, keeping_key=False).settings.client_address_header == "Cf-Connecting-Ip"


@pytest.mark.parametrize("files", ["https://practice.example", "http://practice.example/"])
def test_files_have_a_host_of_their_own_or_none(files):
    """Where both are one, /files would be all that answers there."""
    site = {"PRETAMANE_PUBLIC_URL": "https://practice.example"}

    (fault,) = faults_of(site | {"PRETAMANE_FILES_URL": files})

    assert "PRETAMANE_FILES_URL must name another host than PRETAMANE_PUBLIC_URL" in fault
    own = load(site | {"PRETAMANE_FILES_URL": "https://files.practice.example"}, keeping_key=False)
    assert own.settings.files_url == "https://files.practice.example"


def test_no_refusal_repeats_a_secret(tmp_path):
    (tmp_path / "binary").write_bytes(SENTINEL.encode() + b"\xff")
    environ = {
        "PRETAMANE_DATABASE_URL": f"mysql://root:{SENTINEL}@db/x",
        "PRETAMANE_SIGNING_KEY_FILE": SENTINEL,
        "PRETAMANE_SSM_PATH": str(tmp_path / "x y"),
        "PRETAMANE_PUBLIC_URL": f"https://me:{SENTINEL}@practice.example",
        "PRETAMANE_MAIL_URL": f"smtp://me:{SENTINEL}@mail.practice.example/x",
        "PRETAMANE_TRUSTED_PROXIES": f"me:{SENTINEL}@proxy",
        "PRETAMANE_BODY_LIMIT_FILE": str(tmp_path / "binary"),
        "PRETAMANE_SIGNING_KEE": SENTINEL,
    }

    with pytest.raises(SettingsRefused) as refused:
        load(environ, keeping_key=False)

    assert len(refused.value.faults) == 8
    assert SENTINEL not in str(refused.value)
    assert SENTINEL not in repr(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None


def test_secrets_are_hidden_when_settings_are_printed():
    environ = {"PRETAMANE_DATABASE_URL": f"postgresql://a:{SENTINEL}@b/c", "PRETAMANE_SIGNING_KEY": SENTINEL}

    loaded = load(environ)

    assert SENTINEL not in repr(loaded)


def test_reading_settings_imports_neither_boto3_nor_the_web_framework():
    program = (
        "import sys; from pretamane.settings import load; load({}, keeping_key=False); "
        "sys.exit(', '.join({'boto3', 'botocore', 'fastapi', 'sqlalchemy'} & set(sys.modules)) or 0)"
    )

    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (0, "")


def documented() -> dict[str, tuple[str, str]]:
    page = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", page, flags=re.MULTILINE)
    return {name: (default, meaning) for name, default, meaning in rows}


def default_text(name: str) -> str:
    default = Settings.model_fields[name].default
    match default:
        case bool() | int() | float():
            return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"
        case str():
            return f"`{default}`"
        case SecretStr():
            return f"`{default.get_secret_value()}`"
        case Path() if not default.is_absolute():
            return f"`{default}`"
        case None | ():
            return "none"
    told = {
        "public_url": "`http://HOST:PORT`",
        "site_dir": "the project's `config/site`",
        "mail_from": "`noreply@` the host of `PUBLIC_URL`",
    }
    return told.get(name, "made")


def test_every_setting_is_documented_as_it_is_and_nothing_else_is():
    expected = {name.upper(): (default_text(name), field.description) for name, field in Settings.model_fields.items()}

    assert documented() == expected


def test_a_new_address_takes_the_sender_along_that_was_made_of_the_old_one():
    made = load({"PRETAMANE_PUBLIC_URL": "https://old.example"}, keeping_key=False).settings
    given = load(
        {"PRETAMANE_PUBLIC_URL": "https://old.example", "PRETAMANE_MAIL_FROM": "desk@practice.example"},
        keeping_key=False,
    ).settings

    assert made.at("https://new.example/\n").public_url == "https://new.example"
    assert made.at("https://new.example").mail_from == "noreply@new.example"
    assert given.at("https://new.example").mail_from == "desk@practice.example"


@pytest.mark.parametrize("text", ["", "new.example", "https://new.example/path", "*"])
def test_what_is_no_address_is_none(text):
    settings = load({"PRETAMANE_PUBLIC_URL": "https://old.example"}, keeping_key=False).settings

    with pytest.raises(ValueError, match=r"^must "):
        settings.at(text)
