#pragma once

#include "controller/cli/cli_context.hpp"
#include "controller/cli/command_line.hpp"

namespace plimsoll::controller {

/// One per command: does it, writes to the context's streams, returns the exit status.
int execute(const StatusCommand& command, const CliContext& context);
int execute(const DiffCommand& command, const CliContext& context);
int execute(const SyncCommand& command, const CliContext& context);
int execute(const WaitCommand& command, const CliContext& context);
int execute(const HistoryCommand& command, const CliContext& context);
int execute(const SuspendCommand& command, const CliContext& context);
int execute(const ResumeCommand& command, const CliContext& context);
int execute(const RollbackCommand& command, const CliContext& context);
int execute(const EventsCommand& command, const CliContext& context);
int execute(const LogsCommand& command, const CliContext& context);
int execute(const ValidateCommand& command, const CliContext& context);
int execute(const RenderCommand& command, const CliContext& context);
int execute(const ComposeConfigCommand& command, const CliContext& context);
int execute(const RunOptions& command, const CliContext& context);

}  // namespace plimsoll::controller
