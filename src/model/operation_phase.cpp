#include "model/operation_phase.hpp"

#include <array>

namespace plimsoll {

std::string_view to_string(OperationPhase phase) noexcept {
  switch (phase) {
    case OperationPhase::running: return "Running";
    case OperationPhase::succeeded: return "Succeeded";
    case OperationPhase::failed: return "Failed";
    case OperationPhase::error: return "Error";
    case OperationPhase::terminating: return "Terminating";
  }
  return "Error";
}

std::optional<OperationPhase> operation_phase_named(std::string_view text) noexcept {
  constexpr std::array kAll{OperationPhase::running, OperationPhase::succeeded, OperationPhase::failed,
                            OperationPhase::error, OperationPhase::terminating};
  for (const auto phase : kAll) {
    if (to_string(phase) == text) return phase;
  }
  return std::nullopt;
}

}  // namespace plimsoll
