"""An export: all of it, readable, proved by its manifest."""

from tests.houses import files_in


def test_smoke(lived_in, tmp_path):
    said = lived_in.run("export", str(tmp_path / "out"))
    print(said)
    print("\n".join(files_in(tmp_path / "out")))
    print((tmp_path / "out/documents.json").read_text())
    print((tmp_path / "out/versions.csv").read_text())
    print((tmp_path / "out/manifest.json").read_text()[:600])
    print(lived_in.run("export", "--verify", str(tmp_path / "out")))
    print(lived_in.run("export", str(tmp_path / "out")))
    print(lived_in.run("export", "--verify", str(tmp_path / "out")))
    assert 0
