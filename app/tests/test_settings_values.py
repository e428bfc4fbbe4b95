"""What a setting's text may say: origins exactly as browsers spell them, networks, rates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pretamane.settings import SettingsRefused, load
from pretamane.settings_values import ClamavPlace, clamav_place, origin

LABELS = st.from_regex(r"[a-z]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
HOSTS = st.one_of(
    st.lists(LABELS, min_size=1, max_size=4).map(".".join),
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map(lambda address: f"[{address}]"),
)
ORIGINS = st.builds(
    lambda scheme, host, port: f"{scheme}://{host}" + (f":{port}" if port else ""),
    st.sampled_from(["http", "https"]),
    HOSTS,
    st.none() | st.integers(1, 65535).filter(lambda port: port not in (80, 443)),
)


def faults_of(environ: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsRefused) as refused:
        load(environ, keeping_key=False)
    return refused.value.faults


@given(ORIGINS)
def test_an_origin_as_a_browser_spells_it_stays_as_it_is(text):
    assert origin(text) == text


@given(ORIGINS)
def test_capitals_and_the_scheme_s_own_port_make_no_other_origin(text):
    own_port = ":443" if text.startswith("https") else ":80"
    without_port = text if text.rpartition(":")[2].isdigit() and not text.endswith("]") else text + own_port

    assert origin(text.upper()) == text
    assert origin(without_port) == text


@given(ORIGINS, st.text(min_size=1, max_size=10))
def test_whatever_trails_an_origin_never_passes_as_that_origin(text, trailing):
    try:
        taken = origin(text + trailing)
    except ValueError as refusal:
        assert str(refusal)  # noqa: PT017 — either outcome is right, each has its own promise
    else:
        assert taken == origin(taken)
        assert taken.startswith(text.rpartition(":")[0])


@given(st.text(max_size=60))
def test_no_text_at_all_breaks_the_parser(text):
    try:
        taken = origin(text)
    except ValueError:
        return
    assert origin(taken) == taken


@pytest.mark.parametrize(
    "text",
    [
        "*",
        "null",
        "https://*.example",
        "practice.example",
        "//practice.example",
        "https://",
        "https://practice.example/",
        "https://practice.example/contact",
        "https://practice.example?x=1",
        "https://practice.example#x",
        "https://practice.example:",
        "https://practice.example:0",
        "https://practice.example:65536",
        "https://practice.example:8000x",
        "https://practice.example.",
        "https://practice..example",
        "https://-practice.example",
        "https://user@practice.example",
        "https://user:password@practice.example",
        "https://127.1",
        "https://0x7f.0.0.1",
        "https://[::1",
        "https://[::g]",
        "https://prätice.example",
        "https://\u212aontor.example",
        "ftp://practice.example",
        "file:///tmp",
        "javascript:alert(1)",
        "https://practice.example\0",
    ],
)
def test_whatever_is_no_exact_origin_is_refused_with_a_sentence(text):
    (fault,) = faults_of({"PRETAMANE_CORS_ORIGINS": f"https://good.example {text}"})

    assert fault.startswith("PRETAMANE_CORS_ORIGINS ")
    assert fault.endswith(".")
    assert "password" not in fault


def test_origins_stand_between_commas_or_spaces_and_count_once():
    text = " https://a.example,HTTPS://B.example:443\n http://c.example:8080 , https://a.example"

    settings = load({"PRETAMANE_CORS_ORIGINS": text}, keeping_key=False).settings

    assert settings.cors_origins == ("https://a.example", "https://b.example", "http://c.example:8080")


def test_a_public_url_may_end_with_one_slash():
    settings = load({"PRETAMANE_PUBLIC_URL": "HTTPS://Practice.example:443/"}, keeping_key=False).settings

    assert settings.public_url == "https://practice.example"


@pytest.mark.parametrize("text", ["10/minute", "1/second", "600/hour", "9 / DAY"])
def test_a_rate_is_a_number_of_times_in_a_span(text):
    settings = load({"PRETAMANE_CONTACT_LIMIT": text}, keeping_key=False).settings

    assert settings.contact_limit == text.replace(" ", "").lower()


@pytest.mark.parametrize("text", ["0/minute", "ten/minute", "10/fortnight", "10", "10/minute 20/hour", "-1/day"])
def test_another_rate_is_refused(text):
    (fault,) = faults_of({"PRETAMANE_CONTACT_LIMIT": text})

    assert fault.startswith("PRETAMANE_CONTACT_LIMIT must be a number of times in a second")


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://me:sentinel@db/pretamane?nosuch=sentinel",  # pragma: allowlist secret  invented
        "postgresql://me:sentinel@db:sentinel/pretamane",  # pragma: allowlist secret  invented
        "postgres://me:sentinel@db:70000/pretamane",  # pragma: allowlist secret  invented
        "postgresql+psycopg2://me:sentinel@db:0/pretamane",  # pragma: allowlist secret  invented
        "postgresql://me:sentinel@[::1/pretamane",  # pragma: allowlist secret  invented
        "postgresql://me:sentinel%zz@db/pretamane",  # pragma: allowlist secret  invented
    ],
)
def test_a_database_s_address_that_no_driver_takes_is_refused_without_its_password(address):
    (fault,) = faults_of({"PRETAMANE_DATABASE_URL": address})

    assert fault.startswith("PRETAMANE_DATABASE_URL must read like postgresql://user@host:5432/database")
    assert "sentinel" not in fault


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://me:p%40ss@db:5433/pretamane?sslmode=require",  # pragma: allowlist secret  invented
        "postgres://db/pretamane",
        "postgresql+psycopg2://pretamane@/pretamane?host=%2Fvar%2Frun&port=5432&gssencmode=disable",
        "postgresql://[::1]:5432/pretamane",
    ],
)
def test_a_database_s_address_that_a_driver_takes_is_taken(address):
    settings = load({"PRETAMANE_DATABASE_URL": address}, keeping_key=False).settings

    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == address


def test_networks_of_proxies_stand_between_commas():
    given = {"PRETAMANE_TRUSTED_PROXIES": "10.0.0.0/8, 192.0.2.7, fd00::/8", "PRETAMANE_CLIENT_ADDRESS_HEADER": "X"}

    settings = load(given, keeping_key=False).settings

    assert [str(network) for network in settings.trusted_proxies] == [
        "10.0.0.0/8",
        "192.0.2.7/32",
        "fd00::/8",
    ]


def test_a_network_written_by_one_of_its_addresses_is_refused_with_the_network():
    (fault,) = faults_of({"PRETAMANE_TRUSTED_PROXIES": "10.1.2.3/8"})

    assert "write 10.0.0.0/8" in fault


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("tcp://clamav:3310", ClamavPlace("clamav", 3310)),
        ("tcp://[::1]:3311", ClamavPlace("::1", 3311)),
        ("unix:/run/clamav/clamd.ctl", ClamavPlace(path="/run/clamav/clamd.ctl")),
        ("unix:///run/clamd.ctl", ClamavPlace(path="/run/clamd.ctl")),
    ],
)
def test_clamav_is_at_a_port_or_at_a_socket(url, place):
    assert clamav_place(url) == place
    assert load({"PRETAMANE_CLAMAV_URL": url}, keeping_key=False).settings.clamav_url == url


@pytest.mark.parametrize("url", ["clamav:3310", "tcp://clamav", "tcp://:3310", "tcp://a b:1", "tcp://a:0", "unix:a"])
def test_what_is_no_place_of_a_clamav_is_refused_with_an_example(url):
    assert faults_of({"PRETAMANE_CLAMAV_URL": url}) == [
        "PRETAMANE_CLAMAV_URL must be like tcp://clamav:3310 or unix:/run/clamav/clamd.ctl."
    ]


@pytest.mark.parametrize("text", ["maybe", "yes"])
def test_macros_are_refused_or_taken_and_nothing_else(text):
    assert faults_of({"PRETAMANE_OFFICE_MACROS": text}) == ["PRETAMANE_OFFICE_MACROS must be 'refuse' or 'take'."]
