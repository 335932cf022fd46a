from tests.listening.dashboard.conftest import _compiled_catalogues, english, italian  # noqa: F401
