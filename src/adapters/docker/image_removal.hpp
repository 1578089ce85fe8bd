#pragma once

#include <string>
#include <vector>

#include "adapters/docker/engine_api.hpp"
#include "ports/container_engine.hpp"

namespace plimsoll::adapters {

/// `ports::ContainerEngine::remove_image` by the Engine API. Takes only names that the engine itself lists for that
/// very image, so a tag that has moved to another image stays. An image that the engine says is in use is `kept`.
[[nodiscard]] Result<ports::ImageRemoval> remove_image(EngineApi& api, const std::string& image,
                                                       const std::vector<std::string>& names, const ports::Call& call);

}  // namespace plimsoll::adapters
