"""Where a request comes from, whatever it says of itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.http.client_address import client_address


@pytest.fixture
def seen(rf, settings):
    def seen(peer, forwarded=None, *, trust=True, proxies=()):
        settings.TRUST_PROXY, settings.TRUSTED_PROXIES = trust, list(proxies)
        headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
        return client_address(rf.get("/", REMOTE_ADDR=peer, **headers))

    return seen


def test_it_works(seen):
    assert seen("192.0.2.7", trust=False) == "192.0.2.7"
    assert seen("127.0.0.1", "192.0.2.7") == "192.0.2.7"


@pytest.mark.parametrize(
    ("forwarded", "proxies", "address"),
    [
        ("198.51.100.1, 192.0.2.7", (), "192.0.2.7"),
        ("198.51.100.1,192.0.2.7, 10.0.0.3", ("10.0.0.0/24",), "192.0.2.7"),
        ("198.51.100.1,192.0.2.7, 10.0.0.3,10.0.0.4", ("10.0.0.0/24",), "192.0.2.7"),
        ("198.51.100.1,10.0.1.3, 10.0.0.3", ("10.0.0.0/24",), "10.0.1.3"),
        # All are ours: the one that is furthest away asks for itself.
        ("10.0.0.4, 10.0.0.3", ("10.0.0.0/24",), "10.0.0.4"),
        ("192.0.2.7, nonsense", (), "127.0.0.1"),
        ("192.0.2.7, nonsense, 10.0.0.3", ("10.0.0.0/24",), "10.0.0.3"),
        ("192.0.2.7,", (), "127.0.0.1"),
        ("", (), "127.0.0.1"),
    ],
)
def test_behind_proxies(seen, forwarded, proxies, address):
    assert seen("127.0.0.1", forwarded, proxies=proxies) == address


def test_nobody_is_believed_without_a_proxy(seen):
    assert seen("192.0.2.7", "198.51.100.1", trust=False) == "192.0.2.7"


def test_a_network_of_ipv6_is_one_caller(seen):
    """A household has 2^64 addresses, and would have as many allowances."""
    assert seen("127.0.0.1", "2001:db8::1") == seen("127.0.0.1", "2001:db8:0:0:ffff::9") == "2001:db8::"
    assert seen("127.0.0.1", "2001:db8:0:1::1") == "2001:db8:0:1::"


def test_ipv4_over_ipv6_is_ipv4(seen):
    assert seen("::ffff:192.0.2.7", trust=False) == "192.0.2.7"
    assert seen("127.0.0.1", "::ffff:192.0.2.7") == "192.0.2.7"


@given(claimed=st.text(max_size=60))
def test_whatever_a_client_claims_is_left_of_what_the_proxy_saw(claimed):
    from django.test import RequestFactory, override_settings

    with override_settings(TRUST_PROXY=True, TRUSTED_PROXIES=[]):
        request = RequestFactory().get("/", HTTP_X_FORWARDED_FOR=f"{claimed}, 192.0.2.7")
        assert client_address(request) == "192.0.2.7"
