"""What is known before work begins: where a film comes from, what it is going to be, and its recipe.

A `Plan` holds all that can be wrong; recordings that have no scene get one here.
"""
