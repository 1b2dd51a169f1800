"""Aligns two versions of a list: the longest common subsequence, where some entries weigh more."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def align(
    old: Sequence[str], new: Sequence[str], weight: Callable[[str], int]
) -> list[tuple[int, int]]:
    """Returns pairs of indices of equal entries of `old` and `new`, both ascending.

    Of all such pairings the one with the greatest sum of `weight`; of several, the one that pairs
    the earlier entries of `new`.
    """
    best = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]  # of old[row:] and new[column:]
    for row in reversed(range(len(old))):
        for column in reversed(range(len(new))):
            is_pair = old[row] == new[column]
            paired = best[row + 1][column + 1] + weight(old[row]) if is_pair else 0
            best[row][column] = max(paired, best[row + 1][column], best[row][column + 1])
    pairs = []
    row = column = 0
    while row < len(old) and column < len(new):
        if old[row] == new[column] and best[row][column] > best[row + 1][column + 1]:
            pairs.append((row, column))
            row, column = row + 1, column + 1
        elif best[row][column] == best[row + 1][column]:
            row += 1
        else:
            column += 1
    return pairs
