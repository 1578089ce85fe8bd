#include "adapters/docker/image_config.hpp"

#include <boost/json.hpp>

#include "adapters/docker/engine_error.hpp"
#include "adapters/docker/json_access.hpp"

namespace plimsoll::adapters {

namespace json = boost::json;

Result<std::optional<ImageConfig>> read_image_config(EngineApi& api, const std::string& image,
                                                     const ports::Call& call) {
  const auto response = api.send({.path = "/images/" + image + "/json"}, call);
  if (!response) return response.error();
  if (response->status == 404) return std::optional<ImageConfig>();
  if (!response->ok()) return engine_error("inspect image " + image, *response);
  json::error_code failed;
  const auto parsed = json::parse(response->body, failed);
  if (failed || !parsed.is_object())
    return Error{ErrorKind::transient, "inspect image " + image + ": the engine sent no JSON object"};
  const auto& config = object_at(parsed.get_object(), "Config");
  ImageConfig read{std::string(text_at(config, "StopSignal")), {}};
  for (const auto& [directory, nothing] : object_at(config, "Volumes")) read.volumes.emplace(directory);
  return std::optional<ImageConfig>(std::move(read));
}

}  // namespace plimsoll::adapters
