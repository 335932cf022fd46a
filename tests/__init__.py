import pytest

# A plugin that factories import, too: pytest must know it before they do.
pytest.register_assert_rewrite("tests.canaries")
