import pytest

from tests.compose.stack import Stack, compose_command, read


@pytest.fixture(scope="session")
def compose() -> list[str]:
    command = compose_command()
    if command is None:
        pytest.skip("no Docker Compose")
    return command


@pytest.fixture(scope="session")
def stack(compose: list[str]) -> Stack:
    """Every service of compose.yml, whatever its profile."""
    return read(compose)[0]
