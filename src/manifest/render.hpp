#pragma once

#include <string>

#include "model/desired_state.hpp"

namespace plimsoll::manifest {

/// The syntax of `render`.
enum class RenderFormat { yaml, json };

/// Which targets to render; an empty part matches all.
struct RenderFilter {
  std::string environment;
  std::string app;
};

/// The resolved targets of a desired state as text, for `plimsoll render`: services with the fields of their canonical
/// form (the names that `diff` shows), networks, volumes, and the broken apps. Secrets are `***`. Same state, same
/// text.
[[nodiscard]] std::string render(const DesiredState& state, const RenderFilter& filter, RenderFormat format);

}  // namespace plimsoll::manifest
