"""What tests share: stores on both databases, a browser, the live service. See tests/conftest.py.

Import from the modules (`tests.kit.pages`, `tests.kit.stores`, ...): nothing heavy is loaded here.
"""
