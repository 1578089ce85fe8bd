#pragma once

#include <optional>
#include <set>
#include <string>

#include "adapters/docker/engine_api.hpp"

namespace plimsoll::adapters {

/// What an image brings along that the creation of a container has to know.
struct ImageConfig {
  std::string stop_signal;        ///< as the image writes it; empty when it names none
  std::set<std::string> volumes;  ///< the directories of its `VOLUME`s
};

/// Reads it from an image of the engine; absent when there is no such image.
Result<std::optional<ImageConfig>> read_image_config(EngineApi& api, const std::string& image, const ports::Call& call);

}  // namespace plimsoll::adapters
