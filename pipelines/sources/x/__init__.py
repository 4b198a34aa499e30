"""X: the filtered stream or recent search, its gaps, its bill. Start at ``source.py``; ``api.py`` alone knows tweepy."""

KEY = "X_BEARER_TOKEN"  # in .env
