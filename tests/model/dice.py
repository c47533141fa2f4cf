"""Chance that is the same in every version of Python: all of it comes from random(), seeded by a text."""
import random


class Dice:
    def __init__(self, seed):
        self.roll = random.Random(seed).random

    def chance(self, probability):
        return self.roll() < probability

    def whole(self, low, high):
        """low <= n <= high."""
        return low + int(self.roll() * (high - low + 1))

    def pick(self, values):
        return values[int(self.roll() * len(values))]

    def weighted(self, pairs):
        """pairs: (weight, value)."""
        at = self.roll() * sum(weight for weight, _ in pairs)
        for weight, value in pairs:
            at -= weight
            if at < 0:
                return value
        return pairs[-1][1]

    def some(self, values, count):
        """So many of them, in their order."""
        left = list(values)
        while len(left) > count:
            del left[int(self.roll() * len(left))]
        return left
