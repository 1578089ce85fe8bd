
#include "manifest/service_parts.hpp"

namespace plimsoll::manifest {
namespace {

using compose::Node;

constexpr int kMaxReplicas = 1000;

std::optional<RestartPolicy> parse_restart(const std::string& text) {
  constexpr std::string_view kOnFailure = "on-failure";
  if (text == "no" || text == "always" || text == "unless-stopped" || text == kOnFailure) return RestartPolicy{text};
  if (!text.starts_with("on-failure:")) return std::nullopt;
  const std::string count = text.substr(kOnFailure.size() + 1);
  if (count.empty() || count.size() > 6 || count.find_first_not_of("0123456789") != std::string::npos) {
    return std::nullopt;
  }
  return RestartPolicy{std::string(kOnFailure), std::stoi(count)};
}

/// `deploy.restart_policy` wins over `restart`, as in Compose.
void convert_restart(const FieldReader& service, const FieldReader& deploy, ServiceSpec& out) {
  const Node* restart = service.get("restart");
  if (restart != nullptr && restart->is_bool() && !restart->as_bool()) {
    out.restart = {};  // an unquoted `no`, read by a YAML 1.1 habit
  } else if (const std::string text = service.text("restart"); !text.empty()) {
    if (const auto parsed = parse_restart(text)) {
      out.restart = *parsed;
    } else {
      service.error("restart", "\"" + text + "\" is no restart policy",
                    "use no, always, unless-stopped or on-failure[:N]");
    }
  }
  if (deploy.get("restart_policy") == nullptr) return;
  const FieldReader policy = deploy.at("restart_policy");
  const std::string condition = policy.text("condition");
  out.restart = {condition == "none" ? "no" : condition == "on-failure" ? condition : "always"};
  if (!condition.empty() && condition != "none" && condition != "on-failure" && condition != "any") {
    policy.error("condition", "must be none, on-failure or any");
  }
  const int attempts = policy.small("max_attempts", 0, 1'000'000).value_or(0);
  if (condition == "on-failure") out.restart.max_retries = attempts;
  for (const std::string_view key : {"delay", "window"}) {
    if (policy.get(key) != nullptr) policy.notice(key, "has no effect: the engine chooses its own delays");
  }
}

void convert_update_config(const FieldReader& update, Rollout& out) {
  const std::string order = update.text("order");
  if (order == "start-first") {
    out.order = Rollout::Order::start_first;
  } else if (order == "stop-first") {
    out.order = Rollout::Order::stop_first;
  } else if (!order.empty()) {
    update.error("order", "must be start-first or stop-first");
  }
  const std::string action = update.text("failure_action");
  if (action == "pause") {
    out.failure_action = Rollout::FailureAction::pause;
  } else if (action == "continue") {
    out.failure_action = Rollout::FailureAction::proceed;
  } else if (!action.empty() && action != "rollback") {
    update.error("failure_action", "must be rollback, pause or continue");
  }
  out.parallelism = update.small("parallelism", 0, kMaxReplicas).value_or(1);
  out.delay = update.duration("delay").value_or(Millis{0});
  out.monitor = update.duration("monitor");
  out.max_failure_ratio = update.decimal("max_failure_ratio").value_or(0);
  if (out.max_failure_ratio > 1) update.error("max_failure_ratio", "must be from 0 to 1");
}

void convert_replicas(const FieldReader& service, const FieldReader& deploy, DesiredService& out) {
  const auto scale = service.small("scale", 0, kMaxReplicas);
  const auto replicas = deploy.small("replicas", 0, kMaxReplicas);
  if (scale && replicas && *scale != *replicas) {
    service.error("scale", "differs from deploy.replicas", "set one of them");
  }
  out.replicas = replicas ? *replicas : scale.value_or(1);
  const std::string mode = deploy.text("mode");
  if (!mode.empty() && mode != "replicated") {
    deploy.error("mode", "\"" + mode + "\" needs Swarm", "an app runs once on each of its instances: list them there");
  }
}

void report_swarm_keys(const FieldReader& deploy) {
  for (const std::string_view key : {"placement", "endpoint_mode", "labels"}) {
    const Node* found = deploy.get(key);
    // The loader adds an empty `placement` to every `deploy`, as Compose does.
    if (found == nullptr || (found->is_mapping() && found->size() == 0)) continue;
    deploy.warning(key, "has no effect outside Swarm",
                   key == "placement" ? "list the app's instances in the environment" : "remove it");
  }
  const Node* back = deploy.get("rollback_config");
  if (back == nullptr || (back->is_mapping() && back->size() == 0)) return;
  deploy.warning("rollback_config", "has no effect: an app goes back at once, to the containers that it had",
                 "remove it; update_config.order says which of two containers goes first");
}

/// Our own keys, under the extension that Compose lets pass.
void convert_extension(const FieldReader& holder, bool of_project, Rollout& out) {
  const Node* extension = holder.get("x-plimsoll");
  if (extension == nullptr) return;
  const FieldReader own = holder.at("x-plimsoll");
  for (const Node::Entry& entry : own.node().entries()) {
    if (entry.key == "min_ready") {
      out.min_ready = own.duration("min_ready").value_or(out.min_ready);
    } else if (entry.key != (of_project ? "hooks" : "reload")) {
      own.error(entry.key, "unknown key \"" + entry.key + "\" under x-plimsoll",
                of_project ? "use: hooks, min_ready" : "use: min_ready, reload");
    }
  }
}

}  // namespace

void convert_deploy(const FieldReader& service, const FieldReader& defaults, DesiredService& out) {
  const FieldReader deploy = service.at("deploy");
  convert_extension(defaults, true, out.rollout);
  convert_extension(service, false, out.rollout);
  convert_replicas(service, deploy, out);
  convert_update_config(deploy.at("update_config"), out.rollout);
  convert_restart(service, deploy, out.spec);
  report_swarm_keys(deploy);
}

}  // namespace plimsoll::manifest
