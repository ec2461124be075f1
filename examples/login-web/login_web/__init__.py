"""A small web service with a login by mobile number: the sample application of ants-otp.

`app` holds the pages, `store` what is remembered (SQLite), `texts` the page's own words in English and Thai.
"""
