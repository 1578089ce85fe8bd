#pragma once

#include <cstddef>
#include <string>

namespace plimsoll::controller {

/// What the logs of one answer may come to together, in bytes: the answer is put together, and sent, in memory.
inline constexpr std::size_t kLogAnswerBytes = 16U << 20U;

/// The end of a log that fits into one of `logs` equal shares of `kLogAnswerBytes`, in whole lines, below a line that
/// says what was left out; all of it when it fits. A last line that alone is longer keeps its end.
[[nodiscard]] std::string log_share(std::string text, std::size_t logs);

}  // namespace plimsoll::controller
