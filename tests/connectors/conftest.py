"""Lets the shared suite show what an assertion compared."""

import pytest

pytest.register_assert_rewrite("conformance")
