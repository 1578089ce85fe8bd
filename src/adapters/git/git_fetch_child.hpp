#pragma once

namespace plimsoll::adapters {

/// The hidden subcommand of `plimsoll` that does git's network operations.
inline constexpr const char* kGitFetchCommand = "git-fetch";

/// The child's whole life: reads one `FetchRequest` from `in` to its end, limits its own resources, does what is asked,
/// writes the answer (a commit or an error) to `out` and ends the process. Returns an exit status only when there was
/// nothing to do. `main` calls it before anything else when the first argument is `kGitFetchCommand`: no threads, no
/// logging, no configuration.
[[nodiscard]] int git_fetch_main(int in = 0, int out = 1);

}  // namespace plimsoll::adapters
