#include "manifest/render.hpp"

#include "compose/node.hpp"
#include "manifest/tree_writer.hpp"
#include "model/secret.hpp"

namespace plimsoll::manifest {
namespace {

using compose::Node;

Node text(std::string_view value) { return Node::make_string(mask_secrets(value)); }

Node fields_node(const Fields& fields) {
  Node out = Node::make_mapping();
  for (const auto& [path, value] : fields) out.set(mask_secrets(path), text(value));
  return out;
}

std::string_view condition_name(Dependency::Condition condition) {
  switch (condition) {
    case Dependency::Condition::started: return "service_started";
    case Dependency::Condition::healthy: return "service_healthy";
    case Dependency::Condition::completed: return "service_completed_successfully";
  }
  return "";
}

std::string_view order_name(Rollout::Order order) {
  switch (order) {
    case Rollout::Order::unset: return "";
    case Rollout::Order::start_first: return "start-first";
    case Rollout::Order::stop_first: return "stop-first";
  }
  return "";
}

std::string_view action_name(Rollout::FailureAction action) {
  switch (action) {
    case Rollout::FailureAction::rollback: return "rollback";
    case Rollout::FailureAction::pause: return "pause";
    case Rollout::FailureAction::proceed: return "continue";
  }
  return "";
}

Node rollout_node(const Rollout& rollout) {
  Node out = Node::make_mapping();
  if (rollout.order != Rollout::Order::unset) out.set("order", text(order_name(rollout.order)));
  out.set("parallelism", Node::make_int(rollout.parallelism));
  if (rollout.delay.count() != 0) out.set("delay", text(to_text(rollout.delay)));
  if (rollout.monitor) out.set("monitor", text(to_text(*rollout.monitor)));
  out.set("min_ready", text(to_text(rollout.min_ready)));
  out.set("failure_action", text(action_name(rollout.failure_action)));
  if (rollout.max_failure_ratio != 0) out.set("max_failure_ratio", Node::make_float(rollout.max_failure_ratio));
  return out;
}

Node dependencies_node(const DesiredService& service) {
  Node out = Node::make_sequence();
  for (const Dependency& edge : service.depends_on) {
    Node item = Node::make_mapping();
    item.set("service", text(edge.service));
    item.set("condition", text(condition_name(edge.condition)));
    if (edge.restart) item.set("restart", Node::make_bool(true));
    if (!edge.required) item.set("required", Node::make_bool(false));
    out.push_back(std::move(item));
  }
  return out;
}

std::string hook_name(Hook hook) {
  return hook == Hook::pre_sync ? "pre_sync" : hook == Hook::post_sync ? "post_sync" : "sync_fail";
}

Node reload_node(const Reload& reload) {
  if (!reload.signal.empty()) return text(reload.signal);
  Node out = Node::make_sequence();
  for (const std::string& word : reload.command) out.push_back(text(word));
  return out;
}

Node service_node(const DesiredService& service) {
  Node out = Node::make_mapping();
  out.set("digest", text(service.digest));
  out.set("replicas", Node::make_int(service.replicas));
  if (service.one_shot) out.set("one_shot", Node::make_bool(true));
  if (service.hook != Hook::none) out.set("hook", text(hook_name(service.hook)));
  if (service.spec.follow_tag) out.set("follow_tag", Node::make_bool(true));
  if (!service.spec.pull_policy.empty()) out.set("pull_policy", text(service.spec.pull_policy));
  if (service.reload) out.set("reload", reload_node(*service.reload));
  out.set("rollout", rollout_node(service.rollout));
  if (!service.depends_on.empty()) out.set("depends_on", dependencies_node(service));
  out.set("fields", fields_node(service.canonical));
  return out;
}

Node networks_node(const DesiredTarget& target) {
  Node out = Node::make_mapping();
  for (const NetworkSpec& network : target.networks) {
    Node item = fields_node(network.canonical);
    item.erase("name");
    out.set(network.name, std::move(item));
  }
  return out;
}

Node volumes_node(const DesiredTarget& target) {
  Node out = Node::make_mapping();
  for (const VolumeSpec& volume : target.volumes) {
    Node item = Node::make_mapping();
    if (volume.external) item.set("external", Node::make_bool(true));
    if (!volume.driver.empty()) item.set("driver", text(volume.driver));
    for (const auto& [key, value] : volume.driver_opts) item.set("driver_opts." + key, text(value));
    for (const auto& [key, value] : volume.labels) item.set("labels." + key, text(value));
    out.set(mask_secrets(volume.name), std::move(item));
  }
  return out;
}

Node target_node(const DesiredTarget& target) {
  Node out = Node::make_mapping();
  out.set("target", text(to_string(target.id)));
  out.set("project", text(project_name(target.id)));
  Node sync = Node::make_mapping();
  sync.set("prune", Node::make_bool(target.sync.prune));
  sync.set("self_heal", Node::make_bool(target.sync.self_heal));
  sync.set("suspended", Node::make_bool(target.sync.suspended));
  out.set("sync", std::move(sync));
  Node services = Node::make_mapping();
  for (const DesiredService& service : target.services) services.set(service.spec.name, service_node(service));
  out.set("services", std::move(services));
  out.set("networks", networks_node(target));
  out.set("volumes", volumes_node(target));
  return out;
}

bool matches(const RenderFilter& filter, const std::string& environment, const std::string& app) {
  return (filter.environment.empty() || filter.environment == environment) && (filter.app.empty() || filter.app == app);
}

Node broken_node(const BrokenApp& broken) {
  Node out = Node::make_mapping();
  out.set("environment", text(broken.environment));
  if (!broken.app.empty()) out.set("app", text(broken.app));
  Node errors = Node::make_sequence();
  for (const Diagnostic& diagnostic : broken.diagnostics) errors.push_back(text(to_string(diagnostic)));
  out.set("diagnostics", std::move(errors));
  return out;
}

}  // namespace

std::string render(const DesiredState& state, const RenderFilter& filter, RenderFormat format) {
  Node targets = Node::make_sequence();
  for (const DesiredTarget& target : state.targets) {
    if (matches(filter, target.id.environment, target.id.app)) targets.push_back(target_node(target));
  }
  Node broken = Node::make_sequence();
  for (const BrokenApp& app : state.broken) {
    if (matches(filter, app.environment, app.app) ||
        (app.app.empty() && matches(filter, app.environment, filter.app))) {
      broken.push_back(broken_node(app));
    }
  }
  Node out = Node::make_mapping();
  out.set("targets", std::move(targets));
  if (broken.size() != 0) out.set("broken", std::move(broken));
  return format == RenderFormat::json ? to_json(out) : to_yaml(out);
}

}  // namespace plimsoll::manifest
