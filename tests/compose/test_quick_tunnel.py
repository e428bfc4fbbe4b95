"""With a quick tunnel the app learns its address from a file, in a folder, for the file is replaced."""

from tests.compose.properties import EXCEPTIONS, faults_of
from tests.compose.stack import read


def test_both_colours_and_the_worker_read_one_address(compose):
    stack, said = read(compose, "compose.quick.yml")

    assert said == ""
    for name in ("app-blue", "app-green", "worker"):
        service = stack["services"][name]
        file = service["environment"]["PRETAMANE_PUBLIC_URL_FILE"]
        (mounted,) = [mount for mount in service["volumes"] if file.startswith(mount["target"] + "/")]
        assert service["environment"]["PRETAMANE_PUBLIC_URL"] == ""
        assert mounted["read_only"] is True
        assert [each for each in faults_of(name, service) if (name, each) not in EXCEPTIONS] == []
