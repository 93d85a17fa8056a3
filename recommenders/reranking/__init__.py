"""From the best items to the list that is shown: filters, rules, caps, diversity, exploration.

Pure: arrays and numbers in, arrays and numbers out; chance comes in as a generator.
"""
