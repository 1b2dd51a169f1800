"""The tests mirror the rooms."""

import sys

# Even where the environment says otherwise: what is compiled here, and what pytest writes into
# the tests' assertions, takes four seconds, and every process that a test starts asks for it too.
sys.dont_write_bytecode = False
