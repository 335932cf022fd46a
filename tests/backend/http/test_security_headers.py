"""Each surface gets the policy it can bear, and somebody's own pages are kept by nobody else."""

import pytest

PAGES = ["/", "/login/", "/problems/not-found", "/nothing"]


@pytest.mark.django_db
class TestPolicies:
    @pytest.mark.parametrize("address", PAGES)
    def test_pages_load_their_own_files_only(self, client, address):
        policy = client.get(address)["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert "frame-ancestors 'none'" in policy

    @pytest.mark.parametrize("address", ["/api/v1/themes", "/api/v1/conversations", "/health/live", "/api/v1/nothing"])
    def test_data_shows_nothing(self, client, address):
        assert client.get(address)["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"

    def test_the_documentation_page_alone_may_bring_its_own_script(self, client):
        response = client.get("/api/v1/docs")
        assert response.status_code == 200
        assert "'unsafe-inline'" in response["Content-Security-Policy"]
        assert b"https://" not in response.content
        assert b"//cdn" not in response.content

    @pytest.mark.parametrize("address", [*PAGES, "/api/v1/themes", "/health/live"])
    def test_the_rest(self, client, address):
        headers = client.get(address).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.django_db
def test_what_is_somebodys_own_is_not_stored(client, listener, client_of):
    assert "no-store" in client.get("/login/")["Cache-Control"]
    assert "no-store" in client_of(listener).get("/api/v1/conversations")["Cache-Control"]
    assert "public" in client.get("/api/v1/themes")["Cache-Control"]
