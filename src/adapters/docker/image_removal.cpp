#include "adapters/docker/image_removal.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <optional>
#include <set>

#include "adapters/docker/engine_error.hpp"
#include "adapters/docker/json_access.hpp"
#include "adapters/docker/json_memory.hpp"
#include "model/image_reference.hpp"

namespace plimsoll::adapters {
namespace {

namespace json = boost::json;
using ports::ImageRemoval;

/// An image as its engine shows it.
struct Found {
  std::string id;
  std::vector<std::string> names;  // tags first: with the last tag of a repository, Docker drops its digests
};

Result<std::optional<Found>> find(EngineApi& api, const std::string& image, const ports::Call& call) {
  const auto response = api.send({.path = "/images/" + image + "/json"}, call);
  if (!response) return response.error();
  if (response->status == 404) return std::optional<Found>();
  if (!response->ok()) return engine_error("inspect image " + image, *response);
  json::error_code failed;
  const auto parsed = json::parse(response->body, failed);
  if (failed || !parsed.is_object())
    return Error{ErrorKind::transient, "inspect image " + image + ": the engine sent no JSON object"};
  Found found{.id = std::string(text_at(parsed.get_object(), "Id")), .names = {}};
  for (const char* key : {"RepoTags", "RepoDigests"})
    for (const auto& name : array_at(parsed.get_object(), key))
      if (name.is_string()) found.names.emplace_back(name.get_string());
  return std::optional<Found>(std::move(found));
}

/// With the containerd image store (Engine 29's default), an image whose tag a pull moved has no name any more and is
/// found by its digest alone. Whatever else has that digest but bears a name is not what we look for.
Result<std::optional<Found>> find_nameless(EngineApi& api, const std::string& image, const ports::Call& call) {
  const std::string digest = image.substr(image.find('@') + 1);
  auto found = find(api, digest, call);
  if (!found || !found->has_value()) return found;
  if (!(*found)->names.empty()) return std::optional<Found>();
  (*found)->names.push_back(digest);
  return found;
}

/// Asked before the first name goes: of several tags, Docker takes all but the last off an image that is in use.
Result<bool> is_used(EngineApi& api, const Found& image, const ports::Call& call) {
  const json::object filters{{"ancestor", json::array{image.id}}};
  const auto response =
      api.send({.path = "/containers/json" + query_text({{"all", "1"}, {"filters", json::serialize(filters)}}),
                .body_limit = kListBytes},
               call);
  if (!response) return response.error();
  const std::string what = "list containers of image " + image.id;
  if (!response->ok()) return engine_error(what, *response);
  JsonMemory memory;
  const auto parsed = memory.parse(response->body);
  if (!parsed.is_array()) return Error{ErrorKind::transient, what + ": the engine sent no JSON list"};
  return !parsed.get_array().empty();
}

}  // namespace

Result<ImageRemoval> remove_image(EngineApi& api, const std::string& image, const std::vector<std::string>& names,
                                  const ports::Call& call) {
  auto found = find(api, image, call);
  const bool nameless = found && !found->has_value();
  if (nameless) found = find_nameless(api, image, call);
  if (!found) return found.error();
  if (!found->has_value()) return ImageRemoval::absent;
  std::set<std::string> ours;
  for (const auto& name : names) ours.insert(normal_image_name(name));
  const auto& listed = (*found)->names;
  const bool all_ours = std::all_of(listed.begin(), listed.end(),
                                    [&](const auto& name) { return ours.contains(normal_image_name(name)); });
  if (!all_ours && !nameless) return ImageRemoval::kept;
  const auto used = is_used(api, **found, call);
  if (!used) return used.error();
  if (*used) return ImageRemoval::kept;
  for (const auto& name : listed) {
    const auto response = api.send({.method = "DELETE", .path = "/images/" + name}, call);
    if (!response) return response.error();
    if (response->status == 409) return ImageRemoval::kept;
    if (!response->ok() && response->status != 404) return engine_error("remove image " + name, *response);
  }
  return ImageRemoval::removed;
}

}  // namespace plimsoll::adapters
