import pytest

pytest.register_assert_rewrite("stead.testing.channel_conformance", "stead.testing.two_way_conformance")
