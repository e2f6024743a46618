"""Fixtures for every test: real PostgreSQL, real SeaweedFS, the real service, a real browser."""

pytest_plugins = [
    "tests.fixtures.database",
    "tests.fixtures.objects",
    "tests.fixtures.app",
    "tests.fixtures.service",
    "tests.fixtures.browser",
]
