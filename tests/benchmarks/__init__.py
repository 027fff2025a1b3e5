"""Speed and memory, printed by ``make bench``; never timed tests."""
