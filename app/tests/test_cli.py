"""The command line as a person meets it: help with examples, sentences instead of traces, exit codes."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pretamane.cli import main
from pretamane.settings import Settings

APP = Path(__file__).parents[1]
SENTINEL = "sentinel-of-a-secret-that-nobody-may-ever-read"
COMMANDS = [
    ["up"],
    ["serve"],
    ["migrate"],
    ["check"],
    ["settings"],
    ["practice", "show"],
    ["practice", "set"],
    ["demo"],
    ["admin", "create"],
    ["admin", "rescue"],
]


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("PRETAMANE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PRETAMANE_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path / "var"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A process of its own, for what a process as a whole does."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=APP,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", [[], *COMMANDS, ["practice"], ["admin"]], ids=" ".join)
def test_help_fits_a_terminal_and_gives_an_example(command, capsys):
    code = main([*command, "--help"])

    told = capsys.readouterr().out
    assert code == 0
    assert f"Example: {' '.join(['pretamane', *command])}" in told.replace("PRETAMANE_PORT=8080 ", "")
    assert max(map(len, told.splitlines())) <= 80
    assert "..." not in told.replace("COMMAND [ARGS]...", "")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["frobnicate"], "No such command 'frobnicate'."),
        (["up", "--frob"], "No such option: --frob"),
        (["up", "--port"], "Option '--port' requires an argument."),
        (["up", "--port", "http"], "--port must be a whole number."),
        (["up", "--port", "99999"], "--port must be at most 65535."),
        (
            ["up", "--host", "a b"],
            "--host must be an address or a host name, such as 127.0.0.1 or localhost.",
        ),
        (["serve", "--processes", "0"], "--processes must be at least 1."),
        (
            ["practice", "set"],
            "Say what to set, such as --name; pretamane practice set --help lists all of it.",
        ),
        (["practice", "set", "--logo", "/nowhere/x"], "The logo /nowhere/x cannot be read: No such file or"),
        (["practice", "frobnicate"], "No such command 'frobnicate'."),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(arguments, sentence, capsys, data_dir):
    code = main(arguments)

    told = capsys.readouterr()
    assert code == 2
    assert sentence in told.err
    assert "Traceback" not in told.err
    assert not (data_dir / "postgres16").exists()


def test_every_fault_of_the_options_and_the_environment_is_told_at_once(capsys, monkeypatch):
    monkeypatch.setenv("PRETAMANE_PROT", "8080")

    code = main(["up", "--port", "x", "--host", "?"])

    assert code == 2
    assert len(capsys.readouterr().err.splitlines()) == 3


def test_settings_shows_every_setting_with_its_source_and_no_secret(capsys, monkeypatch):
    monkeypatch.setenv("PRETAMANE_DATABASE_URL", f"postgresql://a:{SENTINEL}@b/c")
    monkeypatch.setenv("PRETAMANE_SIGNING_KEY", SENTINEL)
    monkeypatch.setenv("PRETAMANE_CORS_ORIGINS", ", ".join(f"https://{n}.practice.example" for n in range(9)))

    code = main(["settings"])

    rows = {line.split()[0]: line.split() for line in capsys.readouterr().out.splitlines()[2:]}
    assert code == 0
    assert list(rows) == [name.upper() for name in Settings.model_fields]
    assert rows["DATABASE_URL"][1:] == ["••••", "environment"]
    assert rows["SIGNING_KEY"][1:] == ["••••", "environment"]
    assert rows["PORT"][1:] == ["8000", "default"]
    assert rows["CORS_ORIGINS"][-1] == "environment"
    assert SENTINEL not in str(rows)


def test_settings_leaves_no_trace(capsys, data_dir):
    code = main(["settings"])

    assert code == 0
    assert "made at first start" in capsys.readouterr().out
    assert not data_dir.exists()


def test_check_has_one_line_for_the_settings_and_for_each_dependency(capsys):
    code = main(["check"])

    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert lines[0].split()[:3] == ["settings", "ok", "development,"]
    assert lines[1].split()[:2] == ["postgresql", "ok"]
    assert lines[1].endswith(" ms")
    assert any(line.startswith("dies with its parent") for line in lines)


def test_check_says_1_when_postgresql_is_down(capsys, monkeypatch):
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        port = unheard.getsockname()[1]
        monkeypatch.setenv("PRETAMANE_DATABASE_URL", f"postgresql://a:{SENTINEL}@127.0.0.1:{port}/c")

        code = main(["check"])

    told = capsys.readouterr()
    assert code == 1
    assert told.out.splitlines()[1].split()[:2] == ["postgresql", "down"]
    assert SENTINEL not in told.out + told.err


def test_check_says_1_when_the_embedded_postgresql_cannot_start(capsys, data_dir):
    (data_dir / "postgres15").mkdir(parents=True)

    code = main(["check"])

    told = capsys.readouterr()
    assert code == 1
    assert told.out.splitlines()[1].split()[:2] == ["postgresql", "down"]
    assert "postgres15" in told.out
    assert "Traceback" not in told.err


def test_a_data_folder_that_is_none_is_refused_in_one_sentence(capsys, data_dir):
    data_dir.write_text("a file where a folder belongs")

    code = main(["check"])

    told = capsys.readouterr().err
    assert code == 2
    assert len(told.splitlines()) == 1
    assert str(data_dir) in told


def test_check_says_2_when_the_settings_are_refused(capsys, monkeypatch):
    monkeypatch.setenv("PRETAMANE_ENVIRONMENT", "production")

    code = main(["check"])

    told = capsys.readouterr()
    assert code == 2
    assert told.out == ""
    assert len(told.err.splitlines()) == 3


def test_migrate_says_whether_there_was_anything_to_do(capsys):
    codes = [main(["migrate"]), main(["migrate"])]

    assert codes == [0, 0]
    assert capsys.readouterr().out.splitlines() == [
        "The tables are up to date now.",
        "The tables were up to date already.",
    ]


def test_what_is_set_about_the_practice_is_shown_and_the_rest_stays(capsys, tmp_path):
    logo = tmp_path / "logo.png"
    logo.write_bytes(b"\x89PNG\r\n\x1a\n" + b"rest")
    first = main(["practice", "set", "--name", "Weber [& Lang]", "--recipient", "office@example.org"])
    second = main(["practice", "set", "--time-zone", "Europe/Berlin", "--logo", str(logo)])
    told = capsys.readouterr().out

    main(["practice", "show"])

    shown = capsys.readouterr().out
    assert (first, second) == (0, 0)
    assert told.splitlines() == ["Set: name, recipient.", "Set: time zone, logo."]
    for value in ("Weber [& Lang]", "office@example.org", "Europe/Berlin", "image/png"):
        assert value in shown


def test_a_practice_s_field_that_cannot_be_is_refused_in_a_sentence_and_nothing_is_set(capsys):
    code = main(["practice", "set", "--name", "Weber & Lang", "--accent-colour", "brown"])

    told = capsys.readouterr().err
    main(["practice", "show"])
    assert code == 2
    assert "“brown” is not a colour; write one like #1f4b43." in told
    assert "Weber" not in capsys.readouterr().out


def test_demo_twice_is_the_same_as_once(capsys):
    codes = [main(["demo"]), main(["demo"])]

    first, second = capsys.readouterr().out.splitlines()
    assert codes == [0, 0]
    assert first == second
    assert "40 contacts" in first
    assert "60 messages" in first


def test_up_on_a_taken_port_is_one_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        ended = run("-m", "pretamane", "up", "--port", str(port))

    assert ended.returncode == 2
    assert str(port) in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_defect_is_logged_with_the_id_that_the_person_is_told():
    program = (
        "import sys; from pretamane import cli\n"
        "def broken(**_): raise ZeroDivisionError('by the test')\n"
        "cli.cli = broken; sys.exit(cli.main([]))"
    )

    ended = run("-c", program)

    failure = ended.stderr.rstrip(".\n").rpartition(" ")[2]
    assert ended.returncode == 1
    assert f"Command failed: {failure}" in ended.stderr
    assert "by the test" in ended.stderr


def test_the_version_is_told_without_loading_anything_heavy():
    program = (
        "import sys; from pretamane.cli import main; main(['--version']); "
        "sys.exit(', '.join({'alembic', 'fastapi', 'rich.table', 'sqlalchemy'} & set(sys.modules)) or 0)"
    )

    ended = run("-c", program)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("pretamane ")


def test_a_terminal_without_the_needed_letters_ends_no_command(monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")

    ended = run("-m", "pretamane", "settings")

    assert ended.returncode == 0
    assert "SIGNING_KEY" in ended.stdout
