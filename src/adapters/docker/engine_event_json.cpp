#include "adapters/docker/engine_event_json.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "adapters/docker/docker_labels.hpp"
#include "adapters/docker/engine_api.hpp"
#include "adapters/docker/json_access.hpp"

namespace plimsoll::adapters {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 12> kActions{"create", "start",   "die",     "oom",
                                                    "pause",  "unpause", "rename",  "update",
                                                    "remove", "destroy", "cleanup", "health_status"};

bool matters(std::string_view action) {
  const auto name = action.substr(0, action.find(':'));
  return std::find(kActions.begin(), kActions.end(), name) != kActions.end();
}

}  // namespace

std::string events_path(const std::string& api_version, const std::string& installation, bool podman) {
  json::object filter{{"type", json::array{"container"}},
                      {"label", json::array{std::string(label::kController) + "=" + installation}}};
  if (!podman) {
    json::array actions;
    for (const auto action : kActions) actions.emplace_back(action);
    filter["event"] = std::move(actions);
  }
  return "/v" + api_version + "/events" + query_text({{"filters", json::serialize(filter)}});
}

std::optional<ports::EngineEvent> parse_engine_event(std::string_view line, const std::string& instance) {
  json::error_code failed;
  const auto parsed = json::parse(line, failed);
  if (failed || !parsed.is_object()) return std::nullopt;
  const auto& event = parsed.get_object();
  if (text_at(event, "Type") != "container" || !matters(text_at(event, "Action"))) return std::nullopt;
  const auto& actor = object_at(event, "Actor");
  const auto& attributes = object_at(actor, "Attributes");
  ports::EngineEvent result;
  result.instance = instance;
  result.environment = std::string(text_at(attributes, label::kEnvironment));
  result.app = std::string(text_at(attributes, label::kApp));
  result.container_id = std::string(text_at(actor, "ID"));
  result.action = std::string(text_at(event, "Action"));
  if (const auto health = text_at(event, "HealthStatus"); !health.empty() && result.action == "health_status")
    result.action.append(": ").append(health);
  return result;
}

}  // namespace plimsoll::adapters
