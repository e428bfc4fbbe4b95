"""`pretamane check` tells what is there, what is down and what is missing; it leaves no trace."""

import socket
import sys

import pytest

from pretamane.adapters.reading import ocr
from pretamane.cli import main

SENTINEL = "sentinel-of-a-secret-that-nobody-may-ever-read"


@pytest.mark.usefixtures("cluster")
def test_check_has_one_line_for_the_settings_for_each_dependency_and_for_the_tables(capsys):
    main(["migrate"])
    capsys.readouterr()

    code = main(["check"])

    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert lines[0].split()[:3] == ["settings", "ok", "development,"]
    assert lines[1].split()[:2] == ["postgresql", "ok"]
    assert lines[1].endswith(" ms")
    assert ["mail", "ok"] in [line.split()[:2] for line in lines]
    assert ["tables", "ok"] in [line.split() for line in lines]
    assert any(line.startswith("dies with its parent") for line in lines)


@pytest.mark.skipif(sys.platform != "linux", reason="the cage has bars on Linux only")
def test_check_tells_how_files_are_read(capsys):
    main(["check"])

    (reading,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("reading ")]
    assert reading.split(maxsplit=2)[1] == "ok"
    assert "In a cage: no network, no program" in reading


def test_check_tells_that_ocr_is_not_installed(capsys, monkeypatch):
    monkeypatch.setattr(ocr, "found", lambda: None)

    main(["check"])

    assert f"{'ocr':<22} none  Scans get no text: Tesseract is not installed here." in capsys.readouterr().out


@pytest.mark.usefixtures("cluster")
def test_check_says_1_when_the_tables_are_missing_and_leaves_them_so(capsys):
    codes = [main(["check"]), main(["check"])]

    told = capsys.readouterr().out.splitlines()
    assert codes == [1, 1]
    assert told.count(f"{'tables':<22} old   bring them up to date with: pretamane migrate") == 2


def test_check_says_1_where_no_database_is_yet_and_makes_none(capsys, data_dir):
    code = main(["check"])

    lines = capsys.readouterr().out.splitlines()
    assert code == 1
    assert lines[1].split()[:2] == ["postgresql", "down"]
    assert f"There is no database in {data_dir} yet: `pretamane up` makes one" in lines[1]
    assert not data_dir.exists()


@pytest.mark.parametrize(
    ("address", "state", "sentence"),
    [
        ("database_address", "ok", "The app's role can add to it and change nothing."),
        ("owner_address", "weak", "The app's own role could change what the audit says"),
    ],
)
def test_check_says_whether_the_apps_role_could_change_the_audit(
    request, capsys, monkeypatch, address, state, sentence
):
    monkeypatch.setenv("PRETAMANE_DATABASE_URL", request.getfixturevalue(address))

    code = main(["check"])

    audit = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("audit "))
    assert (code, audit.split()[1]) == (0, state)
    assert sentence in audit


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


@pytest.mark.usefixtures("cluster")
def test_check_tells_that_the_mail_server_is_down_and_is_content_as_it_is_not_required(capsys, monkeypatch):
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        port = unheard.getsockname()[1]
        monkeypatch.setenv("PRETAMANE_MAIL_URL", f"smtp://me:{SENTINEL}@localhost:{port}")
        main(["migrate"])

        code = main(["check"])

    told = capsys.readouterr()
    assert code == 0
    assert "mail                   down  The mail server cannot be used: Connection refused." in told.out.splitlines()
    assert SENTINEL not in told.out + told.err


def test_check_says_1_when_the_embedded_postgresql_cannot_start(capsys, data_dir):
    (data_dir / "postgres15").mkdir(parents=True)

    code = main(["check"])

    told = capsys.readouterr()
    assert code == 1
    assert told.out.splitlines()[1].split()[:2] == ["postgresql", "down"]
    assert "postgres15" in told.out
    assert "Traceback" not in told.err


def test_check_says_2_when_the_settings_are_refused(capsys, monkeypatch):
    monkeypatch.setenv("PRETAMANE_ENVIRONMENT", "production")

    code = main(["check"])

    told = capsys.readouterr()
    assert code == 2
    assert told.out == ""
    assert len(told.err.splitlines()) == 4
