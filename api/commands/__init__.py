"""The subcommands of ``kantong``, one file per concern."""
