#pragma once

#include <memory>

#include "adapters/git/git_options.hpp"
#include "ports/git_source.hpp"

namespace plimsoll::adapters {

/// The manifest repository behind `options`. `rejected` when they are wrong; touches neither network nor disk.
///
/// - `remote_commit`: http(s) asks for the one reference in-process, file reads it, ssh starts a child process.
/// - `fetch`: always a child process (`GitOptions::self_executable` with `kGitFetchCommand`), killed past
///   `GitOptions::fetch_deadline` or the call's deadline, whichever is earlier. The mirror then is as it was before.
/// - `read`: in-process. A mirror found damaged is cloned anew by the next `fetch`.
[[nodiscard]] Result<std::unique_ptr<ports::GitSource>> make_git_source(GitOptions options);

}  // namespace plimsoll::adapters
