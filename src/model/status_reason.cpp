#include "model/status_reason.hpp"

#include <algorithm>
#include <array>

namespace plimsoll {
namespace {

constexpr std::array kAll{
    StatusReason{.name = reason::kChanged},
    StatusReason{.name = reason::kWaitingForImage},
    StatusReason{.name = reason::kWaitingForHealth},
    StatusReason{.name = reason::kWaitingForDependency},
    StatusReason{.name = reason::kPruning},
    StatusReason{.name = reason::kPruneDisabled},
    StatusReason{.name = reason::kPinned},
    StatusReason{.name = reason::kModified, .settles = true},
    StatusReason{.name = reason::kSuspended, .settles = true},
    StatusReason{.name = reason::kUnhealthy, .settles = true},
    StatusReason{.name = reason::kEngineUnreachable, .settles = true},
    StatusReason{.name = reason::kError, .settles = true},
    StatusReason{.name = reason::kRolledBack, .stalls = true, .settles = true, .keeps_failed = true},
    StatusReason{.name = reason::kGateFailed, .stalls = true, .settles = true, .keeps_failed = true},
    StatusReason{.name = reason::kOneShotFailed, .stalls = true, .settles = true, .keeps_failed = true},
    StatusReason{.name = reason::kConflict, .stalls = true, .settles = true},
    StatusReason{.name = reason::kUnauthorized, .stalls = true, .settles = true},
    StatusReason{.name = reason::kInvalidSpec, .stalls = true, .settles = true},
    StatusReason{.name = reason::kRemovalBlocked, .stalls = true, .settles = true},
    StatusReason{.name = reason::kInstanceUnusable, .stalls = true, .settles = true},
};

}  // namespace

std::span<const StatusReason> status_reasons() noexcept { return kAll; }

StatusReason status_reason(std::string_view name) noexcept {
  const auto* const found =
      std::find_if(kAll.begin(), kAll.end(), [name](const StatusReason& one) { return one.name == name; });
  return found == kAll.end() ? StatusReason{} : *found;
}

}  // namespace plimsoll
