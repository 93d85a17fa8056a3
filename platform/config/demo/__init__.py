"""The demonstration: a made-up shop, an experiment over HTTP, its report beside the truth."""
