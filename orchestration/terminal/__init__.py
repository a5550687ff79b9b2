"""What a terminal shows of any command: progress and tables."""
