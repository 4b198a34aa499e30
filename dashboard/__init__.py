"""The Streamlit screen. Imports from pipelines; never the other way round."""
