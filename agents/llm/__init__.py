"""Agents that ask language models: the gateway to the models, prompts and replies."""
