"""``python -m fw``: the same as the command ``fw``."""

from fw.cli import main

if __name__ == "__main__":
    main()
