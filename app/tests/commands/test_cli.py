"""The command line as a person meets it: help with examples, sentences instead of traces, exit codes."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from pretamane.adapters.postgres_embedded import APP_ROLE
from pretamane.cli import main
from pretamane.settings import Settings

APP = Path(__file__).parents[2]
SENTINEL = "sentinel-of-a-secret-that-nobody-may-ever-read"
COMMANDS = [
    ["up"],
    ["serve"],
    ["worker"],
    ["migrate"],
    ["check"],
    ["settings"],
    ["practice", "show"],
    ["practice", "set"],
    ["audit", "verify"],
    ["jobs", "list"],
    ["jobs", "dead"],
    ["jobs", "show"],
    ["jobs", "retry"],
    ["demo"],
    ["backup"],
    ["export"],
    ["import"],
    ["admin", "create"],
    ["admin", "rescue"],
]


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


@pytest.mark.parametrize("command", [[], *COMMANDS, ["practice"], ["admin"], ["audit"], ["jobs"]], ids=" ".join)
def test_help_fits_a_terminal_and_gives_an_example(command, capsys):
    code = main([*command, "--help"])

    told = capsys.readouterr().out
    assert code == 0
    assert f"Example: {' '.join(['pretamane', *command])}" in told.replace("PRETAMANE_PORT=8080 ", "")
    assert max(map(len, told.splitlines())) <= 80
    assert "..." not in told.replace("COMMAND [ARGS]...", "").replace("[ID]...", "")


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
        (["serve"], "serve needs PRETAMANE_DATABASE_URL; `pretamane up` brings a database of its own.\n"),
        (["worker"], "worker needs PRETAMANE_DATABASE_URL; `pretamane up` brings a database of its own.\n"),
        (
            ["practice", "set"],
            "Say what to set, such as --name; pretamane practice set --help lists all of it.",
        ),
        (["practice", "set", "--logo", "/nowhere/x"], "The logo /nowhere/x cannot be read: No such file or"),
        (["practice", "frobnicate"], "No such command 'frobnicate'."),
        (["worker", "--threads", "0"], "--threads must be at least 1."),
        (["jobs", "show", "7"], "7 is no job's id: pretamane jobs list and pretamane jobs dead show them."),
        (["jobs", "retry", "7"], "7 is no job's id: pretamane jobs list and pretamane jobs dead show them."),
        (["jobs", "retry"], "Say which to try again: their ids, or --all; pretamane jobs dead lists them."),
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
    monkeypatch.setenv("PRETAMANE_MAIL_URL", f"smtp://a:{SENTINEL}@b")
    monkeypatch.setenv("PRETAMANE_CORS_ORIGINS", ", ".join(f"https://{n}.practice.example" for n in range(9)))

    code = main(["settings"])

    rows = {line.split()[0]: line.split() for line in capsys.readouterr().out.splitlines()[2:]}
    assert code == 0
    assert list(rows) == [name.upper() for name in Settings.model_fields]
    assert rows["DATABASE_URL"][1:] == ["••••", "environment"]
    assert rows["SIGNING_KEY"][1:] == ["••••", "environment"]
    assert rows["MAIL_URL"][1:] == ["••••", "environment"]
    assert rows["PORT"][1:] == ["8000", "default"]
    assert rows["CORS_ORIGINS"][-1] == "environment"
    assert SENTINEL not in str(rows)


def test_settings_leaves_no_trace(capsys, data_dir):
    code = main(["settings"])

    assert code == 0
    assert "made at first start" in capsys.readouterr().out
    assert not data_dir.exists()


@pytest.mark.usefixtures("cluster")
def test_migrate_says_whether_there_was_anything_to_do(capsys):
    codes = [main(["migrate"]), main(["migrate"])]

    assert codes == [0, 0]
    assert capsys.readouterr().out.splitlines() == [
        "The tables are up to date now.",
        "The tables were up to date already.",
    ]


@pytest.mark.usefixtures("cluster")
def test_what_is_set_about_the_practice_is_shown_and_the_rest_stays(capsys, tmp_path):
    logo = tmp_path / "logo.png"
    logo.write_bytes(b"\x89PNG\r\n\x1a\n" + b"rest")
    first = main(["practice", "set", "--name", "Weber [& Lang]", "--recipient", "office@example.org"])
    second = main(["practice", "set", "--time-zone", "Europe/Berlin", "--logo", str(logo)])
    told = capsys.readouterr().out

    main(["practice", "show"])
    shown = capsys.readouterr().out
    main(["practice", "set", "--logo", ""])
    main(["practice", "show"])

    assert "image/png" not in capsys.readouterr().out
    assert (first, second) == (0, 0)
    assert told.splitlines() == ["Set: name, recipient.", "Set: time zone, logo."]
    for value in ("Weber [& Lang]", "office@example.org", "Europe/Berlin", "image/png"):
        assert value in shown


@pytest.mark.usefixtures("cluster")
def test_whether_visitors_are_thanked_is_set_and_shown(capsys):
    codes = [main(["practice", "set", "--no-thanks-visitors"]), main(["practice", "show"])]

    told = capsys.readouterr().out.splitlines()
    assert codes == [0, 0]
    assert told[0] == "Set: thanks visitors."
    assert ["thanks", "visitors", "no"] in [line.split() for line in told]


@pytest.mark.usefixtures("cluster")
def test_a_practice_s_field_that_cannot_be_is_refused_in_a_sentence_and_nothing_is_set(capsys):
    code = main(["practice", "set", "--name", "Weber & Lang", "--accent-colour", "brown"])

    told = capsys.readouterr().err
    main(["practice", "show"])
    assert code == 2
    assert "“brown” is not a colour; write one like #1f4b43." in told
    assert "Weber" not in capsys.readouterr().out


@pytest.mark.usefixtures("cluster")
def test_bytes_that_are_no_utf_8_are_refused_in_a_sentence():
    ended = run("-m", "pretamane", "practice", "set", "--name", "Praxis M\udcfcller")

    assert ended.returncode == 2
    assert ended.stderr.splitlines() == [
        "The practice was not changed.",
        "This holds signs that cannot be shown, or is not UTF-8; please write it anew.",
    ]


@pytest.mark.usefixtures("cluster")
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


@pytest.mark.parametrize("command", ["up", "migrate", "demo"])
def test_a_database_that_cannot_be_reached_is_told_in_sentences_without_its_password(command, monkeypatch):
    with socket.socket() as unheard, socket.socket() as free:
        unheard.bind(("127.0.0.1", 0))
        free.bind(("127.0.0.1", 0))
        address = f"postgresql://a:{SENTINEL}@127.0.0.1:{unheard.getsockname()[1]}/c"
        port = str(free.getsockname()[1])
        free.close()
        monkeypatch.setenv("PRETAMANE_DATABASE_URL", address)

        ended = run("-m", "pretamane", *([command, "--port", port] if command == "up" else [command]))

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("The database cannot be reached just now")
    assert "Traceback" not in ended.stderr
    assert SENTINEL not in ended.stderr


def test_a_migration_that_fails_leaves_its_reason_in_the_log_without_values(monkeypatch, database_address):
    program = (
        "import sys; from pretamane.core import migrations\n"
        f"def broken(_): raise OSError('postgresql://a:{SENTINEL}@b/c and ada@example.org')\n"
        "migrations._upgrade = broken; migrations.newest = lambda: '9999'\n"
        "from pretamane.cli import main; sys.exit(main(['up', '--port', sys.argv[1]]))"
    )
    monkeypatch.setenv("PRETAMANE_DATABASE_URL", database_address)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])

    ended = run("-c", program, port)

    assert ended.returncode == 2
    assert '"message": "The tables could not be migrated."' in ended.stderr
    assert "postgresql://a:<password>@b/c and <address>" in ended.stderr
    assert SENTINEL not in ended.stderr
    assert ended.stderr.splitlines()[-1].startswith("The database's tables could not be brought up to date")


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


@pytest.mark.parametrize(
    "command", [["migrate"], ["demo"], ["practice", "show"], ["practice", "set", "--name", "Weber"]], ids=" ".join
)
def test_a_command_in_the_wrong_folder_names_it_and_makes_nothing_there(command, capsys, tmp_path, monkeypatch):
    monkeypatch.delenv("PRETAMANE_DATA_DIR")
    monkeypatch.chdir(tmp_path)

    code = main(command)

    told = capsys.readouterr().err
    assert code == 2
    assert told.startswith(f"There is no database in {tmp_path / 'var'} yet: `pretamane up` makes one; ")
    assert len(told.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_migrate_as_the_owner_gives_the_apps_role_its_rights(capsys, monkeypatch, owner_address, database_address):
    with create_engine(owner_address).begin() as connection:
        connection.exec_driver_sql(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {APP_ROLE}")
    monkeypatch.setenv("PRETAMANE_DATABASE_URL", database_address)
    before = main(["practice", "show"])
    monkeypatch.setenv("PRETAMANE_DATABASE_OWNER_URL", owner_address)

    codes = [main(["migrate"]), main(["practice", "show"])]

    assert (before, codes) == (2, [0, 0])
    assert "Our practice" in capsys.readouterr().out


def test_a_data_folder_that_is_none_is_refused_in_one_sentence(capsys, data_dir):
    data_dir.write_text("a file where a folder belongs")

    code = main(["check"])

    told = capsys.readouterr().err
    assert code == 2
    assert len(told.splitlines()) == 1
    assert str(data_dir) in told
