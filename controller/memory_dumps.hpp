#pragma once

namespace plimsoll::controller {

/// From now on the kernel writes no core of this process, and no other process of its user may read its memory (nor
/// look into `/proc/PID`; root may). It holds every secret that it deploys. Not inherited by what it executes, but for
/// the limit on cores. Best effort: a refusal changes nothing.
void forbid_memory_dumps();

}  // namespace plimsoll::controller
