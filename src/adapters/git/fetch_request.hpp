#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/result.hpp"

namespace plimsoll::adapters {

/// What the child `plimsoll git-fetch` is asked to do. It travels over a socket, never in arguments or the environment.
struct FetchRequest {
  enum class Operation { list, fetch };
  Operation operation = Operation::fetch;
  std::string url;
  std::string branch;
  std::string path;  ///< the manifest directory, whose objects must be complete after a fetch
  std::string username;
  std::string password;  ///< https only
  std::string ssh_key_file, known_hosts_file, ca_file;
  std::string mirror_dir;
  std::int64_t max_pack_bytes = 0;
  int max_packs = 0;
  int cpu_seconds = 60;  ///< resource limit of the child
  int parent_pid = 0;    ///< the child ends when this is not its parent any more
  bool fresh = false;    ///< clone anew even when the mirror opens
};

/// The request as JSON.
[[nodiscard]] std::string to_json(const FetchRequest& request);

/// The request that `to_json` wrote. `internal` when it is not that.
[[nodiscard]] Result<FetchRequest> parse_fetch_request(std::string_view json);

/// The child's answer, a commit or an error, as JSON.
[[nodiscard]] std::string fetch_answer_to_json(const Result<std::string>& answer);

/// The answer that `fetch_answer_to_json` wrote; `internal` when it is not that.
[[nodiscard]] Result<std::string> parse_fetch_answer(std::string_view json);

}  // namespace plimsoll::adapters
