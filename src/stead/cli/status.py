"""`stead status`: one look at the service."""

from __future__ import annotations

from stead.cli.options import Output, Token, Url
from stead.cli.output import Form
from stead.cli.standing import tell


def status(url: Url = None, token: Token = None, output: Output = Form.TABLE) -> None:
    """Colour, estates, what is open and what waits."""
    tell(url, token, output)
