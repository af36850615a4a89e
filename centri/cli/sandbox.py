"""``centri sandbox``: CRMs to play with, on this machine."""

from pathlib import Path
from typing import Annotated, Any

import typer

from centri.cli.output import note, say
from centri.errors import ConfigError

SALESFORCE_PORT, SUGARCRM_PORT, SEED = 8411, 8412, 1
SALESFORCE_HTTPS_PORT, SUGARCRM_HTTPS_PORT, PROXY_PORT = 8413, 8414, 8415
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
    https: Annotated[
        bool, typer.Option("--https", help="Serve both over https too, with an authority made for this run.")
    ] = False,
    salesforce_https_port: Annotated[int, typer.Option(help="Its https port.")] = SALESFORCE_HTTPS_PORT,
    sugarcrm_https_port: Annotated[int, typer.Option(help="Its https port.")] = SUGARCRM_HTTPS_PORT,
    proxy: Annotated[bool, typer.Option("--proxy", help="Lead clients of login.salesforce.com here; implies --https.")] = False,
    proxy_port: Annotated[
        int | None, typer.Option(help=f"The port of the proxy, {PROXY_PORT} unless given; implies --proxy.")
    ] = None,
    ca_file: Annotated[Path | None, typer.Option(help="Where to put the authority's certificate.", dir_okay=False)] = None,
    instance_url: Annotated[str | None, typer.Option(help="What Salesforce logins are told to go on with.")] = None,
    sugarcrm_opportunities: Annotated[
        str, typer.Option(help="Sugar's opportunity model: only, or rli with line items.")
    ] = "only",
) -> None:
    """Serve both CRMs until Ctrl-C. What they hold is gone afterwards.

    Examples: `centri sandbox serve`, `centri sandbox serve --data ./my-data --salesforce-port 9001`,
    `centri sandbox serve --proxy --ca-file ca.pem`
    """
    from centri.sandbox import server

    at = f"http://{server.HOST}"
    note(f"Salesforce at {at}:{salesforce_port}, SugarCRM at {at}:{sugarcrm_port} (Ctrl-C ends them)")

    def ready(sandbox: server.Sandbox) -> None:
        if https or proxy or proxy_port is not None:
            note(f"also at {sandbox.salesforce_https_url} and {sandbox.sugarcrm_https_url}; trust {sandbox.ca_file}")
        if proxy or proxy_port is not None:
            note(f"login.salesforce.com through HTTPS_PROXY={sandbox.proxy_url} REQUESTS_CA_BUNDLE={sandbox.ca_file}")

    more: dict[str, Any] = {
        "https": https,
        "salesforce_https_port": salesforce_https_port,
        "sugarcrm_https_port": sugarcrm_https_port,
    }
    more |= {"proxy": proxy or proxy_port is not None, "proxy_port": PROXY_PORT if proxy_port is None else proxy_port}
    if sugarcrm_opportunities not in ("only", "rli"):
        raise ConfigError(f"--sugarcrm-opportunities is 'only' or 'rli', not {sugarcrm_opportunities!r}")
    more["sugarcrm_opportunities"] = sugarcrm_opportunities
    try:
        server.serve(salesforce_port, sugarcrm_port, data, seed, ready=ready, ca_file=ca_file, instance_url=instance_url, **more)
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


@app.command()
def record(
    file: Annotated[Path, typer.Argument(help="The cassette to write; one that is there is replaced.", dir_okay=False)],
    scenario: Annotated[str, typer.Option(help="What to say: salesforce, salesforce-login or sugarcrm.")] = "salesforce",
    seed: Annotated[int, typer.Option(help="Which invented business to talk about.")] = SEED,
) -> None:
    """Write what a client and a sandbox say to each other as a cassette for vcrpy, without secrets.

    Example: `centri sandbox record leads.yaml --scenario sugarcrm`
    """
    from centri.sandbox.record import SCENARIOS
    from centri.sandbox.record import record as write

    if scenario not in SCENARIOS:
        raise ConfigError(f"there is no scenario {scenario!r}; there are {', '.join(SCENARIOS)}")
    try:
        write(scenario, file, seed=seed)
    except ImportError as error:
        raise ConfigError("recording needs vcrpy: pip install vcrpy") from error
    say(f"wrote {file}")
