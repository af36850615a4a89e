"""``centri sandbox``: CRMs to play with, on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from centri.cli.output import note, say
from centri.errors import ConfigError

SALESFORCE_PORT, SUGARCRM_PORT, SEED = 8411, 8412, 1
"""As in centri.sandbox.server, which takes too long to import for a help text; a test compares them."""

SalesforcePort = Annotated[int, typer.Option("--salesforce-port", help="The port of the Salesforce-shaped server.")]
SugarPort = Annotated[int, typer.Option("--sugarcrm-port", help="The port of the SugarCRM-shaped server.")]

app = typer.Typer(help="A Salesforce and a SugarCRM to play with, on this machine.", no_args_is_help=True)


@app.command()
def serve(
    salesforce_port: SalesforcePort = SALESFORCE_PORT,
    sugarcrm_port: SugarPort = SUGARCRM_PORT,
    data: Annotated[
        Path | None,
        typer.Option("--data", help="A folder with salesforce/ and sugarcrm/ files to load.", exists=True, file_okay=False),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Which invented business to start with, where no data is given.")] = SEED,
) -> None:
    """Serve both CRMs over HTTP until Ctrl-C. What they hold is gone afterwards.

    Examples: `centri sandbox serve`, `centri sandbox serve --data ./my-data --salesforce-port 9001`
    """
    from centri.sandbox import server

    at = f"http://{server.HOST}"
    note(f"Salesforce at {at}:{salesforce_port}, SugarCRM at {at}:{sugarcrm_port} (Ctrl-C ends them)")
    try:
        server.serve(salesforce_port, sugarcrm_port, data, seed)
    except OSError as error:
        raise ConfigError(f"cannot serve: {error.strerror or error}; choose other ports") from error
    except ValueError as error:
        raise ConfigError(f"cannot load the data: {error}") from error


@app.command()
def env(salesforce_port: SalesforcePort = SALESFORCE_PORT, sugarcrm_port: SugarPort = SUGARCRM_PORT) -> None:
    """Print the environment that points the shipped mappings.yaml at a running sandbox.

    Example: `eval "$(centri sandbox env)"`
    """
    import shlex

    from centri.sandbox.server import environment

    for name, value in environment(salesforce_port, sugarcrm_port).items():
        say(f"export {name}={shlex.quote(value)}")
