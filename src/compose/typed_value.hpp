#pragma once

#include <string>

#include "compose/node.hpp"
#include "compose/report.hpp"
#include "compose/schema.hpp"

namespace plimsoll::compose {

/// Checks one scalar against its shape and turns it into the form in which Compose renders it. Returns false when
/// Compose would leave it out (empty, zero, false). A value of a wrong kind is reported and kept.
[[nodiscard]] bool render_scalar(Node& node, const SchemaField& field, const std::string& path, Report& report);

/// The same for lists of text, commands, `K=V` mappings, ulimits, extra_hosts and build.ssh.
[[nodiscard]] bool render_list(Node& node, const SchemaField& field, const std::string& path, bool strict,
                               Report& report);

/// Reports that `node` is not `wanted` (`text`, `a list`, ...).
void report_kind(const Node& node, const std::string& path, std::string_view wanted, Report& report,
                 std::string mend = {});

}  // namespace plimsoll::compose
