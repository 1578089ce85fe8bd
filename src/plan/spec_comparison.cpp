#include "plan/spec_comparison.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "plan/field_keys.hpp"

namespace plimsoll::plan {
namespace {

constexpr std::size_t kPathsNamed = 3;

bool can_change_in_place(const FieldChange& change) {
  if (is_under(change.path, field::kRestart)) return true;
  if (is_under(change.path, field::kResources)) return change.after.has_value();
  if (!is_under(change.path, field::kNetworks)) return false;
  for (const auto infix : kAttachmentInfixes) {
    if (change.path.find(infix) != std::string::npos) return infix == kAliasesInfix;
  }
  return true;
}

std::string describe(const std::vector<FieldChange>& changes) {
  std::string text;
  std::size_t named = 0;
  const auto name_it = [&](const std::string& part) {
    if (named++ < kPathsNamed) text += (text.empty() ? "" : ", ") + part;
  };
  for (const auto& change : changes) {
    if (change.path == field::kImage) name_it(to_string(change));
  }
  for (const auto& change : changes) {
    if (change.path != field::kImage) name_it(change.path + " changed");
  }
  if (named > kPathsNamed) text += " and " + std::to_string(named - kPathsNamed) + " more";
  return text;
}

bool can_reload(const ObservedContainer& container, const DesiredService& service) {
  return service.reload && !container.reload.empty() && container.reload == service.reload->layout;
}

/// `/etc/web.conf` out of `mounts./etc/web.conf.digest`.
std::string target_of(const std::string& path) {
  const std::size_t from = field::kMounts.size() + 1;
  return path.substr(from, path.size() - from - field::kDigestSuffix.size());
}

std::string changed_text(const std::vector<std::string>& targets) {
  std::string text;
  for (std::size_t i = 0; i < targets.size() && i < kPathsNamed; ++i) text += (i == 0 ? "" : ", ") + targets[i];
  if (targets.size() > kPathsNamed) text += " and " + std::to_string(targets.size() - kPathsNamed) + " more";
  return text + " changed";
}

/// The registry's new digest of a followed tag, when the container was created from another.
std::optional<std::string> moved_digest(const ObservedContainer& container, const DesiredService& service,
                                        const TargetMemory& memory) {
  if (!service.spec.follow_tag) return std::nullopt;
  const auto digest_in = [&service](const std::map<std::string, std::string>& digests) {
    const auto found = digests.find(service.spec.image);
    return found == digests.end() ? std::string() : found->second;
  };
  std::string digest = digest_in(memory.followed_digests);
  if (digest.empty()) digest = digest_in(memory.deployed_digests);
  if (digest.empty() || digest == container.image_digest) return std::nullopt;
  return digest;
}

std::string name_of(const RestartPolicy& policy) { return policy.name.empty() ? "no" : policy.name; }

int to_number(std::string_view text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

Comparison compare_spec(const ObservedContainer& container, const DesiredService& service, const TargetMemory& memory) {
  if (moved_digest(container, service, memory)) {
    return {Match::different, "tag " + service.spec.image + " moved to another digest", {}};
  }
  if (container.spec_digest == service.digest) return {};
  if (container.applied.empty()) {
    return {Match::different, "spec changed (what it was created from is not readable)", {}};
  }
  const auto changes = diff_fields(container.applied, service.canonical);
  if (changes.empty()) return {};
  const Fields files = can_reload(container, service) ? file_digests(service) : Fields();
  std::vector<std::string> reloads;
  for (const auto& change : changes) {
    if (files.contains(change.path) && change.before) {
      reloads.push_back(target_of(change.path));
    } else if (!can_change_in_place(change)) {
      return {Match::different, describe(changes), {}};
    }
  }
  if (reloads.empty()) return {Match::in_place, describe(changes), {}};
  return {Match::reload, changed_text(reloads), reloads};
}

std::map<std::string, std::string> deployed_digests(const DesiredTarget& desired,
                                                    const std::vector<const ObservedContainer*>& containers) {
  std::map<std::string, std::string> digests;
  std::map<std::string, std::optional<Instant>> newest;
  for (const auto& service : desired.services) {
    if (!service.spec.follow_tag) continue;
    for (const auto* container : containers) {
      const bool tells = container->service == service.spec.name && container->spec_digest == service.digest &&
                         !container->image_digest.empty() && container->created_at;
      if (!tells || container->created_at <= newest[service.spec.image]) continue;
      newest[service.spec.image] = container->created_at;
      digests[service.spec.image] = container->image_digest;
    }
  }
  return digests;
}

RestartPolicy applied_restart(const ObservedContainer& container, const RestartPolicy& fallback) {
  if (container.applied.empty()) return fallback;
  const auto at = [&container](const std::string& path) -> const std::string* {
    const auto found = container.applied.find(path);
    return found == container.applied.end() ? nullptr : &found->second;
  };
  const std::string prefix(field::kRestart);
  const std::string* text = at(prefix) != nullptr ? at(prefix) : at(prefix + ".name");
  if (text == nullptr) return {};
  RestartPolicy policy;
  const std::size_t colon = text->find(':');
  policy.name = text->substr(0, colon);
  if (colon != std::string::npos) policy.max_retries = to_number(std::string_view(*text).substr(colon + 1));
  if (const std::string* retries = at(prefix + ".max_retries")) policy.max_retries = to_number(*retries);
  return policy;
}

bool same_restart(const RestartPolicy& left, const RestartPolicy& right) noexcept {
  if (name_of(left) != name_of(right)) return false;
  return left.name != "on-failure" || left.max_retries == right.max_retries;
}

}  // namespace plimsoll::plan
