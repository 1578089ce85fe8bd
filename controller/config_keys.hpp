#pragma once

#include <vector>

#include "manifest/key_table.hpp"

namespace plimsoll::controller {

/// The keys of `controller.yaml`, mapping by mapping. Its JSON Schema is tested against them.
[[nodiscard]] const std::vector<manifest::KeyTable>& config_key_tables();
/// The table at `pointer`, such as `source.credentials`; empty for the root. It must exist.
[[nodiscard]] const manifest::KeyTable& config_key_table(std::string_view pointer);

}  // namespace plimsoll::controller
