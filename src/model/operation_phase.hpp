#pragma once

#include <optional>
#include <string_view>

namespace plimsoll {

/// How far an operation is. All but `running` are its end.
enum class OperationPhase { running, succeeded, failed, error, terminating };

/// `Running`, `Succeeded`, `Failed`, `Error`, `Terminating`.
[[nodiscard]] std::string_view to_string(OperationPhase phase) noexcept;

/// The phase with this text; absent when there is none.
[[nodiscard]] std::optional<OperationPhase> operation_phase_named(std::string_view text) noexcept;

}  // namespace plimsoll
