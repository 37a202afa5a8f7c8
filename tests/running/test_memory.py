"""A process holds what it uses: what prints, signs, reads PDFs or migrates is loaded when it is needed."""

import subprocess
import sys
from pathlib import Path

HEAVY = ("alembic", "flask_migrate", "fontTools", "pyhanko", "pypdf", "weasyprint")
PROGRAM = f"""
import sys
from pathlib import Path
from admin_app.factory import create_app
from admin_app.settings import Settings
create_app(Settings.of_instance(Path(sys.argv[1])))
print(*(name for name in {HEAVY} if name in sys.modules))
"""


def test_an_application_is_put_together_without_what_it_rarely_needs(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    loaded = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    assert loaded.stdout.split() == []
