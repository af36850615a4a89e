"""What all tests may use."""

pytest_plugins = ["databases", "csv_business"]
