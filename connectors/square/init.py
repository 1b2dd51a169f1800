"""What `regulars init` asks about a till at Square."""

from __future__ import annotations

from connectors.setup import SandboxServer, Setup, SetupQuestion

SETUP = Setup(
    name="square",
    label="Square",
    choices=("square",),
    choice_hint="square",
    flag="--square",
    flag_help="A till at Square; its key from the environment.",
    address_flag="--square-address",
    source="till",
    questions=(
        SetupQuestion(
            "access token",
            "The access token of your application at Square? (not shown)",
            hint="Where to find it: docs/sources.md. Enter leaves Square for later.",
            env="SQUARE_ACCESS_TOKEN",
        ),
    ),
    sends_mail=True,
    sandbox=SandboxServer(
        package="sandbox.square",
        port_option="--square-port",
        port=8802,
        help="The same for the till; the usual one is 8802.",
        keys={"SQUARE_ACCESS_TOKEN": "EAAAsandbox-corner-cafe"},
    ),
)
