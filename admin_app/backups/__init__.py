"""Backups: database and files as one set, in one archive, without the keys; the keys apart, under a passphrase."""
