#pragma once

#include <cstdint>
#include <string>

namespace plimsoll::adapters {

/// The packs of a mirror.
struct PackTotals {
  int count = 0;
  std::int64_t bytes = 0;
};
[[nodiscard]] PackTotals pack_totals(const std::string& mirror_dir);

/// Packs the smallest packs of a mirror, up to 8 MiB of them, into one: every fetch brings one, and each is looked
/// through for every object. Nothing is lost, whenever it is cut short; what cannot be packed stays as it is. Only for
/// the process that writes the mirror.
void compact_packs(const std::string& mirror_dir);

}  // namespace plimsoll::adapters
