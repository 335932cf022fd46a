"""A virtual environment for the peers, beside the product's: `requirements-bench.txt`, with hashes."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
REQUIREMENTS = ROOT / "requirements-bench.txt"
ENVIRONMENT = ROOT / "var" / "bench"


def prepare() -> None:
    """Make it, unless it holds what the file asks for."""
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    recorded = ENVIRONMENT / "installed-requirements"
    if recorded.exists() and recorded.read_text(encoding="utf-8") == wanted:
        return
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)], check=True)
    pip = [str(ENVIRONMENT / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check", "-qq"]
    subprocess.run([*pip, "--require-hashes", "-r", str(REQUIREMENTS)], check=True)
    recorded.write_text(wanted, encoding="utf-8")
