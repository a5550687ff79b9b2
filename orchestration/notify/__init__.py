"""What needs somebody's attention, posted to 企业微信, 钉钉, 飞书 or mail, once a publication.

`exceptions` finds it, `wording` says it, `sending` posts it, `sent` remembers it, and `notifying`
puts these in order. Only this package imports apprise.
"""
