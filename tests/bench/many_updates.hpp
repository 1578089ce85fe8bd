#pragma once

#include <string>

namespace plimsoll::bench {

/// The floor of an update of many services at once: pulls `image` and replaces `count` containers `floor-many-<i>` by
/// new ones of it (first time: makes them), with `at_once` threads, each with a connection of its own, doing the calls
/// that a start-first swap cannot do without, back to back: create, start, leave the network, join it under the alias,
/// stop and remove the old one, rename. As the controller does, all are created before the first is started. Returns
/// milliseconds.
double update_many(const std::string& socket, int count, const std::string& image, int at_once);

/// Removes what `update_many` made.
void clear_many(const std::string& socket, int count);

}  // namespace plimsoll::bench
