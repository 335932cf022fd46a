from tests.listening.dashboard.conftest import _compiled_catalogues, arabic, english, italian  # noqa: F401
