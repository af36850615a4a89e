"""``python -m centri``, and the ``centri`` command."""

from centri.cli.app import app


def main() -> None:
    app(prog_name="centri")


if __name__ == "__main__":
    main()
