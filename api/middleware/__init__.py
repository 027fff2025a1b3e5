"""What happens to every request around its route: one concern a module, plain ASGI."""
