from hypothesis import settings

# Speed is measured in benchmarks/; a busy machine must not fail a property, one that hangs must.
settings.register_profile("patient", settings(), deadline=10_000)
settings.load_profile("patient")
