"""The `sitr` command: hands the wiring to the command line, which must not import it."""

import sys


def main() -> None:
    """Run `sitr` with this process's arguments and leave with its exit status."""
    from sitr import cli

    sys.exit(cli.run(sys.argv[1:]))


if __name__ == "__main__":
    main()
