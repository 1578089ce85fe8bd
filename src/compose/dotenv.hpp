#pragma once

#include <map>
#include <string>
#include <string_view>

#include "compose/variables.hpp"
#include "model/diagnostic.hpp"

namespace plimsoll::compose {

/// What a dotenv file sets. Meaningful only when `diagnostics` has no error.
struct ParsedDotenv {
  std::map<std::string, std::string, std::less<>> values;
  Diagnostics diagnostics;  ///< each with file and line
};

/// Parses the dotenv grammar of Compose: comments, `export`, `=` or `:`, unquoted values up to ` #`, double quotes with
/// escapes, literal single quotes, quotes over several lines; values other than single-quoted ones are interpolated,
/// from `outer` first, then from keys read before, then from `earlier` (if there is one). `KEY` alone takes its value
/// from `outer`, or is absent. Values of more than `kMaxExpandedBytes` together are an error.
[[nodiscard]] ParsedDotenv parse_dotenv(std::string_view file, std::string_view bytes, const Lookup& outer,
                                        bool unset_is_error, const Lookup& earlier = {});

/// The same without any parsing (`format: raw`): `KEY=VALUE` lines as they are.
[[nodiscard]] ParsedDotenv parse_raw_dotenv(std::string_view file, std::string_view bytes, const Lookup& outer);

}  // namespace plimsoll::compose
