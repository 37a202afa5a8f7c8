"""Pages without a login: home, language, errors, registration, verification."""
