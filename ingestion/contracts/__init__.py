"""What a channel exports, as data: models, loaders, rules, feeds and parsers."""
