#include "reconcile/history.hpp"

#include <string_view>

#include "model/secret.hpp"

namespace plimsoll::reconcile {
namespace {

/// A reference cut into repository and what selects the version: `ghcr.io/acme/api` and `1.4.2`.
struct SplitReference {
  std::string_view repository, version;
};

SplitReference split(std::string_view reference) {
  const auto digest = reference.find('@');
  if (digest != std::string_view::npos) return {reference.substr(0, digest), reference.substr(digest + 1)};
  // A colon before the last slash belongs to the registry's port.
  const auto slash = reference.rfind('/');
  const auto colon = reference.find(':', slash == std::string_view::npos ? 0 : slash);
  if (colon == std::string_view::npos) return {reference, "latest"};
  return {reference.substr(0, colon), reference.substr(colon + 1)};
}

std::string version_text(const ImageUse& use) { return std::string(split(use.reference).version); }

std::string change_text(const ImageUse& before, const ImageUse& after) {
  if (split(before.reference).repository != split(after.reference).repository) {
    return before.reference + " → " + after.reference;
  }
  return version_text(before) + " → " + version_text(after);
}

void append(std::string& text, const std::string& service, const std::string& change) {
  if (!text.empty()) text += ", ";
  text += service + ": " + change;
}

}  // namespace

ImagesByService observed_images(const TargetId& target, const ObservedInstance& observed) {
  ImagesByService images;
  std::map<std::string, bool> from_running;
  for (const auto& one : observed.containers) {
    if (one.environment != target.environment || one.app != target.app) continue;
    const bool running = one.state == ContainerState::running;
    const auto known = from_running.find(one.service);
    if (known != from_running.end() && (known->second || !running)) continue;
    from_running[one.service] = running;
    images[one.service] = {one.image, one.image_digest};
  }
  return images;
}

std::string image_changes(const ImagesByService& before, const DesiredTarget* desired) {
  ImagesByService after;
  if (desired != nullptr) {
    for (const auto& service : desired->services) after[service.spec.name] = {service.spec.image, {}};
  }
  ImagesByService all = before;
  all.insert(after.begin(), after.end());
  std::string text;
  for (const auto& [service, unused] : all) {
    const auto old_use = before.find(service);
    const auto new_use = after.find(service);
    if (old_use == before.end()) {
      append(text, service, version_text(new_use->second) + " (new)");
    } else if (new_use == after.end()) {
      append(text, service, version_text(old_use->second) + " (removed)");
    } else if (old_use->second.reference != new_use->second.reference) {
      append(text, service, change_text(old_use->second, new_use->second));
    }
  }
  return mask_secrets(text);
}

OperationPhase operation_phase(const PassOutcome& outcome) {
  if (outcome.superseded) return OperationPhase::failed;
  if (outcome.stopped) return OperationPhase::terminating;
  if (outcome.observe_error) return OperationPhase::error;
  if (is_good(outcome.status)) return OperationPhase::succeeded;
  if (status_reason(outcome.status.reason).stalls) return OperationPhase::failed;
  if (outcome.wake_at || outcome.status.health == Health::progressing) return OperationPhase::running;
  return outcome.errors.empty() ? OperationPhase::failed : OperationPhase::error;
}

ports::HistoryEntry history_entry(const PassOutcome& outcome, Instant started_at, Instant finished_at) {
  ports::HistoryEntry entry;
  entry.target = outcome.status.id;
  entry.revision = to_string(outcome.status.revision);
  entry.images = outcome.images;
  entry.phase = operation_phase(outcome);
  entry.message = outcome.status.message;
  if (outcome.superseded) entry.message = "superseded by a newer revision";
  entry.started_at = started_at;
  if (entry.phase != OperationPhase::running) entry.finished_at = finished_at;
  return entry;
}

}  // namespace plimsoll::reconcile
