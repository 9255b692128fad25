"""``edasat cache``: what is kept between runs."""

from __future__ import annotations

import typer

from .common import Json, print_json

app = typer.Typer(help="Show or clear the cache folder.", no_args_is_help=True)


@app.command("show", epilog="Example: edasat cache show")
def show(as_json: Json = False) -> None:
    """Print the cache folder and its size (set EDASAT_CACHE to move it, EDASAT_CACHE_MAX_MB to cap each part)."""
    from edasat.core.files import cache_bytes, cache_dir

    folder, held = cache_dir(), cache_bytes()
    if as_json:
        print_json({"folder": str(folder), "bytes": held})
    else:
        print(f"{folder}: {held / 2**20:.1f} MiB")


@app.command("clear", epilog="Example: edasat cache clear")
def clear(as_json: Json = False) -> None:
    """Remove everything in the cache folder."""
    from edasat.core.files import clear_cache

    freed = clear_cache()
    if as_json:
        print_json({"freed_bytes": freed})
    else:
        print(f"removed {freed / 2**20:.1f} MiB")
