"""`python -m sandbox.smtp FILE`: see sandbox.smtp.server."""

from sandbox.smtp.server import main

if __name__ == "__main__":
    main()
