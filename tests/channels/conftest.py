import pytest

pytest.register_assert_rewrite("stead.testing.channel_conformance")
