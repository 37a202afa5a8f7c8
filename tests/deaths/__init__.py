"""Killed processes: what waits is worked by one that dies somewhere, then by one that lives; nothing is lost or doubled."""
