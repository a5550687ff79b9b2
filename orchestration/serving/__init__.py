"""What `koubei serve` shows on this machine: publications as pages."""
