#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/result.hpp"

namespace plimsoll::adapters {

/// One packet of git's wire format (gitprotocol-common, "pkt-line").
struct PktLine {
  enum class Kind { data, flush, delimiter, response_end };
  Kind kind = Kind::data;
  std::string_view data;  ///< without the length and without one trailing newline
};

/// A reference as a server lists it.
struct RemoteRef {
  std::string commit;  ///< 40 hex
  std::string name;    ///< `refs/heads/main`
  bool operator==(const RemoteRef&) const = default;
};

/// `payload` as a data packet. Payloads are at most 65516 bytes.
[[nodiscard]] std::string pkt_line(std::string_view payload);

/// Takes the first packet off `rest`. Absent at its end; `transient` when the bytes are no packet or are cut off.
[[nodiscard]] Result<std::optional<PktLine>> next_pkt_line(std::string_view& rest);

/// Body of a protocol v2 `ls-refs` request for the references that begin with `prefix` (gitprotocol-v2).
[[nodiscard]] std::string ls_refs_request(std::string_view prefix);

/// Reply to `ls_refs_request`. `transient` when it is malformed or cut off, `rejected` when the server reports an error
/// or the repository has SHA-256 objects. References that point to tags' targets or to nothing are left out.
[[nodiscard]] Result<std::vector<RemoteRef>> parse_ls_refs(std::string_view body);

/// Body of a protocol v0/v1 `info/refs?service=git-upload-pack` (gitprotocol-http). Errors as `parse_ls_refs`.
[[nodiscard]] Result<std::vector<RemoteRef>> parse_ref_advertisement(std::string_view body);

}  // namespace plimsoll::adapters
