#pragma once

namespace plimsoll::controller {

/// From now on this process may open as many files as its hard limit allows: a few hundred instances with their event
/// streams and rollouts need more than the usual 1024. Inherited by what it executes. Best effort.
void raise_descriptor_limit();

}  // namespace plimsoll::controller
