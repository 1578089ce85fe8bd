#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compose/node.hpp"
#include "manifest/findings.hpp"
#include "model/repository_files.hpp"

namespace plimsoll::manifest {

/// The scalar entries of a mapping, as they were written (`1.10` stays `1.10`). Anything else is left out: the key
/// tables have reported it.
[[nodiscard]] std::map<std::string, std::string> scalar_map(const compose::Node& node);

/// `scalar_map` whose keys must be variable names; `COMPOSE_PROJECT_NAME` is ours and refused. More than
/// `kMaxVariables` are an error, and none are returned.
[[nodiscard]] std::map<std::string, std::string> variable_map(const compose::Node& node, const std::string& path,
                                                              Findings& findings);

/// The items of a list of texts; items of another kind, empty ones and repetitions are errors.
[[nodiscard]] std::vector<std::string> text_list(const compose::Node& node, const std::string& path,
                                                 Findings& findings);

/// `text_list` whose items must be names of instances, networks, ... (`is_name`); `what` says of what.
[[nodiscard]] std::vector<std::string> name_list(const compose::Node& node, const std::string& path,
                                                 std::string_view what, Findings& findings);

/// The one document of a YAML file of ours. Nothing when it is missing, not text of the repository, or not one
/// document; said in `findings`.
[[nodiscard]] std::optional<compose::Node> read_document(const RepositoryFiles& files, std::string_view path,
                                                         Findings& findings);

/// Reports a bad name with the rule for names.
void report_bad_name(const SourcePosition& where, const std::string& path, std::string_view what, std::string_view name,
                     Findings& findings);

}  // namespace plimsoll::manifest
