"""What holds for every test: a slow machine is no failure of a property."""

from hypothesis import HealthCheck, settings

settings.register_profile("congress", suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.load_profile("congress")
