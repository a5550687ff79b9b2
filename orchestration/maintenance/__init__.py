"""What a keeper does now and then: backups, training, a demo home."""
