#include <exception>
#include <ostream>

#include "controller/cli/cli.hpp"
#include "controller/cli/commands.hpp"
#include "model/printable.hpp"

namespace plimsoll::controller {

int fail(const CliContext& context, const std::string& message, int status) {
  context.out.flush();
  context.err << "plimsoll: " << printable(message) << "\n";
  return status;
}

int execute(const RunOptions& command, const CliContext& context) {
  if (!context.run_controller) return fail(context, "`run` is not available here");
  return context.run_controller(command);
}

int run_command_line(std::vector<std::string> arguments, const CliContext& context) {
  const ParsedCommandLine parsed = parse_command_line(std::move(arguments));
  if (!parsed.command) {
    (parsed.exit_status == 0 ? context.out : context.err) << parsed.text;
    return parsed.exit_status;
  }
  // The last border: what gets here is a bug or a lack of memory, and deserves a line and not an abort.
  const bool diff = std::holds_alternative<DiffCommand>(*parsed.command);
  const int failed = diff ? exit_status::kDiffError : exit_status::kError;
  try {
    const int status =
        std::visit([&context](const auto& command) { return execute(command, context); }, *parsed.command);
    context.out.flush();
    if (!context.out) return fail(context, "cannot write to standard output; is the disk full?", failed);
    return status;
  } catch (const std::exception& error) {
    return fail(context, std::string("internal error: ") + error.what() + "; please report it", failed);
  }
}

}  // namespace plimsoll::controller
