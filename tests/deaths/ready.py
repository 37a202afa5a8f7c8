"""What the fork server imports once: its children find the application made."""

from tests.deaths import process

process.app()
