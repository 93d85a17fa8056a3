"""The shipped statistics on simulated shops: do they err as often as they claim?"""
