"""`python -m admin_app`: the operator's commands."""

from admin_app.commands import main

if __name__ == "__main__":
    main()
