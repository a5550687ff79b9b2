"""What must hold about volume, distribution and freshness, before dbt and before publishing.

Keys, references and accepted values are dbt tests; volume, distribution and freshness are suites
here. No fact is checked twice. Great Expectations is imported in this package and nowhere else.
"""
