#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "reconcile/executor.hpp"

namespace plimsoll::reconcile {
namespace {

/// A duration as the canonical form writes it: whole milliseconds, such as `90000ms`.
std::optional<Millis> parse_duration(const std::string& text) {
  Millis::rep count = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, count);
  if (failure != std::errc{} || std::string_view(rest, static_cast<std::size_t>(end - rest)) != "ms" || count < 0) {
    return std::nullopt;
  }
  return std::min(Millis(count), Millis(std::chrono::hours(24)));
}

/// The grace period that the container's own spec asked for, out of its `applied` label.
std::optional<Millis> applied_grace(const ContainerRef& container, const ObservedInstance* observed) {
  if (observed == nullptr) return std::nullopt;
  for (const auto& one : observed->containers) {
    if (container.id.empty() ? one.name != container.name : one.id != container.id) continue;
    const auto field = one.applied.find("stop_grace_period");
    if (field == one.applied.end()) return std::nullopt;
    return parse_duration(field->second);
  }
  return std::nullopt;
}

std::optional<Millis> desired_grace(const std::string& service, const DesiredTarget* desired) {
  if (desired == nullptr) return std::nullopt;
  for (const auto& one : desired->services) {
    if (one.spec.name == service) return one.spec.stop_grace_period;
  }
  return std::nullopt;
}

}  // namespace

Millis action_limit(const Step& step, const DesiredTarget* desired, const ObservedInstance* observed,
                    const ActionLimits& limits) {
  if (std::holds_alternative<EnsureImage>(step.action)) return limits.ensure_image;
  const auto* stop = std::get_if<StopContainer>(&step.action);
  if (stop == nullptr) return limits.other;
  if (stop->grace) return *stop->grace + limits.stop_margin;
  // The container may still run under an older spec with a longer grace period than the desired one.
  const Millis own = applied_grace(stop->container, observed).value_or(limits.default_grace);
  const Millis wanted = desired_grace(step.service, desired).value_or(limits.default_grace);
  return std::max(own, wanted) + limits.stop_margin;
}

}  // namespace plimsoll::reconcile
