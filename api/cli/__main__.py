"""``python -m api.cli`` is ``sunbid``."""

from api.cli import main

main(prog_name="sunbid")
