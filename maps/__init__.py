"""Pictures of Published tables: web maps, printed sheets."""
