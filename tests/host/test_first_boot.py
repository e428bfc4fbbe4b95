"""What user data, as Terraform rendered it, makes of an empty host."""


def test_the_first_boot_ends_with_a_platform_that_is_ready(pair):
    assert pair.first.status()["state"] == "ready", pair.first.said()
