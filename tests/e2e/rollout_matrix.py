"""Every story with every disturbance at every request, or an evenly spread sample of them, several stories at a time.

PLIMSOLL_CUTS chooses: nothing for the sample, `all`, or a list such as `stop-first-1:17:before,file,reload:*4` (a story,
a number of a request or how many are to be the sample, a kind of disturbance; what is left out is all).
PLIMSOLL_LANES is how many stories run beside each other, PLIMSOLL_FAILURES after how many failures a story is given up.
"""
import concurrent.futures
import os
import sys
import time
import traceback

from harness import ours
from rollout_lane import Lane, listed
from rollout_stories import STORIES

#: Most of the time of a story is waiting for gates; of one with faults, for the next try.
BESIDE, BESIDE_WITH_FAULTS = (int(os.environ.get("PLIMSOLL_LANES", usual)) for usual in (3, 5))
CHOSEN = os.environ.get("PLIMSOLL_CUTS", "")
GIVE_UP_AFTER = int(os.environ.get("PLIMSOLL_FAILURES", "4"))


def spread(numbers, kinds, size):
    """`size` pairs of one of `numbers` and a kind, evenly spread over the numbers, the kinds in turn."""
    picked = [numbers[(2 * i + 1) * len(numbers) // (2 * size)] for i in range(size)] if numbers else []
    return [(number, kinds[i % len(kinds)]) for i, number in enumerate(picked)]


def sample(requests, kinds, size):
    """Two thirds at requests that change something, since between two of those the engine's state is the same."""
    numbers = range(1, len(requests) + 1)
    changing = [number for number in numbers if not requests[number - 1].startswith("GET ")]
    asking = [number for number in numbers if number not in changing]
    return sorted(spread(changing, kinds, size - size // 3) + spread(asking, kinds, size // 3))


def chosen(story, requests, kinds, size):
    """The disturbances of a story whose undisturbed run makes these requests."""
    every = [(number, kind) for number in range(1, len(requests) + 1) for kind in kinds]
    if not CHOSEN:
        return sample(requests, kinds, size)
    if CHOSEN == "all":
        return every
    wishes = [(wish.split(":") + ["", ""])[:3] for wish in CHOSEN.split(",")]
    samples = [pair for name, of, how in wishes if name == story.name and of[:1] == "*"
               for pair in sample(requests, [how] if how else kinds, int(of[1:]))]
    return samples + [(number, kind) for number, kind in every for name, of, how in wishes
                      if name == story.name and of in ("", str(number)) and how in ("", kind)]


def chosen_stories(names=STORIES):
    """Those of these stories that are to be tried at all."""
    wishes = {wish.split(":")[0] for wish in CHOSEN.split(",")}
    stories = [STORIES[name] for name in names if CHOSEN in ("", "all") or name in wishes]
    if not stories:
        raise AssertionError(f"PLIMSOLL_CUTS={CHOSEN} names no story of {', '.join(names)}")
    return stories


def raise_all(failures):
    """One error that tells of all of them, if there are any."""
    if failures:
        raise AssertionError("\n\n".join([f"{len(failures)} failed", *failures]))


def beside(work, rows, lanes=BESIDE):
    """work(*row) for each row, `lanes` at a time; one error that tells of all that failed."""
    with concurrent.futures.ThreadPoolExecutor(lanes) as pool:
        ended = [(row, pool.submit(work, *row)) for row in rows]
    raise_all([f"{row[0]}: {''.join(traceback.format_exception(run.exception()))}"
               for row, run in ended if run.exception()])


class Matrix:
    """attempt(lane, number, kind) disturbs once, checks, and returns the proxy's script; number 0 disturbs nothing.

    sizes: {story: how many the sample has}. what: what they are called. beside: how many stories at a time.
    """

    def __init__(self, what, scenario, engine, registry, kinds, attempt, sizes, beside=BESIDE):
        self.what, self.kinds, self.attempt, self.sizes, self.beside = what, kinds, attempt, sizes, beside
        self.lanes = [Lane(scenario, story, engine, registry) for story in chosen_stories(sizes)]
        self.done, self.missed, self.failures, self.worst = 0, 0, [], {}

    def run(self):
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(self.beside) as pool:
            list(pool.map(self._story, self.lanes))
        gaps = ", ".join(f"{kind} {gap:.2f} s ({where})" for kind, (gap, where) in sorted(self.worst.items()))
        say(f"{self.done} {self.what}, {len(self.lanes)} scenarios, worst gap: {gaps or 'none'}; "
            f"{self.missed} not reached, {len(self.failures)} failed; {time.monotonic() - began:.0f} s")
        raise_all(self.failures)
        if not self.done:
            raise AssertionError("nothing was tried")

    def _story(self, lane):
        began, name = time.monotonic(), lane.story.name
        try:
            lane.start()
            requests = list(self.attempt(lane, 0, self.kinds[0]).requests)
            tries = chosen(lane.story, requests, self.kinds, self.sizes[name])
            failed = [pair for pair in tries if not self._try(lane, *pair)]
            say(f"{name}: {len(requests)} requests, {len(tries)} tried, {len(failed)} failed; "
                f"{time.monotonic() - began:.0f} s")
        except Exception:  # noqa: BLE001 - a story that cannot even begin
            self.failures.append(f"{name}: {traceback.format_exc()}\n{lane.plimsoll.log_tail()}")
        finally:
            lane.stop()

    def _try(self, lane, number, kind):
        """True when it went well; else the lane begins anew."""
        label = f"{lane.story.name}:{number}:{kind}"
        if sum(text.startswith(lane.story.name + ":") for text in self.failures) >= GIVE_UP_AFTER:
            return False
        log_from = len(lane.plimsoll.log_text())
        try:
            script = self.attempt(lane, number, kind)
        except Exception as error:  # noqa: BLE001 - collected, so that one run shows all
            script = lane.disturbed
            self.failures.append(f"{label} ({script.told()}): {error}\n"
                                 f"containers: {listed(ours(lane.engine, lane.story.name))}\n"
                                 f"log:\n{lane.plimsoll.log_text()[log_from:][-6000:]}")
            say(f"FAILED {label} ({script.told()}): {str(error)[:300]}")
            lane.begin_anew()
            return False
        for gap, seconds in lane.worst_seen.items():
            self.worst[gap] = max(self.worst.get(gap, (0, "")), (seconds, f"{label}, {script.told()}"))
        if script.acted.is_set():
            self.done += 1
        else:
            self.missed += 1
        return True


def say(text):
    print(text, file=sys.stderr, flush=True)
