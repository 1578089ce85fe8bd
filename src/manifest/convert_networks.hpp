#pragma once

#include <string>
#include <vector>

#include "manifest/conversion_context.hpp"
#include "manifest/field_reader.hpp"
#include "model/desired_state.hpp"

namespace plimsoll::manifest {

/// Keys of the networks that a service joins: `default` when it names none, nothing with `network_mode`.
[[nodiscard]] std::vector<std::string> network_keys(const FieldReader& service);

/// Engine name of network `key`: its `name`, or `<project>_<key>`; an external one that the environment
/// shares is `<environment>_<key>`. `networks` is the top-level mapping.
[[nodiscard]] std::string network_engine_name(const FieldReader& networks, const std::string& key,
                                              const ConversionContext& context);

/// The network `key` as it should be, with canonical form and digest.
[[nodiscard]] NetworkSpec convert_network(const FieldReader& networks, const std::string& key,
                                          const ConversionContext& context);

}  // namespace plimsoll::manifest
