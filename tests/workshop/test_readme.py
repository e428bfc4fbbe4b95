import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def commands() -> list[str]:
    """Each line of the README's blocks of shell."""
    blocks = re.findall(r"^```sh\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip()]


def test_the_readme_gives_the_two_commands():
    assert {"make run", "make test"} <= {command.partition(" #")[0].strip() for command in commands()}


def test_every_command_of_the_readme_is_one_that_make_knows():
    targets = [word for command in commands() for word in command.partition("#")[0].split()[1:]]

    planned = [subprocess.run(["make", "--dry-run", target], cwd=ROOT, check=False) for target in targets]

    assert all(command.startswith("make ") for command in commands())
    assert [run.returncode for run in planned] == [0] * len(targets)
