"""What it costs that a swap can be cut at any moment: raw calls with the old one's policy and the names, and without."""
from bench_tools import ratio, spread
from harness import free_port, push_image


def measure(bench, rounds):
    port, sides = free_port(), {"replace": [], "promise": []}
    push_image(bench.registry.address, "promises:0")
    bench.floor(f"replace {bench.registry.address}/promises:0 {port}")
    for number in range(rounds):
        for side in sides if number % 2 else reversed(sides):
            tag = f"promises:{number}-{side}"
            push_image(bench.registry.address, tag)
            sides[side].append(bench.floor(f"{side} {bench.registry.address}/{tag} {port}")["whole"])
    bench.row("raw calls of a swap that can be cut at any moment, over those without that", spread(sides["promise"]),
              spread(sides["replace"]), ratio(sides["promise"], sides["replace"]), 1.05, "ms")
    bench.sweep()
