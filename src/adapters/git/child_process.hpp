#pragma once

#include <string>
#include <vector>

#include "model/result.hpp"
#include "ports/call.hpp"

namespace plimsoll::adapters {

/// A program to run once.
struct ChildSpec {
  std::string executable;
  std::vector<std::string> arguments;  ///< after argv[0]; no secrets
  std::string input;                   ///< what it reads on descriptor 0
  std::size_t max_output_bytes = 64U << 10U;
};

/// How a child ended by itself.
struct ChildOutcome {
  std::string output;   ///< what it wrote to descriptor 1
  int exit_status = 0;  ///< meaningless when `signal` is not 0
  int signal = 0;       ///< the signal that ended it
};

/// Runs a child in its own session with a minimal environment and no descriptors but 0 to 2, and waits for its end.
/// Past the deadline, or when the stop token fires, it is killed at once (`deadline`, `cancelled`). In every case it is
/// reaped before this returns. `internal` when it cannot be started or writes too much.
///
/// Must be called on a thread that lives as long as the child: the child asks to be killed when that thread ends.
[[nodiscard]] Result<ChildOutcome> run_child(const ChildSpec& spec, const ports::Call& call);

}  // namespace plimsoll::adapters
