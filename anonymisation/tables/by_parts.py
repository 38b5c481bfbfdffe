"""The search where little of a large system may still change, as beside a long ledger.

A part whose cells are all fixed proves its own requirements by moves that leave its seams
still: the others need not know of them. What cannot be proved so (a count that is a seam
itself) needs a move of the seams that every other part follows: a token. The part with open
cells is then searched and made cheap alone, with the tokens beside it.

Nothing here is believed: the moves are those of the whole system, and it is the whole that is
judged. Where this way finds nothing, the whole is searched at once.

Longer than other modules: what one part cannot prove and how the others follow is one search.

Cost: linear in the number of parts, each by its own size; the open part costs what it would alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse as sp

from anonymisation.errors import Refused
from anonymisation.tables.local_systems import MOST_TOKENS, Local, LocalSystems, Token
from anonymisation.tables.onlookers import Onlookers
from anonymisation.tables.parts import Part, Parts
from anonymisation.tables.reduction import NOT_KEPT, Reduced
from anonymisation.tables.rules import Requirement
from anonymisation.tables.search import QUICK, Search
from anonymisation.tables.small_program import Question, SmallPrograms

NOBODY: tuple[Any, Any, Any] = (np.zeros(0, np.int64),) * 3
MOST_OFFERED = 40
"""Tokens beyond which the open part is offered no more for its own requirements."""


@dataclass(frozen=True, eq=False)
class Hard:
    """A requirement of a fixed part that needs its seams moved.

    `outside`: nobody outside is kept from it yet; `insiders`: those of the whole who are not.
    """

    part: int
    need: int
    outside: bool
    insiders: Any


class FixedParts:
    """Proves what fixed parts require: `moves` of their own, `tokens` for what is `hard`."""

    def __init__(
        self, reduced: Reduced, parts: Parts, exempt: Any, check: Callable[[], None]
    ) -> None:
        self.reduced = self._r = reduced
        self._parts, self._check = parts.parts, check
        self._rows = parts.rows
        self.onlookers = None if exempt.all() else Onlookers(reduced, exempt)
        self.systems = LocalSystems(reduced, parts, exempt)
        self._cells = sp.csc_array(reduced.cells)
        self.moves: list[Any] = []
        self.tokens: list[Token] = []
        self.hard: list[Hard] = []
        self._made: dict[Any, tuple[Local, SmallPrograms]] = {}
        self._owners: dict[int, list[int]] = defaultdict(list)
        for at, part in enumerate(self._parts):
            for seam in part.seams:
                self._owners[seam].append(at)

    def prove(self) -> None:
        """Every requirement has a move, or tokens that move it.

        Raises:
            Refused: one could not be found.
            Undecided: the time is up.
        """
        for at, part in enumerate(self._parts):
            if at and len(part.needs):
                self._still(at, part)
        for hard in self.hard:
            self._settle(hard)

    def _still(self, at: int, part: Part) -> None:
        """What the part proves with its seams as they are."""
        self._check()
        local = self.systems.make(part, part.needs)
        search = Search(local.reduced, lambda *_: local.exempt)
        for row in search.unproven():
            search.settle(row, QUICK)
        self.moves.append(self.whole(part, search.pool.moves[1:]))
        for row in search.pool.unproven().tolist():
            who = np.flatnonzero(np.isin(local.of, search.pool.open_to(row)))
            outside = not search.pool.proofs[row]
            self.hard.append(Hard(at, int(part.needs[row]), outside, who))

    def offer(self, needs: Any) -> bool:
        """Tokens that let the open part move these requirements of its own; whether any is new."""
        before = len(self.tokens)
        for need in (int(i) for i in needs):
            if len(self.tokens) >= MOST_OFFERED:
                break
            asked = self._r.requirements[need]
            everybody = np.zeros(0, np.int64)
            if self.onlookers is not None:
                everybody = np.flatnonzero(~self.onlookers.exempt[need])
            hard = Hard(0, need, True, everybody)
            for bound in (True, False) if asked.bound or asked.at_most else (False,):
                if not self._token(hard, everybody, bound) and len(everybody):
                    self._token(hard, everybody[:0], bound)
        return len(self.tokens) > before

    def whole(self, part: Part, moves: Any) -> Any:
        """Moves of a part as moves of the whole, csr."""
        moves = sp.csr_array(moves)
        shape = (moves.shape[0], len(self._r.truth))
        return sp.csr_array((moves.data, part.classes[moves.indices], moves.indptr), shape=shape)

    def _settle(self, hard: Hard) -> None:
        """For everybody some token moves the requirement's row as asked."""
        outside, left = hard.outside, hard.insiders
        for token in self.tokens:
            by = self._moved(hard, token)
            outside &= not self._enough(hard, by)
            left = np.intersect1d(left, token.outs) if by else left
        if outside and not (self._token(hard, left, True) or self._token(hard, left[:0], True)):
            raise Refused(NOT_KEPT)
        waiting = [left]
        while waiting:
            group = waiting.pop()
            for token in self.tokens:
                group = np.intersect1d(group, token.outs) if self._moved(hard, token) else group
            if not len(group) or self._token(hard, group, False):
                continue
            if len(group) == 1 or len(self.tokens) >= MOST_TOKENS:
                raise Refused(NOT_KEPT)
            waiting += [group[len(group) // 2 :], group[: len(group) // 2]]

    def _moved(self, hard: Hard, token: Token) -> int:
        return int((self._rows[[hard.need]] @ token.by.T).sum())

    def _enough(self, hard: Hard, by: int) -> bool:
        need, value = self._r.requirements[hard.need], int(self._r.row_value[hard.need]) + by
        if need.bound is not None:
            return value >= need.bound
        return by != 0 if need.at_most is None else value <= need.at_most

    def _token(self, hard: Hard, group: Any, bound: bool) -> bool:
        """Whether a move of all fixed parts was found that none of the insiders rules out."""
        need, true = self._r.requirements[hard.need], int(self._r.row_value[hard.need])
        ways = [1, -1]
        if bound and need.bound is not None:
            ways = [need.bound - true]
        elif bound and need.at_most is not None:
            ways = [need.at_most - true]
        know = NOBODY
        if len(group) and self.onlookers is not None:
            know = self.onlookers.know(group)
        found = False
        for by in ways:
            token = self._followed(hard, by, know)
            if token is not None:
                if not any(_same(token, other) for other in self.tokens):
                    self.tokens.append(token)
                found = True
        return found

    def _followed(self, hard: Hard, by: int, know: Any) -> Token | None:
        """The part of a requirement moves it, and all that have the seams it moves follow."""
        first = self._parts[hard.part]
        free = partial(self.systems.make, first, np.array([hard.need]), held=())
        move = self._ask(hard.part, ("free", hard.need), by, know, free)
        if move is None:
            return None
        known = self._told(first, move)
        # What the open part does is its own to choose: a token is what the others do.
        moves = {hard.part: move} if hard.part else {}
        while True:
            at = self._next(moves, known)
            if at is None:
                break
            part = self._parts[at]
            asked = {seam: known[seam] for seam in part.seams if seam in known}
            follow = partial(self.systems.following, part, asked)
            move = self._ask(at, tuple(sorted(asked.items())), -1, know, follow)
            if move is None:
                return None
            moves[at] = move[:-1]
            known |= self._told(part, move)
        return self._glued(moves, known) if moves else None

    def _next(self, moves: Mapping[int, Any], known: Mapping[int, int]) -> int | None:
        """A fixed part that must move and has not been asked."""
        waiting = {at for seam, by in known.items() if by for at in self._owners[seam]}
        return min(waiting - set(moves) - {0}, default=None)

    @staticmethod
    def _told(part: Part, move: Any) -> dict[int, int]:
        return {seam: int(move[classes].sum()) for seam, classes in part.seams.items()}

    def _ask(self, at: int, key: Any, by: int, know: Any, make: Callable[[], Local]) -> Any:
        """The move of a part that answers its only requirement; None: none was found."""
        if (at, key) not in self._made:
            local = make()
            self._made[at, key] = (local, SmallPrograms(local.reduced, self._check))
        local, programs = self._made[at, key]
        classes, least, still = know
        here = np.isin(classes, self._parts[at].classes)
        question = Question(
            0, by, self.systems.place(classes[here]), least[here],
            np.flatnonzero(np.isin(local.cells, still)),
        )  # fmt: skip
        every, prices = np.arange(len(local.reduced.truth)), np.zeros(len(local.cells))
        return programs.move(question, every, prices)

    def _glued(self, moves: Mapping[int, Any], known: Mapping[int, int]) -> Token:
        total = np.zeros(len(self._r.truth), np.int64)
        for at, move in moves.items():
            total[self._parts[at].classes] = move
        classes = np.flatnonzero(total)
        outs = np.zeros(0, np.int64)
        if self.onlookers is not None:
            cells = np.flatnonzero(self._cells[:, classes] @ total[classes])
            counts = self._r.truth[classes] + total[classes]
            outs = self.onlookers.ruled_out_by(classes, counts, cells)
        return Token(sp.csr_array(total[None, :]), known, outs)

    def asked(self, hard: Hard) -> Requirement:
        """What is left to require of a hard one beside its tokens."""
        need = self._r.requirements[hard.need]
        return need if hard.outside else replace(need, bound=None, at_most=None)


def _same(one: Token, other: Token) -> bool:
    """Whether two tokens are the same to the open part."""
    return (
        one.seams == other.seams
        and np.array_equal(one.outs, other.outs)
        and not (one.by != other.by).nnz
    )
